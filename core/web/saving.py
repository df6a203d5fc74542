"""Saves what a form posts: into a new record or one that is there, merged with what others did meanwhile.

    same version     assign, flush; the UPDATE names the version, so nobody comes in between
    other version    fields that only one side changed are merged; where both did, the user chooses (409)

Everything that refuses leaves the transaction rolled back and the page with every character that was typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from core.errors import ValidationError
from core.i18n import _, translate
from core.web import applying
from core.web.applying import Applied, Place
from core.web.forms import BoundBoolean, BoundFile, BoundLink, BoundLinks
from core.web.formview import checksum
from core.web.inmemory import value_of
from core.web.outcome import take_faults

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.model import Model
    from core.views import FieldNode
    from core.web.forms import Bound, Posted
    from core.web.formview import FormView


@dataclass(frozen=True)
class Conflict:
    """A field that both sides changed. ``mine``, ``theirs``: in words. A whole line where ``place`` names no column."""

    place: Place
    label: str
    mine: str
    theirs: str
    choice: bool = True


@dataclass
class Merge:
    """What happens to a record that somebody else saved meanwhile. ``skip``: places where theirs stays."""

    conflicts: list[Conflict] = field(default_factory=list)
    skip: set[Place] = field(default_factory=set)


@dataclass
class Saved:
    """What came of saving: ``rest`` are faults of no shown field."""

    applied: Applied
    rest: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return not self.applied.refused and not self.rest


def chosen(form: FormView, posted: Posted) -> frozenset[Place]:
    """Places for which the user chose what the others have (``_keep-<control>=theirs``)."""
    names = [
        name.removeprefix("_keep-")
        for name, values in posted.values.items()
        if name.startswith("_keep-") and values[:1] == ["theirs"]
    ]
    return frozenset(place for name in names if (place := applying.place_of(form, name)) is not None)


def merge(form: FormView, record: Model, posted: Posted) -> Merge:
    """Compare the page's base, what was posted, and the record as it is now."""
    made = Merge(skip=set(chosen(form, posted)))
    for one in posted.form.bound():
        path = one.node.path
        _compare(form, made, record, ("", "", path), one, posted.base.get(path), form.caption(one.node))
    for name in form.binding.lines:
        _merge_lines(form, made, record, posted, name)
    return made


def _merge_lines(form: FormView, made: Merge, record: Any, posted: Posted, name: str) -> None:
    lines, columns = form.binding.lines[name]
    known = {line.id: line for line in getattr(record, name)}
    positions = [slot.path for slot in lines.slots if slot.what == "value" and slot.path in columns]
    bases = posted.base.get(name)
    title = translate(lines.label)

    def base_of(line_id: int) -> dict[str, str]:
        sums = bases.get(str(line_id)) if isinstance(bases, dict) else None
        return dict(zip(positions, sums, strict=False)) if isinstance(sums, list) else {}

    for number, (key, row) in enumerate(posted.form.rows(name).items(), start=1):
        line_id = posted.row_id(name, key)
        if line_id is None:
            continue
        base, line = base_of(line_id), known.get(line_id)
        if line is None:
            if any(base.get(one.node.path) != checksum(_text(one)) for one in row.bound() if one.posted):
                mine, theirs = str(_("changed; it stays as a new line")), str(_("removed"))
                made.conflicts.append(Conflict((name, key, ""), f"{title} {number}", mine, theirs, choice=False))
            else:
                made.skip.add((name, key, ""))
            continue
        for one in row.bound():
            label = f"{title} {number}, {form.caption(one.node)}"
            _compare(form, made, line, (name, key, one.node.path), one, base.get(one.node.path), label)
    for line_id in posted.removed(name):
        line, base = known.get(line_id), base_of(line_id)
        if line is not None and any(
            checksum(form.text(columns[path], _value(line, columns[path]))) != base.get(path) for path in positions
        ):
            made.conflicts.append(
                Conflict((name, "", ""), f"{title}: {line}", str(_("removed")), str(_("changed")), choice=False)
            )


def _compare(form: FormView, made: Merge, record: Any, place: Place, one: Bound, base: str | None, label: str) -> None:
    if base is None or isinstance(one, BoundFile) or place in made.skip:
        return
    if not one.posted and not isinstance(one, BoundBoolean):
        return
    mine = checksum(_text(one))
    theirs = checksum(form.text(one.node, _value(record, one.node)).strip())
    if theirs == base or mine == theirs:
        return
    if mine == base:
        made.skip.add(place)
    else:
        made.conflicts.append(Conflict(place, label, _words(one, form), _their_words(form, record, one.node)))


def _text(one: Bound) -> str:
    if isinstance(one, BoundLinks):
        return " ".join(map(str, sorted(one.data or ())))
    return one.text.strip()


def _value(record: Any, node: FieldNode) -> Any:
    return [(one.id, "") for one in getattr(record, node.path)] if node.kind == "many2many" else value_of(record, node)


def _words(one: Bound, form: FormView) -> str:
    """What the user typed, in words."""
    if isinstance(one, BoundLink):
        return one.words
    if isinstance(one, BoundBoolean):
        return str(_("Yes") if one.data else _("No"))
    if isinstance(one, BoundLinks):
        cls: Any = form.env.models[str(one.node.field.target)].cls
        return ", ".join(str(found) for key in one.data or () if (found := form.env.get(cls, key)) is not None)
    if one.node.field.choices:
        return translate(str(one.node.field.choices.get(one.text, one.text)))
    return one.text


def _their_words(form: FormView, record: Any, node: FieldNode) -> str:
    value = getattr(record, node.path)
    if node.kind == "many2one":
        return str(value) if value is not None else ""
    if node.kind == "many2many":
        return ", ".join(map(str, value))
    if node.kind == "boolean":
        return str(_("Yes") if value else _("No"))
    if node.field.choices:
        return translate(str(node.field.choices.get(value, value or "")))
    return form.text(node, value)


# -- saving ---------------------------------------------------------------------------------------------------------


def _begin_again(env: Env) -> None:
    """What the database itself refuses costs the whole transaction: the page is drawn in a new one."""
    env.session.rollback()
    env.session.autoflush = False
    connection: Any = env.session.bind
    if connection.in_transaction():  # inside of another one, as in tests: that one is not ours to end
        connection.begin_nested()


def save(form: FormView, record: Model, posted: Posted, skip: frozenset[Place]) -> Saved:
    """Assign and flush. Raises what is no fault of a field: AccessError, ConflictError …"""
    made = applying.apply(form, record, posted, skip)
    saved = Saved(made)
    if made.messages:
        saved.rest += [error.message for error in made.messages]
    if not made.refused:
        applying.missing(made)
    if not saved.done:
        return saved
    key, cls = record.__dict__.get("id"), type(record)
    try:
        form.env.flush()
    except ValidationError as error:
        if isinstance(error.__cause__, IntegrityError):
            _begin_again(form.env)
            again = form.env.get(cls, key) if key is not None else form.env[cls]()
            if again is None:
                raise
            made = saved.applied = applying.apply(form, again, posted, skip)
        saved.rest += take_faults(made, error)
    return saved
