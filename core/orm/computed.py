"""Stored computed values: marked stale when an input changes, computed when read or at flush, each at most once.

    line.quantity = 3  ──set event──►  line: {net}  order: {net, tax, total}   (marks only; nothing runs)
    order.total        ──read───────►  runs _compute_total, which reads order.net, which reads line.net …

What always holds: a stored value depends on its record and the lines that the record owns, on nothing else, so that
marking never queries; the graph has no cycles; values run without autoflush, in the session of the record; a computed
value inherits the strictest groups of its inputs unless it says ``reveals=True``.
"""

from __future__ import annotations

import decimal
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import event
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, object_session

from core.errors import AssemblyError, close_match
from core.orm.fields import Decimal, Field
from core.orm.relations import One2many

if TYPE_CHECKING:
    from core.orm.assemble import ModelInfo, Models
    from core.orm.model import Model

#: (how to climb from the changed record to the one with the value, names of the values there)
Touch = tuple[tuple[tuple[str, ...], frozenset[str]], ...]
Node = tuple[str, str]


def stored_value(field: Field[Any]) -> Any:
    """The attribute of a stored computed field; reading a stale one computes it first."""
    name, private = field.name, f"_{field.name}"

    def read(self: Any) -> Any:
        stale = self.__dict__.get("_stale")
        if stale and name in stale:
            compute(self, field)
        return getattr(self, private)

    read.__name__ = name
    return hybrid_property(fget=read, expr=lambda cls: getattr(cls, private))


def compute(record: Model, field: Field[Any]) -> None:
    """Run the method of ``field`` on ``record`` and keep the result, rounded half up to the decimals of the field."""
    stale = record.__dict__["_stale"]
    session = object_session(record)
    stale.discard(field.name)
    method = getattr(record, str(field.function))
    try:
        if session is None:
            value = method()
        else:
            with session.no_autoflush:
                value = method()
    except BaseException:
        stale.add(field.name)
        raise
    if isinstance(field, Decimal) and value is not None:
        value = round_half_up(decimal.Decimal(value), field.digits)
    if record.__dict__.get(f"_{field.name}") != value or f"_{field.name}" not in record.__dict__:
        setattr(record, f"_{field.name}", value)


#: wide enough for the product of any two numbers that fields hold, so that the answer is "too large" and no accident
_WIDE = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_UP)


def round_half_up(value: decimal.Decimal, digits: int) -> decimal.Decimal:
    """``value`` with ``digits`` decimals, half away from zero: the rounding of money (EN 16931)."""
    return value.quantize(decimal.Decimal(1).scaleb(-digits), context=_WIDE)


def compute_all(record: Model) -> None:
    """Bring every stale value of ``record`` up to date."""
    stale = record.__dict__.get("_stale")
    while stale:
        compute(record, record.info.fields[next(iter(stale))])


def touch(record: Model, plan: Touch) -> None:
    """Mark the values that depend on what just changed in ``record``."""
    for hops, names in plan:
        target: Any = record
        for hop in hops:
            target = target.__dict__.get(hop)
            if target is None:
                _later(record, hops, names)
                break
        else:
            mark_stale(target, names)


def mark_stale(record: Model, names: Iterable[str]) -> None:
    values = record.__dict__
    stale = values.get("_stale")
    if stale is None:
        stale = values["_stale"] = set()
    if not stale:
        session = object_session(record)
        if session is not None:
            session.info.setdefault("stale", {})[id(record)] = record
    stale.update(names)


def _later(record: Model, hops: tuple[str, ...], names: frozenset[str]) -> None:
    """The owner is not in memory: remember, and look it up at flush."""
    session = object_session(record)
    if session is not None:
        session.info.setdefault("climb", {})[id(record), hops] = (record, hops, names)


def settle(session: Session) -> None:
    """Before a flush: compute whatever is stale, lines before owners by recursion of reading."""
    for record, hops, names in list(session.info.pop("climb", {}).values()):
        target = record
        for hop in hops:
            target = None if target is None else getattr(target, hop)
        if target is not None:
            mark_stale(target, names)
    for record in session.new:
        if record.__dict__.get("_stale"):
            compute_all(cast("Model", record))
    while waiting := session.info.pop("stale", None):
        deleted = session.deleted
        for record in waiting.values():
            if record in session and record not in deleted:
                compute_all(record)


# -- the plan of a set ------------------------------------------------------------------------------------------


