"""What an expression's values can be, and the little that the language asks of fields and of the running request."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

#: names with a meaning of their own; a field of that name is reached as ``record.company`` or ``each.company``
RESERVED_NAMES = frozenset({"user", "company", "today", "now", "record", "each"})

USER_MODEL = "base.user"
COMPANY_MODEL = "base.company"


class FieldType(Protocol):
    """What the language reads of a field; ``core.orm.fields.Field`` has it all, and ``expression`` of a live value."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def target(self) -> str | None: ...
    @property
    def choices(self) -> Mapping[str, Any]: ...


class Resolver(Protocol):
    """Which fields a model has. One bound to a principal leaves out what the principal may not read."""

    def fields(self, model: str) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Scope:
    """The values of ``user``, ``company`` (ids, None for nobody), ``today`` (the user's) and ``now`` (aware)."""

    user: int | None
    company: int | None
    today: datetime.date
    now: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))


@dataclass(frozen=True)
class Kind:
    """The type of a value. ``model`` for records; ``choices`` for selections and states; ``integer`` for numbers.

    name: "text", "number", "boolean", "date", "datetime", "record", "records", "days", "none" (the literal None),
    "opaque" (files, JSON, references: only compared with None). ``field`` names where it comes from, for messages.
    """

    name: str
    model: str | None = None
    choices: frozenset[str] = frozenset()
    integer: bool = False
    field: str | None = None

    def __str__(self) -> str:
        match self.name:
            case "record":
                return f"a record of {self.model}"
            case "records":
                return f"a collection of {self.model}"
            case "opaque" | "none":
                return {"opaque": "a value without parts", "none": "None"}[self.name]
            case "days":
                return "a number of days"
        return f"a {self.name}" if self.name != "text" else "a text"


TEXT = Kind("text")
NUMBER = Kind("number")
INTEGER = Kind("number", integer=True)
BOOLEAN = Kind("boolean")
DATE = Kind("date")
DATETIME = Kind("datetime")
DAYS = Kind("days")
NONE = Kind("none")

_SIMPLE = {
    "char": TEXT,
    "text": TEXT,
    "richtext": TEXT,
    "integer": INTEGER,
    "decimal": NUMBER,
    "money": NUMBER,
    "quantity": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "datetime": DATETIME,
}


def kind_of(one: FieldType) -> Kind:
    """The kind of a field's value."""
    if one.kind in _SIMPLE:
        return _SIMPLE[one.kind]
    if one.kind in ("selection", "state"):
        return Kind("text", choices=frozenset(one.choices), field=one.name)
    if one.kind == "many2one":
        return Kind("record", model=one.target)
    if one.kind in ("one2many", "many2many"):
        return Kind("records", model=one.target)
    return Kind("opaque")
