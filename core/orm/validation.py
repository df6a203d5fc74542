"""Checks of records before they are written: compiled once for each model, from what is in memory, changed fields only.

    required → kind of the field → check(…) → links within one company → @constraint methods

All faults of a flush are raised together, as one ValidationError whose keys are paths from the record that the user
edits: ``lines.2.quantity`` is the quantity of its third line. The database holds unique, check and foreign keys as the
last line; ``from_database`` turns its refusals into the same error.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError

from core.errors import UserError, ValidationError
from core.i18n import _
from core.orm.fields import Field
from core.orm.model import Check
from core.orm.relations import Many2one, Reference

if TYPE_CHECKING:
    from core.orm.assemble import Models
    from core.orm.model import Model

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass
class Plan:
    """What is checked of a model. ``plain`` are fields with a column of their own, by attribute name."""

    plain: dict[str, Field[Any]] = field(default_factory=dict)
    links: dict[str, Many2one[Any]] = field(default_factory=dict)
    required: list[Field[Any]] = field(default_factory=list)
    checks: dict[str, list[Check]] = field(default_factory=dict)
    constraints: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    #: links whose target carries a company
    companies: list[Many2one[Any]] = field(default_factory=list)
    shadows: dict[str, str] = field(default_factory=dict)


def plan(models: Models) -> None:
    plans: dict[str, Plan] = {}
    for info in models.values():
        mine = plans[info.name] = Plan()
        for one in info.fields.values():
            if not one.stored or one.computed:
                if one.searchable and one.stored:
                    mine.shadows[f"_{one.name}"] = one.name
                continue
            if isinstance(one, Many2one):
                mine.links[one.name] = one
                if "company" in models[str(one.target)].fields and one.name != "company":
                    mine.companies.append(one)
            elif one.kind not in ("one2many", "many2many", "reference"):
                mine.plain[f"_{one.name}" if one.translate else one.name] = one
                if one.searchable:
                    mine.shadows[f"_{one.name}" if one.translate else one.name] = one.name
            if one.required and one.kind != "boolean":
                mine.required.append(one)
        for declared in info.checks.values():
            mine.checks.setdefault(declared.field, []).append(declared)
        mine.constraints = [(name, frozenset(mark.names)) for name, mark in info.constraints]
    models.plans["validation"] = plans


def check_record(record: Model, changed: Collection[str] | None, faults: dict[str, list[str]]) -> None:
    """Add the faults of ``record`` to ``faults``. ``changed``: attribute names, or None for a new record."""
    info = record.info
    mine: Plan = info.models.plans["validation"][info.name]
    found: dict[str, str] = {}
    values = record.__dict__
    keys = mine.plain if changed is None else [key for key in changed if key in mine.plain]
    for key in keys:
        value = values.get(key)
        if value is None:
            continue
        one = mine.plain[key]
        if one.translate:
            problem = next((text for text in map(one.problem, value.values()) if text), None)
        else:
            clean = one.clean(value)
            if clean is not value:
                setattr(record, key, clean)
                if clean is None:
                    continue
                value = clean
            problem = one.problem(value)
        if problem:
            found[one.name] = problem
        for declared in mine.checks.get(one.name, ()):
            if not problem and not _COMPARE[declared.operator](value, declared.value):
                found[one.name] = str(declared.message or _plain_check(declared))
    for one in mine.required:
        asked = changed is None or _key(one) in changed or one.name in changed
        if asked and _empty(record, one):
            found[one.name] = str(_("is required"))
    _same_company(record, mine, changed, found)
    prefix = path_of(record)
    for name, text in found.items():
        faults.setdefault(prefix + name, []).append(text)
    if found:
        return
    for method, names in mine.constraints:
        if changed is None or names & set(changed):
            try:
                getattr(record, method)()
            except ValidationError as error:
                for name, texts in (error.fields or {"": [error.message]}).items():
                    faults.setdefault(prefix + name, []).extend(texts)


def _key(one: Field[Any]) -> str:
    return f"_{one.name}" if one.translate else one.name


def _plain_check(declared: Check) -> str:
    words = {
        "=": _("must be {value}"),
        "!=": _("must not be {value}"),
        "<": _("must be less than {value}"),
        "<=": _("must be at most {value}"),
        ">": _("must be more than {value}"),
        ">=": _("must be at least {value}"),
    }
    return str(words[declared.operator]).format(value=declared.value)


def _empty(record: Model, one: Field[Any]) -> bool:
    if isinstance(one, Many2one):
        return (
            record.__dict__.get(one.name) is None
            and (record.__dict__.get(one.column_name) is None or one.name in record.__dict__)
            and getattr(record, one.column_name, None) is None
        )
    if isinstance(one, Reference):
        return getattr(record, one.column_name) is None
    value = getattr(record, one.name)
    return value is None or value == "" or (one.kind in ("one2many", "many2many") and not value)


def company_of(record: Model) -> int | None:
    """The id of the company that ``record`` belongs to: its own, or its owner's; None for a shared record."""
    info = record.info
    if info.owner is not None:
        owner = getattr(record, info.owner)
        return company_of(owner) if owner is not None else None
    if "company" not in info.fields:
        return None
    company = record.__dict__.get("company")
    if company is not None:
        return company.id  # type: ignore[no-any-return]
    return record.company_id  # type: ignore[attr-defined,no-any-return]


def _same_company(record: Model, mine: Plan, changed: Collection[str] | None, found: dict[str, str]) -> None:
    links = mine.companies
    if changed is not None and "company" not in changed:
        links = [one for one in links if one.name in changed]
    own: int | None = None
    asked = False
    for one in links:
        target = record.__dict__.get(one.name)
        if target is None:
            continue
        theirs = company_of(target)
        if theirs is None:
            continue
        if not asked:
            own, asked = company_of(record), True
        if own is not None and own != theirs:
            found[one.name] = str(_("belongs to another company"))


def path_of(record: Model) -> str:
    """``lines.2.`` for the third line of its owner, nothing for a record of its own."""
    info = record.info
    if info.owner is None:
        return ""
    owner = record.__dict__.get(info.owner)
    if owner is None:
        return ""
    for one in owner.info.fields.values():
        if one.owned and one.target == info.name and one.inverse == info.owner:
            members = owner.__dict__.get(one.name) or ()
            for index, member in enumerate(members):
                if member is record:
                    return f"{path_of(owner)}{one.name}.{index}."
    return ""


def raise_faults(faults: dict[str, list[str]]) -> None:
    if faults:
        raise ValidationError(fields=faults)


# -- what the database refuses ----------------------------------------------------------------------------------


def from_database(error: IntegrityError, models: Models) -> UserError:
    """The user's words for a violated constraint, told by its name; never the database's own text."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    text = str(error.orig)
    for info in models.values():
        for key, unique in info.uniques.items():
            columns = [f"{info.table.name}.{info.fields[one].column_name}" for one in unique.fields]
            if name == key or (name is None and "UNIQUE" in text and all(_word(one, text) for one in columns)):
                message = str(unique.message or _("already exists"))
                return ValidationError(fields={unique.fields[-1]: message})
        for key, check in info.checks.items():
            if name == key or (name is None and _word(key, text)):
                return ValidationError(fields={check.field: str(check.message or _plain_check(check))})
    if "foreign key" in text.lower() or (name or "").startswith("fk_"):
        return UserError(_("The record is still used by others, or one that it links to is gone."))
    if "not null" in text.lower() or "not-null" in text.lower():
        return UserError(_("A required value is missing."))
    return UserError(_("The database refused these values."))


def _word(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