def plan(models: Models) -> None:
    """Read every ``@computed``, refuse what cannot be kept true, and install the events that mark values stale."""
    direct: dict[Node, list[tuple[tuple[str, ...], Node]]] = defaultdict(list)
    inputs: dict[Node, list[Node]] = {}
    for info in models.values():
        for field in info.fields.values():
            if field.computed:
                inputs[info.name, field.name] = _read_paths(models, info, field, direct)
    _refuse_cycles(models, inputs)
    _inherit_groups(models, inputs)
    for node in list(direct):
        _install(models[node[0]], node[1], _closure(node, direct))


def _read_paths(
    models: Models, info: ModelInfo, field: Field[Any], direct: dict[Node, list[tuple[tuple[str, ...], Node]]]
) -> list[Node]:
    found: list[Node] = []
    goal = (info.name, field.name)
    for path in field.depends:
        here, hops = info, cast("tuple[str, ...]", ())
        parts = path.split(".")
        for position, part in enumerate(parts):
            step = here.fields.get(part)
            if step is None:
                raise AssemblyError(
                    f"computed field '{field.name}' of '{info.name}' depends on '{path}': "
                    f"'{here.name}' has no field '{part}'",
                    field.where,
                    close_match(part, here.fields),
                )
            if not step.stored:
                raise AssemblyError(
                    f"computed field '{field.name}' of '{info.name}' is stored and cannot depend on the live value "
                    f"'{path}'",
                    field.where,
                    "depend on the stored inputs of that value, or make this one live with expr=",
                )
            direct[here.name, part].append((hops, goal))
            found.append((here.name, part))
            if position == len(parts) - 1:
                break
            if not (isinstance(step, One2many) and step.owned):
                raise AssemblyError(
                    f"computed field '{field.name}' of '{info.name}' depends on '{path}', beyond its own lines",
                    field.where,
                    "copy that value into a field when the record is chosen, or compute live with expr=",
                )
            here = models[str(step.target)]
            hops = (str(step.inverse), *hops)
    return found


def _closure(start: Node, direct: dict[Node, list[tuple[tuple[str, ...], Node]]]) -> Touch:
    marks: dict[tuple[str, ...], set[str]] = defaultdict(set)
    seen: set[tuple[tuple[str, ...], Node]] = set()
    waiting = list(direct[start])
    while waiting:
        hops, node = waiting.pop()
        if (hops, node) in seen:
            continue
        seen.add((hops, node))
        marks[hops].add(node[1])
        waiting.extend(((*hops, *further), goal) for further, goal in direct.get(node, ()))
    return tuple((hops, frozenset(names)) for hops, names in sorted(marks.items(), key=lambda item: len(item[0])))


def _refuse_cycles(models: Models, inputs: dict[Node, list[Node]]) -> None:
    done: set[Node] = set()

    def visit(node: Node, trail: tuple[Node, ...]) -> None:
        if node in trail:
            names = " → ".join(f"{model}.{name}" for model, name in (*trail[trail.index(node) :], node))
            raise AssemblyError(
                f"computed fields depend on each other in a circle: {names}", models[node[0]].fields[node[1]].where
            )
        if node in done:
            return
        for needed in inputs.get(node, ()):
            visit(needed, (*trail, node))
        done.add(node)

    for node in inputs:
        visit(node, ())


def _inherit_groups(models: Models, inputs: dict[Node, list[Node]]) -> None:
    """A value tells what its inputs say: whoever may not read one of them may not read the value."""
    changed = True
    while changed:
        changed = False
        for (model, name), needed in inputs.items():
            field = models[model].fields[name]
            if field.given.get("reveals"):
                continue
            for other_model, other in needed:
                groups = models[other_model].fields[other].groups
                if not groups:
                    continue
                mine = tuple(one for one in field.groups if one in groups) if field.groups else groups
                if mine != field.groups:
                    field.given["groups"] = mine or ("nobody",)
                    changed = True


def _install(info: ModelInfo, name: str, marks: Touch) -> None:
    field = info.fields[name]
    if field.computed:
        return  # the closure of its inputs covers it
    attribute = getattr(info.cls, f"_{name}" if field.translate else name)
    if field.kind in ("one2many", "many2many"):

        def on_member(target: Any, value: Any, initiator: Any) -> None:
            touch(target, marks)

        event.listen(attribute, "append", on_member)
        event.listen(attribute, "remove", on_member)
        return

    def on_set(target: Any, value: Any, old: Any, initiator: Any) -> None:
        if value is not old:
            touch(target, marks)

    event.listen(attribute, "set", on_set)


def names_of(info: ModelInfo) -> frozenset[str]:
    """The computed fields of a model: all of them are stale on a new record."""
    return frozenset(field.name for field in info.fields.values() if field.computed)
