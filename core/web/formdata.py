"""What a form shows, read for a page: one SELECT for the record, with labels and conditions, and one for each table of
lines. What a record in memory shows is told by inmemory.py in the same words.

Rows of lines are tuples in the order that the template unpacks (LinesNode.slots).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.views.rows import unit_path
from core.web.records import many_labels, reference_labels
from core.web.selecting import Columns, expressions_of, moves

if TYPE_CHECKING:
    from core.env import Env
    from core.views import Access, FieldNode, LinesNode, View
    from core.web.app import Web

MAX_LINES = 1_000
MAX_LINKED = 200
BLANK = "__key__"


@dataclass
class LinesData:
    """``nodes`` of the template's ``lines[name]``. ``errors`` are in the rows."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    blank: tuple[Any, ...] = ()
    removed: str = ""
    next_key: int = 0
    sums: dict[str, Any] = field(default_factory=dict)

    @property
    def order(self) -> str:
        return " ".join(str(row[0]) for row in self.rows)


@dataclass
class FormData:
    """By path of the view. A value may be the text that a user typed and that could not be read."""

    id: int | None = None
    version: int = 1
    values: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    on: dict[str, bool] = field(default_factory=dict)
    lines: dict[str, LinesData] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    #: words in the visible part of a lookup, where they are not the label
    typed: dict[str, str] = field(default_factory=dict)
    title: str = ""


def otherwise(kind: str) -> bool:
    """What a condition is taken to be where it reads something hidden: nothing shown, nothing to be typed."""
    return kind == "readonly"


# -- from the database ----------------------------------------------------------------------------------------------

#: (part of FormData, path) of each column
Parts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Plan:
    statement: Any
    parts: Parts


def read_record(
    env: Env, web: Web, view: View, access: Access, key: int, tables: Sequence[str] | None = None
) -> FormData | None:
    """The record with id ``key``, or None when there is none that the principal may see.

    ``tables``: the lines to be read; all of them by default.
    """
    plan: _Plan = _kept(env, web, ("record", id(view)), view, lambda: _record_plan(env, view, access))
    row = env.session.execute(plan.statement, {"key": key}).one_or_none()
    if row is None:
        return None
    data = FormData()
    for (part, path), value in zip(plan.parts, row, strict=True):
        _put(data, part, path, value)
    for path, node in view.fields.items():
        if access.may[path]:
            _put_linked(env, view, data, path, node)
    for name in view.lines if tables is None else tables:
        data.lines[name] = read_lines(env, web, view, access, view.lines[name], key, tables is None)
    return data


def _put(data: FormData, part: str, path: str, value: Any) -> None:
    if part == "id":
        data.id = value
    elif part == "version":
        data.version = value
    elif part == "title":
        data.title = value or ""
    elif part == "on":
        data.on[path] = bool(value)
    elif value is not None or part == "values":
        getattr(data, part)[path] = value


def _put_linked(env: Env, view: View, data: FormData, path: str, node: FieldNode) -> None:
    if node.kind == "many2many" and "." not in path and data.id is not None:
        data.values[path] = many_labels(env, view.info, path, [data.id]).get(data.id, [])
    elif node.kind == "reference" and data.values.get(path):
        model = data.models.get(path, "")
        data.labels[path] = reference_labels(env, [(model, data.values[path])]).get((model, data.values[path]), "")


def _kept(env: Env, web: Web, key: tuple[Any, ...], view: View, make: Callable[[], _Plan]) -> _Plan:
    """The plan under ``key``, made once for each combination of groups, unless it depends on the time of day."""
    nodes = [*view.fields.values(), *(column for lines in view.lines.values() for column in lines.columns)]
    expressions = [*expressions_of(env, nodes), *(one.expression for one in view.conditions.values())]
    if view.info.display is not None:
        expressions.append(view.info.display)
    if any("now" in one.text for one in expressions):
        return make()
    moving = (env.user_id, env.company_id, env.today) if moves(expressions) else None
    full = (*key, *web.key(view, env), env.language, moving)
    cache = web.cache("forms")
    found: _Plan | None = cache.get(full)
    if found is None:
        if len(cache) > 2_000:
            cache.clear()
        found = cache[full] = make()
    return found


