"""What a form shows of a record in memory: a new one, or one that a draft or a refused save has changed.

Links that nobody has changed are not loaded for their labels: the page posts the words of those that can be chosen, and
``stored_links`` reads those that it only shows, all in one statement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import UserError
from core.orm.expressions import Expression, to_python
from core.orm.expressions.typed import Typed
from core.views.rows import unit_path
from core.web.formdata import BLANK, FormData, otherwise, read_record
from core.web.selecting import Columns

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.model import Model
    from core.views import Access, Condition, FieldNode, LinesNode, Slot, View
    from core.web.app import Web
    from core.web.formview import Binding

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
        if (
            name in binding.lines
            and any(
                access.may[f"{name}.{one.path}"] and _only_shown(one) and one.path not in binding.lines[name][1]
                for one in node.columns
            )
        )
        or (
            name in binding.lines
            and any(slot.what == "unit" and slot.path in env.models[node.model].fields for slot in node.slots)
        )
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
