"""Puts a posted form into a record: what a draft and a save have in common.

    1  what differs from the record is assigned, rules (@onchange) run: they fill fields that the page does not post
    2  the posted values are assigned once more, without rules: what was typed, or answered by an earlier draft, stays
    3  what changed since the last answer is assigned in the order of its change, with rules: they may overwrite others

Ids are resolved through the principal's session, and only where they changed: hidden means unknown. A control that
``readonly-if`` closes is not listened to, whatever was posted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import UserError, ValidationError
from core.i18n import _
from core.web import inmemory
from core.web.forms import Bound, BoundBoolean, BoundFile, BoundLink, BoundLinks, Posted, RecordForm
from core.web.selecting import Columns

if TYPE_CHECKING:
    from core.orm.model import Model
    from core.views import FieldNode, LinesNode
    from core.web.formview import FormView

#: (lines, key of the row, column); the first two empty for fields of the record itself
Place = tuple[str, str, str]
STEP = 10


@dataclass
class Row:
    """A posted row of lines and its record."""

    key: str
    form: RecordForm
    line: Any
    new: bool = False


@dataclass
class Applied:
    """What came of it. ``faults``: field -> messages; ``row_faults``: (lines, key) -> column -> messages."""

    form: FormView
    record: Any
    posted: Posted
    rows: dict[str, list[Row]] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    row_faults: dict[tuple[str, str], dict[str, list[str]]] = field(default_factory=dict)
    #: what rules had to say
    messages: list[UserError] = field(default_factory=list)
    #: places whose posted value is not taken: others changed them, see merging.py
    skip: frozenset[Place] = frozenset()
    before: dict[Place, Any] = field(default_factory=dict)
    #: whether any rule has run
    ruled: bool = False
    #: kept in memory until the end: the session itself does not
    linked: list[Any] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return bool(self.faults or self.row_faults)

    def fault(self, place: Place, text: str) -> None:
        lines, key, name = place
        found = self.row_faults.setdefault((lines, key), {}) if lines else self.faults
        texts = found.setdefault(name, [])
        if text not in texts:
            texts.append(text)


def apply(form: FormView, record: Model, posted: Posted, skip: frozenset[Place] = frozenset()) -> Applied:
    """Put ``posted`` into ``record``; nothing is flushed."""
    made = Applied(form, record, posted, skip=skip)
    made.faults = {path: list(texts) for path, texts in posted.faults.items() if ("", "", path) not in skip}
    changed = [place for name in posted.changed if (place := place_of(form, name)) is not None]
    late = frozenset(changed)
    with form.env.session.no_autoflush:
        _prefetch(made)
        own = [("", "", one) for one in posted.form.bound()]
        _assign(made, record, own, late, rules=True)
        for name in form.binding.lines:
            if _open(made, name):
                made.rows[name] = list(_rows(made, name))
                for row in made.rows[name]:
                    _assign(made, row.line, _of_row(name, row), late, rules=True)
        if made.ruled:  # otherwise nothing can have been overwritten
            _assign(made, record, own, late, rules=False)
            for name, rows in made.rows.items():
                for row in rows:
                    _assign(made, row.line, _of_row(name, row), late, rules=False)
        _in_order(made, changed)
        _close(made)
        for name, rows in made.rows.items():
            _number(form.view.lines[name], rows)
    return made


def place_of(form: FormView, name: str) -> Place | None:
    """The field that a control is for: ``lines-3-text`` is ("lines", "3", "text"), ``lines`` is ("lines", "", "")."""
    if name in form.binding.fields:
        return "", "", name
    if name in form.binding.lines:
        return name, "", ""
    lines, _dash, rest = name.partition("-")
    key, _dash, column = rest.partition("-")
    if lines in form.binding.lines and column in form.binding.lines[lines][1]:
        return lines, key, column
    return None


# -- assigning ------------------------------------------------------------------------------------------------------

_Bounds = Iterable[tuple[str, str, Bound]]


def _of_row(lines: str, row: Row) -> list[tuple[str, str, Bound]]:
    return [(lines, row.key, one) for one in row.form.bound()]


def _assign(made: Applied, record: Any, bounds: _Bounds, late: frozenset[Place], rules: bool) -> None:
    for lines, key, one in bounds:
        place = (lines, key, one.node.path)
        if place in late or place in made.skip:
            continue
        if _put(made, record, place, one) and rules:
            run_rules(made, record, one.node.path)


def _put(made: Applied, record: Any, place: Place, one: Bound) -> bool:
    """Assign one posted value; answers whether it was another than the record's."""
    if one.fault:
        return False
    if not one.posted and not (isinstance(one, BoundBoolean) and _on_page(made, record, place, one.node)):
        return bool(isinstance(one, BoundFile) and one.remove and _remove_file(record, one))
    if not differs(made.form, record, one):
        return False
    made.before.setdefault(place, _now(record, one.node))
    try:
        setattr(record, one.node.path, _resolved(made, one))
    except ValidationError as error:
        for text in error.fields.get(one.node.path) or [error.message]:
            made.fault(place, text)
        return False
    return True


