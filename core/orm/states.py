"""State machines: ``@transition``, ``@guard`` and ``@action`` mark methods; the assembler installs one entry each.

    entry of a transition:  lock → right → state → all guards of all fragments → body (super() through the fragments)
                            → set the state → journal (at flush) → hook kontor_transition

A State field is set here and nowhere else: assigning it raises, forms and API never bind it. Guards return reasons,
they never change anything; every reason is shown at once, each with what to do about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import LoaderCallableStatus

from core.errors import AccessError, AssemblyError, Refusal, TransitionRefused, ValidationError, Where, close_match
from core.i18n import _
from core.orm.model import F, Mark, as_groups, mark

if TYPE_CHECKING:
    from core.orm.assemble import ModelInfo
    from core.orm.model import Model

__all__ = ["Action", "Transition", "action", "guard", "transition"]


def transition(
    *sources: str, to: str, label: str = "", groups: str | Iterable[str] = (), help: str = "", confirm: str = ""
) -> Callable[[F], F]:
    """Marks the body of a change of state from one of ``sources`` to ``to``, for members of ``groups``.

    ``confirm`` is a question that the user answers first. Calling the method raises ``TransitionRefused`` (the state or
    guards say no, with all reasons), ``AccessError`` (not in one of ``groups``, or no right to write) or
    ``ConflictError`` (the record was changed or removed meanwhile). The state is set after the body.
    """

    def decorate(function: F) -> F:
        return mark(function, Mark("transition", sources, to, label, help, as_groups(groups), confirm))

    return decorate


def guard(*transitions: str) -> Callable[[F], F]:
    """Marks a method that yields a ``Refusal`` for each reason why one of ``transitions`` may not happen now.

    It changes nothing. Live values in it count what the acting user may see; ask in ``env.sudo()`` for all there is.
    """

    def decorate(function: F) -> F:
        return mark(function, Mark("guard", transitions))

    return decorate


def action(*, label: str = "", groups: str | Iterable[str] = (), help: str = "", confirm: str = "") -> Callable[[F], F]:
    """Marks a method as a button that changes no state; it may return a record to open next.

    Calling it raises ``AccessError`` for whoever is in none of ``groups``; empty: everybody who may read the record.
    """

    def decorate(function: F) -> F:
        return mark(function, Mark("action", (), None, label, help, as_groups(groups), confirm))

    return decorate


@dataclass(frozen=True)
class Transition:
    name: str
    label: str
    sources: tuple[str, ...]
    target: str
    groups: tuple[str, ...]
    help: str = ""
    confirm: str = ""
    guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Action:
    name: str
    label: str
    groups: tuple[str, ...]
    help: str = ""
    confirm: str = ""


def marks_of(cls: type, kind: str) -> Iterator[tuple[str, Mark, Where]]:
    """(method name, mark) of every marked method of all fragments, base first; a later mark of the same name wins."""
    for klass in reversed(cls.__mro__):
        for name, value in list(klass.__dict__.items()):
            for one in getattr(value, "__kontor__", ()):
                if one.kind == kind:
                    code = getattr(value, "__code__", None)
                    yield name, one, Where(None, code.co_filename if code else None, code.co_firstlineno if code else 0)


def install(info: ModelInfo) -> None:
    """Collect transitions, guards and actions of ``info`` and put the entries on its class."""
    state = next((field for field in info.fields.values() if field.kind == "state"), None)
    guards: dict[str, dict[str, None]] = {}
    transitions: dict[str, tuple[Mark, Where]] = {}
    for name, found, where in marks_of(info.cls, "transition"):
        transitions[name] = (found, where)
    for name, found, where in marks_of(info.cls, "guard"):
        for one in found.names:
            if one not in transitions:
                raise AssemblyError(
                    f"guard {name}() names transition '{one}', which '{info.name}' does not have",
                    where,
                    close_match(one, transitions),
                )
            guards.setdefault(one, {})[name] = None
    for name, (found, where) in transitions.items():
        if state is None:
            raise AssemblyError(f"'{info.name}' has transition {name}() and no State field", where)
        for value in (*found.names, found.target or ""):
            if value not in state.choices:
                raise AssemblyError(
                    f"transition {name}() of '{info.name}' names the unknown state '{value}'",
                    where,
                    close_match(value, state.choices),
                )
        label = found.label or name.replace("_", " ").capitalize()
        info.transitions[name] = Transition(
            name,
            label,
            found.names,
            found.target or "",
            found.groups,
            found.help,
            found.confirm,
            tuple(guards.get(name, ())),
        )
        setattr(info.cls, name, _entry(info.cls, info.transitions[name], state.name))
    for name, found, _where in marks_of(info.cls, "action"):
        label = found.label or name.replace("_", " ").capitalize()
        info.actions[name] = Action(name, label, found.groups, found.help, found.confirm)
        setattr(info.cls, name, _action_entry(info.cls, info.actions[name]))


def _require(record: Model, groups: tuple[str, ...], label: str) -> None:
    env = record.env
    if not env.principal.elevated and groups and not any(env.has_group(one) for one in groups):
        raise AccessError(_("You may not do “{label}”.").format(label=label), groups)
    if not env.may(record.info.name, "write"):
        raise AccessError(_("You may not change this record."), (record.info.name,))


def _entry(cls: type[Model], step: Transition, field: str) -> Callable[..., Any]:
    def run(self: Model, *args: Any, **values: Any) -> Any:
        env = self.env
        _require(self, step.groups, step.label)
        env.lock(self)
        source = getattr(self, field)
        if source not in step.sources:
            raise TransitionRefused(_("“{label}” is not possible in this state.").format(label=step.label))
        refusals = list(refusals_of(self, step))
        if refusals:
            raise TransitionRefused(_("“{label}” is not possible now.").format(label=step.label), refusals)
        result = getattr(super(cls, self), step.name)(*args, **values)
        with _changing_state(self):
            setattr(self, field, step.target)
        env.flush()
        env.hooks.call("kontor_transition", record=self, name=step.name, source=source, target=step.target)
        return result

    run.__name__ = step.name
    run.__doc__ = step.help or step.label
    return run


def _action_entry(cls: type[Model], step: Action) -> Callable[..., Any]:
    def run(self: Model, *args: Any, **values: Any) -> Any:
        env = self.env
        if step.groups and not env.principal.elevated and not any(env.has_group(one) for one in step.groups):
            raise AccessError(_("You may not do “{label}”.").format(label=step.label), step.groups)
        return getattr(super(cls, self), step.name)(*args, **values)

    run.__name__ = step.name
    run.__doc__ = step.help or step.label
    return run


def refusals_of(record: Model, step: Transition) -> Iterator[Refusal]:
    """Every reason that the guards of ``step`` give now."""
    for name in step.guards:
        yield from getattr(record, name)() or ()


def possible(record: Model) -> list[Transition]:
    """The transitions that the state and the groups of the principal allow now; guards are asked when it is tried."""
    env = record.env
    field = next((one for one in record.info.fields.values() if one.kind == "state"), None)
    if field is None or not env.may(record.info.name, "write"):
        return []
    now = getattr(record, field.name)
    return [
        step
        for step in record.info.transitions.values()
        if now in step.sources and (env.principal.elevated or not step.groups or any(map(env.has_group, step.groups)))
    ]


@contextmanager
def _changing_state(record: Model) -> Iterator[None]:
    record.__dict__["_changing_state"] = True
    try:
        yield
    finally:
        del record.__dict__["_changing_state"]


def refuse_assignment(record: Model, value: Any, old: Any, initiator: Any) -> Any:
    """Attribute event on State fields: only a transition may set them."""
    if "_changing_state" not in record.__dict__ and old is not LoaderCallableStatus.NO_VALUE and value != old:
        raise ValidationError(fields={initiator.key: _("is changed by its buttons only")})
    return value