def _record_plan(env: Env, view: View, access: Access) -> _Plan:
    columns = Columns(env, view.info)
    cls: Any = view.info.cls
    parts: list[tuple[str, str]] = [("id", ""), ("version", ""), ("title", "")]
    expressions: list[Any] = [cls.id, cls.row_version, columns.label_of(view.info, cls)]

    def add(part: str, path: str, expression: Any) -> None:
        parts.append((part, path))
        expressions.append(expression)

    for path, node in view.fields.items():
        if access.may[path]:
            _add_field(columns, node, add)
    for status in view.statusbars.values():
        if status.field.name not in view.fields and access.shown[status.anchor]:
            add("values", status.field.name, view.info.attr(status.field.name))
    state = next((one for one in view.info.fields.values() if one.kind == "state"), None)
    if state is not None and env.readable(view.info, state):
        add("values", "#state", view.info.attr(state.name))
    for one in view.conditions.values():
        if one.lines is None:
            add("on", one.id, columns.holds(one.expression, otherwise(one.kind)))
    return _finished(columns, parts, expressions, cls.id == sa.bindparam("key"))


def _finished(columns: Columns, parts: list[tuple[str, str]], expressions: list[Any], where: Any, *order: Any) -> _Plan:
    named = [one.label(f"c{at}") for at, one in enumerate(expressions)]
    statement = columns.joined(sa.select(*named).select_from(columns.cls)).where(where)
    return _Plan(statement.order_by(*order).limit(MAX_LINES) if order else statement, tuple(parts))


def _add_field(columns: Columns, node: FieldNode, add: Callable[[str, str, Any], None]) -> None:
    path = node.path
    if node.kind in ("many2many", "one2many"):
        return
    if node.kind == "reference":
        *hops, name = path.split(".")
        add("values", path, getattr(columns.entity(tuple(hops))[0], f"{name}_id"))
        add("models", path, getattr(columns.entity(tuple(hops))[0], f"{name}_model"))
        return
    add("values", path, columns.value(path))
    if node.kind == "many2one":
        add("labels", path, columns.label(path))
    unit = unit_path(node)
    if unit is not None:
        add("units", path, columns.unit(unit))


def read_lines(env: Env, web: Web, view: View, access: Access, lines: LinesNode, key: int, whole: bool) -> LinesData:
    made = LinesData()
    if not access.may[lines.name] or not env.may(lines.model, "read"):
        return made
    plan = _kept(env, web, ("lines", id(lines)), view, lambda: _lines_plan(env, view, access, lines))
    conditions = [one for one in view.conditions.values() if one.lines == lines.name]
    width = len(lines.slots)
    for at, row in enumerate(env.session.execute(plan.statement, {"key": key})):
        values = list(row)
        on = {one.id: bool(value) for one, value in zip(conditions, values[width:], strict=True)}
        values[0], values[2], values[3] = str(at), None, on
        made.rows.append(tuple(values[:width]))
    made.next_key = len(made.rows)
    _fill_many(env, lines, access, made)
    if whole:
        made.sums = line_sums(lines, access, made.rows)
    return made


def _fill_many(env: Env, lines: LinesNode, access: Access, made: LinesData) -> None:
    for at, slot in enumerate(lines.slots):
        node = next((one for one in lines.columns if one.path == slot.path), None)
        if node is None or node.kind != "many2many" or "." in node.path or not access.may[f"{lines.name}.{node.path}"]:
            continue
        labels = many_labels(env, env.models[lines.model], node.path, [row[1] for row in made.rows])
        made.rows = [(*row[:at], [text for _key, text in labels.get(row[1], ())], *row[at + 1 :]) for row in made.rows]


def _lines_plan(env: Env, view: View, access: Access, lines: LinesNode) -> _Plan:
    info = env.models[lines.model]
    columns = Columns(env, info)
    may = {node.path: access.may[f"{lines.name}.{node.path}"] for node in lines.columns}
    cls: Any = info.cls
    expressions = []
    for slot in lines.slots:
        if slot.what in ("key", "errors", "on"):
            expressions.append(sa.null())
        else:
            expressions.append(columns.slot(slot, may, {}))
    asked = [one for one in view.conditions.values() if one.lines == lines.name]
    expressions += [columns.holds(one.expression, otherwise(one.kind)) for one in asked]
    back = getattr(cls, info.fields[str(lines.field.inverse)].column_name)
    order = [getattr(cls, lines.sort)] if lines.sort else [cls.sequence] if "sequence" in info.fields else []
    return _finished(columns, [], expressions, back == sa.bindparam("key"), *order, cls.id)


def line_sums(lines: LinesNode, access: Access, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Sums below the columns that ask for one."""
    found: dict[str, Any] = {}
    positions = {slot.path: at for at, slot in enumerate(lines.slots) if slot.what == "value"}
    for node in lines.columns:
        if node.sum and access.may[f"{lines.name}.{node.path}"]:
            values = [row[positions[node.path]] for row in rows]
            found[node.path] = sum((one for one in values if isinstance(one, (Decimal, int))), Decimal())
    return found
