"""Rights: groups, rights of models, row rules; declared in an addon's ``security.py``, compiled for each addon set.

    may(principal, model, operation)        a right of one of the principal's groups; default deny
    criteria(principal, model, mode)        one SQL condition: company AND global rules AND (rules of groups, by OR)

A line that another record owns has that record's rights and rules. A model with ``company="own"`` is seen by members
of its company alone, without a rule; a shared model that has a ``company`` field: its records without one are
everybody's. ``session.py`` applies both to every statement and every flush; nothing else may.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import AssemblyError, Where, close_match
from core.orm.handles import active
from core.orm.model import F, as_groups, model_name

if TYPE_CHECKING:
    from core.orm.assemble import Models
    from core.orm.fields import Field
    from core.orm.model import Model

OPERATIONS = ("read", "create", "write", "delete")


@dataclass(frozen=True)
class Principal:
    """Who acts, for the whole life of one session.

    ``kind``: staff, portal, device, key, job, system. ``groups`` are complete (implied ones included). ``company`` is
    the one in which new records are made, ``companies`` those whose records are seen.
    """

    kind: str
    id: int | None = None
    name: str = ""
    groups: frozenset[str] = frozenset()
    companies: tuple[int, ...] = ()
    company: int | None = None
    partner: int | None = None
    language: str = "en"
    zone: str = "UTC"
    elevated: bool = False

    def as_elevated(self) -> Principal:
        return replace(self, elevated=True)

    @property
    def rights_key(self) -> tuple[Any, ...]:
        """Equal for principals that may see the same: what caches of answers are keyed by."""
        return self.elevated, self.kind, self.groups, self.companies, self.id


SYSTEM = Principal("system", name="system", elevated=True)


@dataclass(frozen=True)
class Group:
    """A group of users with the same work. ``implies``: whoever is in this group is in those too."""

    name: str
    label: str
    implies: tuple[str, ...] = ()
    module: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Right:
    model: type[Model]
    table: Mapping[str, tuple[str, ...]]  # group -> operations
    module: str
    where: Where


@dataclass(frozen=True)
class Rule:
    """A condition on the rows of a model that ``function(principal)`` gives as an SQL expression."""

    model: type[Model]
    name: str
    groups: tuple[str, ...]
    modes: frozenset[str]
    function: Callable[[Principal], Any]
    module: str
    where: Where


#: every authenticated person and program
EVERYONE = Group("everyone", "Everyone")

RECORDED: dict[tuple[str, str, str], Group | Right | Rule] = {}


def _caller() -> tuple[str, str, int]:
    frame = sys._getframe(2)
    return frame.f_globals.get("__name__", ""), frame.f_code.co_filename, frame.f_lineno


def group(name: str, label: str, implies: str | Group | Iterable[str | Group] = ()) -> Group:
    """Declare a group of users. ``name`` begins with the addon's name; ``label`` is what an administrator reads.

    ``implies``: groups, by name or as what ``group`` gave, that every member is in as well.
    """
    module, file, line = _caller()
    implied = (implies,) if isinstance(implies, (str, Group)) else tuple(implies)
    made = Group(name, label, tuple(str(one) for one in implied), module, file, line)
    RECORDED[module, "group", name] = made
    return made


def rights(model: type[Model], table: Mapping[Group | str, str]) -> None:
    """What groups may do with a model: ``rights(Order, {USER: "read create write", MANAGER: "delete"})``.

    The words are read, create, write and delete (else TypeError). Rights of several groups, and of several addons for
    the same model, add up; nothing takes one away. A line that another record owns has that one's rights.
    """
    module, file, line = _caller()
    parsed: dict[str, tuple[str, ...]] = {}
    for one, operations in table.items():
        words = tuple(operations.split())
        for word in words:
            if word not in OPERATIONS:
                raise TypeError(f"rights(): {word!r} is none of {', '.join(OPERATIONS)}")
        parsed[str(one)] = words
    RECORDED[module, "rights", f"{model_name(model)}:{line}"] = Right(model, parsed, module, Where(None, file, line))


def rule(
    model: type[Model],
    *,
    groups: Group | str | Iterable[Group | str] = (),
    modes: str = "read create write delete",
    name: str = "",
) -> Callable[[F], F]:
    """Marks a function of the principal that gives the condition on rows: for members of ``groups``, or for all.

    Return an SQL expression over the model, ``True`` for every row or ``False`` for none. Use plain comparisons with
    values of the principal; a subquery over another model is itself limited by that model's rules. The function is
    asked once for a principal and a day: it must depend on nothing else.
    """
    module, file, line = _caller()

    def decorate(function: F) -> F:
        RECORDED[module, "rule", f"{model_name(model)}:{function.__name__}"] = Rule(
            model,
            name or f"{module}.{function.__name__}",
            tuple(str(one) for one in ((groups,) if isinstance(groups, (str, Group)) else groups)),
            frozenset(modes.split()),
            function,
            module,
            Where(None, file, line),
        )
        return function

    return decorate


def recorded(package: str) -> Iterator[Group | Right | Rule]:
    """What the modules of ``package`` declared."""
    for (module, _kind, _name), one in list(RECORDED.items()):
        if module == package or module.startswith(package + "."):
            yield one


@dataclass
class Security:
    """The rights of one addon set."""

    models: Models
    groups: dict[str, Group] = field(default_factory=dict)
    allowed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    rules: dict[str, list[Rule]] = field(default_factory=dict)

    def expand(self, groups: Iterable[str]) -> frozenset[str]:
        """``groups`` with all that they imply, and everyone. Groups of addons that are not installed fall away."""
        found = {"everyone"}
        waiting = [name for name in groups if name in self.groups]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.groups[name].implies)
        return frozenset(found)

    def may(self, principal: Principal, model: str, operation: str) -> bool:
        """Whether a group of the principal has the right; for a line: whether it has it on the owner."""
        if principal.elevated:
            return True
        info = self.models.get(model)
        if info is None:
            return False
        if info.owner is not None:
            owner = str(info.fields[info.owner].target)
            return self.may(principal, owner, "read" if operation == "read" else "write") or (
                operation != "read" and self.may(principal, owner, "create")
            )
        return not principal.groups.isdisjoint(self.allowed.get((model, operation), ()))

    def may_field(self, principal: Principal, field: Field[Any]) -> bool:
        """Whether the principal may read and write ``field``, once it may read the model."""
        return principal.elevated or not field.groups or not principal.groups.isdisjoint(field.groups)

    def criteria(self, principal: Principal, model: str, mode: str) -> Any:
        """The condition on rows of ``model`` for ``mode``; None when there is none."""
        if principal.elevated:
            return None
        info = self.models[model]
        cls: Any = info.cls
        if info.owner is not None:
            link = info.fields[info.owner]
            above = self.criteria(principal, str(link.target), "read" if mode == "read" else "write")
            return None if above is None else getattr(cls, info.owner).has(above)
        parts: list[Any] = []
        if info.company == "own":
            parts.append(cls.company_id.in_(principal.companies))
        elif "company" in info.fields:
            parts.append(sa.or_(cls.company_id.is_(None), cls.company_id.in_(principal.companies)))
        mine: list[Any] = []
        for one in self.rules.get(model, ()):
            if mode not in one.modes:
                continue
            if not one.groups:
                parts.append(self._condition(one, principal))
            elif not principal.groups.isdisjoint(one.groups):
                mine.append(self._condition(one, principal))
        if mine:
            parts.append(sa.or_(*mine) if len(mine) > 1 else mine[0])
        if not parts:
            return None
        return sa.and_(*parts) if len(parts) > 1 else parts[0]

    def _condition(self, one: Rule, principal: Principal) -> Any:
        with active(self.models):
            found = one.function(principal)
        if found is None or found is True:
            return sa.true()
        return sa.false() if found is False else found

    def named_rules(self, model: str, mode: str) -> list[str]:
        """Names of the rules that bear on ``model``, for explanations to administrators."""
        info = self.models[model]
        if info.owner is not None:
            return self.named_rules(str(info.fields[info.owner].target), mode)
        names = ["company"] if "company" in info.fields else []
        return names + [one.name for one in self.rules.get(model, ()) if mode in one.modes]

    def only_company(self, model: str) -> bool:
        """True when nothing but the company decides: then memory knows as well as the database."""
        info = self.models[model]
        while info.owner is not None:
            info = self.models[str(info.fields[info.owner].target)]
        return not self.rules.get(info.name)

    def same_for_reading(self, model: str, mode: str) -> bool:
        """True when whoever read a row under the rules may also do ``mode`` to it."""
        info = self.models[model]
        while info.owner is not None:
            info = self.models[str(info.fields[info.owner].target)]
        return all("read" in one.modes and mode in one.modes for one in self.rules.get(info.name, ()) if one.modes)


def compile_security(models: Models, declared: Iterable[tuple[str, Group | Right | Rule]]) -> Security:
    """Check and index what the addons declared; ``declared`` in dependency order, with the addon's name."""
    security = Security(models, {"everyone": EVERYONE})
    allowed: dict[tuple[str, str], set[str]] = {}
    items = list(declared)
    for addon, one in items:
        if isinstance(one, Group):
            where = Where(addon, one.file, one.line)
            if not one.name.startswith(f"{addon}."):
                raise AssemblyError(f"group '{one.name}' must begin with '{addon}.'", where)
            security.groups[one.name] = one
    for addon, one in items:
        if isinstance(one, Group):
            for implied in one.implies:
                _known(implied, security, Where(addon, one.file, one.line))
            continue
        where = Where(addon, one.where.file, one.where.line)
        name = model_name(one.model)
        if name not in models:
            raise AssemblyError(f"rights or rule for '{name}', which is not in this set", where)
        if models[name].owner is not None:
            raise AssemblyError(f"'{name}' belongs to its owner and has that one's rights and rules", where)
        if isinstance(one, Right):
            for group_name, operations in one.table.items():
                _known(group_name, security, where)
                for operation in operations:
                    allowed.setdefault((name, operation), set()).add(group_name)
        else:
            for group_name in one.groups:
                _known(group_name, security, where)
            security.rules.setdefault(name, []).append(one)
    security.allowed = {key: frozenset(groups) for key, groups in allowed.items()}
    for info in models.values():
        if info.owner is None and not any((info.name, operation) in allowed for operation in OPERATIONS):
            raise AssemblyError(
                f"model '{info.name}' has no rights: nobody could read it", info.where, "add rights(…) in security.py"
            )
        _check_groups(info.name, models, security)
    return security


def _known(name: str, security: Security, where: Where) -> None:
    if name not in security.groups:
        raise AssemblyError(f"unknown group '{name}'", where, close_match(name, security.groups))


def _check_groups(model: str, models: Models, security: Security) -> None:
    info = models[model]
    for one in info.fields.values():
        for name in one.groups:
            if name != "nobody":
                _known(name, security, one.where)
    steps = [one.groups for one in info.transitions.values()] + [one.groups for one in info.actions.values()]
    for groups in steps:
        for name in as_groups(groups):
            _known(name, security, info.where)
