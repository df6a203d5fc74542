"""The tree after the check: every name is a field, a collection or a value of the request, every node has its kind.

Both translators (sql.py, python.py) read this tree and nothing else. ``level`` says whose field is meant: 0 is the
record that the expression is about, 1 the item of the collection that an aggregate at level 0 runs over, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.orm.expressions.kinds import Kind
from core.orm.expressions.nodes import Comparison


@dataclass(frozen=True)
class Typed:
    kind: Kind


@dataclass(frozen=True)
class Const(Typed):
    """A literal; also ``date(2026, 1, 31)`` and the number inside ``days(7)``."""

    value: Any


@dataclass(frozen=True)
class ScopeValue(Typed):
    """``user``, ``company``, ``today`` or ``now``."""

    name: str


@dataclass(frozen=True)
class FieldValue(Typed):
    """``hops`` are many2one fields; ``field`` None means the record reached itself."""

    level: int
    hops: tuple[Any, ...]
    field: Any | None


@dataclass(frozen=True)
class RecordId(Typed):
    """``partner.id``: the number behind a record."""

    item: Typed


@dataclass(frozen=True)
class Collection(Typed):
    level: int
    hops: tuple[Any, ...]
    field: Any


@dataclass(frozen=True)
class Compare(Typed):
    operator: Comparison
    left: Typed
    right: Typed


@dataclass(frozen=True)
class OneOf(Typed):
    """``item in (a, b)``; the options hold no None, ``empty`` says whether None was among them."""

    item: Typed
    options: tuple[Typed, ...]
    empty: bool


@dataclass(frozen=True)
class Member(Typed):
    item: Typed
    collection: Collection


@dataclass(frozen=True)
class Not(Typed):
    item: Typed


@dataclass(frozen=True)
class Junction(Typed):
    operator: str
    items: tuple[Typed, ...]


@dataclass(frozen=True)
class Negative(Typed):
    item: Typed


@dataclass(frozen=True)
class Arithmetic(Typed):
    """Numbers: + - *."""

    operator: str
    left: Typed
    right: Typed


@dataclass(frozen=True)
class Concat(Typed):
    left: Typed
    right: Typed


@dataclass(frozen=True)
class Days(Typed):
    """``days(n)``; only ever the right side of a Shift."""

    number: Typed


@dataclass(frozen=True)
class Shift(Typed):
    """A date or moment moved by ``days``; ``sign`` is 1 or -1."""

    base: Typed
    days: Typed
    sign: int


@dataclass(frozen=True)
class DaysBetween(Typed):
    """``later - earlier`` of two dates."""

    later: Typed
    earlier: Typed


@dataclass(frozen=True)
class Choice(Typed):
    """``then if test else other``."""

    test: Typed
    then: Typed
    other: Typed


@dataclass(frozen=True)
class First(Typed):
    """``coalesce``: the first that is not None."""

    items: tuple[Typed, ...]


@dataclass(frozen=True)
class Rounded(Typed):
    item: Typed
    decimals: int


@dataclass(frozen=True)
class Lower(Typed):
    item: Typed


@dataclass(frozen=True)
class TextTest(Typed):
    """``contains`` or ``startswith``."""

    function: str
    text: Typed
    part: Typed


@dataclass(frozen=True)
class Aggregate(Typed):
    """``sum``, ``min``, ``max`` with an item value; ``count`` and ``any`` with a condition or None for all items."""

    function: str
    collection: Collection
    item: Typed | None


@dataclass(frozen=True)
class UsedPath:
    """A field path that an expression reads, from the record it is about; ``models[i]`` has ``names[i]``."""

    names: tuple[str, ...]
    models: tuple[str, ...]
    fields: tuple[Any, ...]

    def __str__(self) -> str:
        return ".".join(self.names)