def differs(form: FormView, record: Any, one: Bound) -> bool:
    """Whether the posted text says something else than the record does."""
    if isinstance(one, BoundFile):
        return True
    if isinstance(one, BoundLinks):
        return set(one.data or ()) != {other.id for other in getattr(record, one.node.path)}
    now = inmemory.value_of(record, one.node)
    if isinstance(one, BoundLink):
        return bool(one.data != now)
    if isinstance(one, BoundBoolean):
        return bool(one.data) != bool(now)
    text = form.text(one.node, now)
    return text.strip() != one.text.strip() and not (one.data is not None and one.data == now)


def _now(record: Any, node: FieldNode) -> Any:
    """What ``_take_back`` needs to undo an assignment; of a link the id, so that nothing is loaded for it."""
    return list(getattr(record, node.path)) if node.kind == "many2many" else inmemory.value_of(record, node)


def _resolved(made: Applied, one: Bound) -> Any:
    env = made.form.env
    if isinstance(one, (BoundLink, BoundLinks)):
        cls: Any = env.models[str(one.node.field.target)].cls
        if isinstance(one, BoundLink):
            return _linked(env, cls, one.data, one.node.path)
        return [_linked(env, cls, key, one.node.path) for key in one.data or ()]
    if isinstance(one, BoundFile):
        if env.db is None or not env.writing:
            return None
        if one.stored is None:  # the stream can be read once
            try:
                one.stored = env.db.files.put(one.data.file, one.data.filename)
            except ValueError:
                raise ValidationError(fields={one.node.path: _("The file is too large.")}) from None
        return one.stored
    return one.data


def _linked(env: Any, cls: Any, key: int | None, path: str) -> Any:
    if key is None:
        return None
    found = env.get(cls, key)
    if found is None:
        raise ValidationError(fields={path: _("There is no such record.")})
    return found


def _remove_file(record: Any, one: Bound) -> bool:
    if getattr(record, one.node.path) is None:
        return False
    setattr(record, one.node.path, None)
    return True


def _on_page(made: Applied, record: Any, place: Place, node: FieldNode) -> bool:
    """Whether an empty check box was there to be ticked: an absent name says nothing where a condition hides it."""
    conditions = [one for one in (node.visible_if, node.readonly_if) if one]
    view = made.form.view
    if not place[0]:
        conditions += [box.visible_if for box in view.boxes.values() if box.visible_if and node.path in box.holds]
    for name in conditions:
        one = view.conditions[name]
        holds = inmemory.holds(made.form.env, one, record if one.lines or not place[0] else made.record, True)
        if holds == (one.kind == "readonly"):
            return False
    return True


def run_rules(made: Applied, record: Any, name: str) -> None:
    """The @onchange methods of ``record`` for ``name``."""
    for method, mark in record.info.onchanges:
        if name in mark.names:
            made.ruled = True
            try:
                getattr(record, method)()
            except UserError as error:
                made.messages.append(error)


def _in_order(made: Applied, changed: Iterable[Place]) -> None:
    """What changed since the last answer, in the order of its change; then rules of the lines as a whole."""
    touched: dict[str, None] = {}
    for place in changed:
        lines, key, name = place
        if not lines:
            if place not in made.skip:
                _put(made, made.record, place, made.posted.form.field(name))
                run_rules(made, made.record, name)
            continue
        touched[lines] = None
        row = next((one for one in made.rows.get(lines, ()) if one.key == key), None)
        if row is not None and name and place not in made.skip:
            _put(made, row.line, place, row.form.field(name))
            run_rules(made, row.line, name)
    for lines in touched:
        if lines in made.rows:
            run_rules(made, made.record, lines)


# -- conditions -----------------------------------------------------------------------------------------------------


def conditions_of(form: FormView, record: Any, lines: str | None = None) -> dict[str, bool]:
    """The conditions that are asked of ``record``, or of a line of ``lines``."""
    info = form.view.info if lines is None else form.env.models[form.view.lines[lines].model]
    may_ask = Columns(form.env, info).may_ask
    return {
        one.id: inmemory.holds(form.env, one, record, may_ask(one.expression))
        for one in form.view.conditions.values()
        if one.lines == lines
    }


def _open(made: Applied, name: str) -> bool:
    """Whether the lines ``name`` may be changed in this record."""
    node = made.form.view.lines[name]
    if not made.posted.values.get(f"{name}-order"):
        return False
    if not node.readonly_if:
        return True
    one = made.form.view.conditions[node.readonly_if]
    return not inmemory.holds(made.form.env, one, made.record, True)


def _close(made: Applied) -> None:
    """Take back what was posted for controls that ``readonly-if`` closes."""
    form = made.form
    closed = {path: node.readonly_if for path, node in form.binding.fields.items() if node.readonly_if}
    if closed:
        on = conditions_of(form, made.record)
        for path, condition in closed.items():
            _take_back(made, made.record, ("", "", path), on[str(condition)])
    for name, rows in made.rows.items():
        columns = {path: one.readonly_if for path, one in form.binding.lines[name][1].items() if one.readonly_if}
        for row in rows:
            if columns and any((name, row.key, path) in made.before for path in columns):
                on = conditions_of(form, row.line, name)
                for path, condition in columns.items():
                    _take_back(made, row.line, (name, row.key, path), on[str(condition)])


