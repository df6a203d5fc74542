"""What a form shows, whether it was read for a page or comes out of a draft.

    read_record    one SELECT for the record, with labels and conditions, and one for each table of lines
    of_record      the same from a record in memory: a new one, or a draft

Rows of lines are tuples in the order that the template unpacks (LinesNode.slots).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import UserError
from core.orm.expressions import Expression, to_python
from core.orm.expressions.typed import Typed
from core.views.rows import unit_path
from core.web.records import many_labels, reference_labels
from core.web.selecting import Columns, expressions_of, moves

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.model import Model
    from core.views import Access, Condition, FieldNode, LinesNode, Slot, View
    from core.web.app import Web
    from core.web.formview import Binding

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
        made.blank = blank_row(env, view, access, lines)
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


# -- from memory ----------------------------------------------------------------------------------------------------

_functions: dict[int, tuple[Typed, Callable[[Any, Any], Any]]] = {}


def evaluate(expression: Expression, record: Model, env: Env) -> Any:
    """The value of ``expression`` for ``record``."""
    typed = expression.typed
    found = _functions.get(id(typed))
    if found is None:
        found = _functions[id(typed)] = (typed, to_python(expression))
    return found[1](record, env.scope)


def holds(env: Env, one: Condition, record: Model, may_ask: bool) -> bool:
    if not may_ask:
        return otherwise(one.kind)
    try:
        return bool(evaluate(one.expression, record, env))
    except UserError:
        return otherwise(one.kind)


def stored_links(env: Env, web: Web, view: View, access: Access, binding: Binding, record: Model) -> FormData | None:
    """What the database says of links that the page only shows, so that an unchanged one need not be loaded.

    None for a new record, and where every link of the view is one whose words the page posts.
    """
    if record.is_new:
        return None
    wanted = [
        node
        for path, node in view.fields.items()
        if access.may[path] and _only_shown(node) and path not in binding.fields
    ]
    lines = {
        name: node
        for name, node in view.lines.items()
        if name in binding.lines
        and any(
            access.may[f"{name}.{one.path}"]
            and _only_shown(one)
            and one.path not in binding.lines[name][1]
            for one in node.columns
        )
        or name in binding.lines
        and any(slot.what == "unit" and slot.path in env.models[node.model].fields for slot in node.slots)
    }
    if not wanted and not lines and not any(unit_path(node) for node in view.fields.values()):
        return None
    return read_record(env, web, view, access, record.id, tuple(lines))


def _only_shown(node: FieldNode) -> bool:
    return "." in node.path or node.kind in ("many2one", "reference")


def of_record(
    env: Env,
    web: Web,
    view: View,
    access: Access,
    record: Model,
    labels: Mapping[str, str] | None = None,
    stored: FormData | None = None,
) -> FormData:
    """What the form shows of ``record``, new or changed.

    ``labels``: names of linked records that the page knows. ``stored``: what the database says of links.
    """
    columns = Columns(env, view.info)
    data = FormData(record.__dict__.get("id"), record.row_version)
    data.title = stored.title if stored is not None else "" if record.is_new else str(record)
    for path, node in view.fields.items():
        if access.may[path]:
            _take(data, record, path, node, labels or {}, stored)
    for status in view.statusbars.values():
        data.values.setdefault(status.field.name, getattr(record, status.field.name))
    state = next((one for one in view.info.fields.values() if one.kind == "state"), None)
    if state is not None:
        data.values["#state"] = getattr(record, state.name)
    for one in view.conditions.values():
        if one.lines is None:
            data.on[one.id] = holds(env, one, record, columns.may_ask(one.expression))
    return data


def is_unchanged(record: Any, link: str) -> bool:
    """Whether ``link`` still leads where the database says."""
    return link not in sa.inspect(record).committed_state


def _take(
    data: FormData, record: Any, path: str, node: FieldNode, labels: Mapping[str, str], stored: FormData | None
) -> None:
    *hops, name = path.split(".")
    unit = unit_path(node)
    if stored is not None:
        first = (hops or [name])[0]
        if (hops or node.kind in ("many2one", "reference")) and is_unchanged(record, first):
            for part in ("values", "labels", "units", "models"):
                if path in getattr(stored, part):
                    getattr(data, part)[path] = getattr(stored, part)[path]
            return
        if unit is not None and not hops and is_unchanged(record, unit):
            data.values[path] = value_of(record, node)
            if path in stored.units:
                data.units[path] = stored.units[path]
            return
    holder = record
    for hop in hops:
        holder = getattr(holder, hop) if holder is not None else None
    if holder is None:
        data.values[path] = None
        return
    data.values[path] = value_of(holder, node)
    if node.kind == "many2one":
        label = label_of(holder, name, labels.get(path, ""))
        if label:
            data.labels[path] = label
    elif node.kind == "many2many":
        data.values[path] = [(one.id, str(one)) for one in getattr(holder, name)]
    elif node.kind == "reference":
        data.models[path] = getattr(holder, f"{name}_model") or ""
        target = getattr(holder, name)
        data.labels[path] = str(target) if target is not None else ""
    if unit is not None:
        text = labels.get(unit) or unit_of(holder, unit.rpartition(".")[2])
        if text:
            data.units[path] = text


def value_of(record: Any, node: FieldNode) -> Any:
    """The value of the field itself: an id for a link, without loading what it links to."""
    name, found = node.name, node.field
    if node.kind == "many2one":
        if name in record.__dict__:
            target = record.__dict__[name]
            return target.id if target is not None else None
        return getattr(record, found.column_name)
    if node.kind == "reference":
        return getattr(record, found.column_name)
    if node.kind == "many2many":
        return [str(one) for one in getattr(record, name)]
    return getattr(record, name)


def label_of(record: Any, name: str, known: str = "") -> str:
    """The label of a linked record; ``known`` if the page has it already."""
    if name not in record.__dict__ and known:
        return known
    target = getattr(record, name)
    return str(target) if target is not None else ""


def unit_of(record: Any, name: str) -> str:
    if name not in record.info.fields:
        return ""
    target = getattr(record, name)
    return str(target) if target is not None else ""


def line_row(
    env: Env,
    view: View,
    access: Access,
    lines: LinesNode,
    line: Any,
    key: str,
    errors: Mapping[str, list[str]] | None = None,
    labels: Mapping[str, str] | None = None,
    stored: Sequence[Any] | None = None,
) -> tuple[Any, ...]:
    """The row of ``line``. ``labels``: by column, of linked records that the page knows; ``stored``: the row as it is
    in the database, for links that nobody has changed."""
    info = env.models[lines.model]
    may_ask = Columns(env, info).may_ask
    on = {
        one.id: holds(env, one, line, may_ask(one.expression))
        for one in view.conditions.values()
        if one.lines == lines.name
    }
    nodes = {node.path: node for node in lines.columns}
    row: list[Any] = []
    for at, slot in enumerate(lines.slots):
        if stored is not None and _is_stored(line, slot, nodes):
            row.append(stored[at])
        elif slot.what == "key":
            row.append(key)
        elif slot.what == "id":
            row.append(line.__dict__.get("id"))
        elif slot.what == "errors":
            row.append(errors or None)
        elif slot.what == "on":
            row.append(on)
        elif slot.what == "unit":
            row.append(_unit_in_line(line, slot.path))
        elif not access.may[f"{lines.name}.{slot.path}"]:
            row.append(None)
        else:
            row.append(_in_line(line, slot.what, nodes[slot.path], labels or {}))
    return tuple(row)


def _is_stored(line: Any, slot: Slot, nodes: Mapping[str, FieldNode]) -> bool:
    """Whether ``slot`` shows a link, or what lies behind one, that has not been changed."""
    if slot.what in ("key", "id", "errors", "on"):
        return False
    if slot.what == "unit" or "." in slot.path or nodes[slot.path].kind in ("many2one", "reference"):
        return is_unchanged(line, slot.path.split(".")[0]) and not line.is_new
    return False


def _in_line(line: Any, what: str, node: FieldNode, labels: Mapping[str, str]) -> Any:
    *hops, name = node.path.split(".")
    holder = line
    for hop in hops:
        holder = getattr(holder, hop) if holder is not None else None
    if holder is None:
        return None
    if what == "value":
        return value_of(holder, node)
    if what == "model":
        return getattr(holder, f"{name}_model")
    return label_of(holder, name, labels.get(node.path, ""))


def _unit_in_line(line: Any, path: str) -> str:
    *hops, name = path.split(".")
    holder = line
    for hop in hops:
        holder = getattr(holder, hop) if holder is not None else None
    return unit_of(holder, name) if holder is not None else ""


def blank_row(env: Env, view: View, access: Access, lines: LinesNode) -> tuple[Any, ...]:
    """The row that the page's script copies for a new line: its defaults."""
    if not (lines.editable and lines.create):
        return ()
    with env.session.no_autoflush:
        line: Any = env[env.models[lines.model].cls]()
        try:
            return line_row(env, view, access, lines, line, BLANK)
        except (UserError, ArithmeticError, AttributeError, TypeError):
            return tuple(_bare(slot.what) for slot in lines.slots)


def _bare(what: str) -> Any:
    return BLANK if what == "key" else {} if what == "on" else None