def _take_back(made: Applied, record: Any, place: Place, closed: bool) -> None:
    if not closed or place not in made.before:
        return
    before, field = made.before[place], record.info.fields[place[2]]
    if field.kind == "many2one" and before is not None:
        before = made.form.env.session.get(made.form.env.models[str(field.target)].cls, before)
    setattr(record, place[2], before)


# -- rows -----------------------------------------------------------------------------------------------------------


def _rows(made: Applied, name: str) -> Iterator[Row]:
    """Posted rows with their lines, new ones made; removed lines are deleted. Rows nobody typed into are left out."""
    form, posted, record = made.form, made.posted, made.record
    node = form.view.lines[name]
    info = form.env.models[node.model]
    known = {} if record.is_new else {line.id: line for line in getattr(record, name)}
    if node.delete:
        for gone in posted.removed(name):
            if gone in known:
                form.env.delete(known.pop(gone))
    blank = _blank_texts(form, node)
    cls: Any = info.cls
    for key, row in posted.form.rows(name).items():
        if (name, key, "") in made.skip:
            continue
        line_id = None if record.is_new else posted.row_id(name, key)
        line = known.get(line_id) if line_id is not None else None
        if line is not None:
            yield Row(key, row, line)
        elif node.create and not _untouched(row, blank):
            line = form.env[cls]()
            getattr(record, name).append(line)
            yield Row(key, row, line, new=True)
        else:
            continue
        for one in row.bound():
            if one.fault and (name, key, one.node.path) not in made.skip:
                made.fault((name, key, one.node.path), one.fault)


def _blank_texts(form: FormView, node: LinesNode) -> dict[str, str]:
    row = inmemory.blank_row(form.env, form.view, form.access, node)
    columns = form.binding.lines[node.name][1]
    return {
        slot.path: form.text(columns[slot.path], value)
        for slot, value in zip(node.slots, row, strict=False)
        if slot.what == "value" and slot.path in columns
    }


def _untouched(row: RecordForm, blank: Mapping[str, str]) -> bool:
    for one in row.bound():
        if isinstance(one, BoundLink) and one.words:
            return False
        if one.text.strip() not in ("", blank.get(one.node.path, "").strip()):
            return False
    return True


def _number(node: LinesNode, rows: list[Row]) -> None:
    """Give the lines the order of their rows, changing as few as possible."""
    if not node.sort:
        return
    last: int | None = None
    for row in rows:
        place = getattr(row.line, node.sort)
        if last is not None and (place is None or place <= last):
            place = last + STEP
            setattr(row.line, node.sort, place)
        elif place is None:
            place = STEP
            setattr(row.line, node.sort, place)
        last = place


def _prefetch(made: Applied) -> None:
    """Load all newly linked records at once, so that each is found in memory when it is assigned."""
    env = made.form.env
    wanted: dict[str, set[int]] = {}
    for record, form in _pairs(made):
        for one in form.bound():
            if not isinstance(one, BoundLink) or one.data is None:
                continue
            if record is None or getattr(record, one.node.field.column_name) != one.data:
                wanted.setdefault(str(one.node.field.target), set()).add(one.data)
    for target, ids in wanted.items():
        if len(ids) > 1 and env.may(target, "read"):
            cls: Any = env.models[target].cls
            made.linked += env.session.scalars(sa.select(cls).where(cls.id.in_(ids)))


def _pairs(made: Applied) -> Iterator[tuple[Any, RecordForm]]:
    """Each record with the form that is put into it; None for one that is new."""
    new = made.record.is_new
    yield None if new else made.record, made.posted.form
    for name in made.form.binding.lines:
        rows = made.posted.form.rows(name)
        known = {} if new or not rows else {line.id: line for line in getattr(made.record, name)}
        for key, row in rows.items():
            yield known.get(made.posted.row_id(name, key)), row


# -- what is missing ------------------------------------------------------------------------------------------------


def missing(made: Applied) -> None:
    """Faults for fields that ``required-if`` wants and that are empty."""
    form = made.form
    wanted = {path: node for path, node in form.binding.fields.items() if node.required_if}
    if wanted:
        on = conditions_of(form, made.record)
        for path, node in wanted.items():
            if on[str(node.required_if)] and getattr(made.record, path) in (None, "", []):
                made.fault(("", "", path), str(_("is required")))
    for name, rows in made.rows.items():
        columns = {path: node for path, node in form.binding.lines[name][1].items() if node.required_if}
        for row in rows if columns else ():
            on = conditions_of(form, row.line, name)
            for path, node in columns.items():
                if on[str(node.required_if)] and getattr(row.line, path) in (None, "", []):
                    made.fault((name, row.key, path), str(_("is required")))
