"""Pages by key: where a page begins is said by the values of the row before it, not by counting rows.

    sort by date descending, then number, then id      ?sort=-date,number&after=["2026-01-31","SO7",7]

Empty values stand where the database puts them by itself (first on SQLite, last on PostgreSQL, turned round when the
sort is), because any other place would keep it from using an index.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa

#: no field holds numbers like this
_BEYOND = 2**63


@dataclass(frozen=True)
class Key:
    """One key of an order. ``nullable``: it may be empty. ``kind``: of the field, to read cursors."""

    expression: Any
    descending: bool
    nullable: bool
    kind: str

    def turned(self) -> Key:
        return Key(self.expression, not self.descending, self.nullable, self.kind)

    def order(self) -> Any:
        return self.expression.desc() if self.descending else self.expression.asc()


def condition(keys: Sequence[Key], values: Sequence[Any], postgresql: bool) -> Any:
    """The rows that come after the one with ``values``. All keys together are unique."""
    ways = []
    same: list[Any] = []
    for key, value in zip(keys, values, strict=True):
        ways.append(sa.and_(*same, _beyond(key, value, postgresql)))
        same.append(key.expression.is_(None) if value is None else key.expression == value)
    found = sa.or_(*ways)
    first, start = keys[0], values[0]
    if start is None or (first.nullable and _empty_last(first, postgresql)):
        return found
    # says the same again in a form that an index can be entered by
    start = sa.literal(start, first.expression.type) if isinstance(start, bool) else start
    bound = first.expression <= start if first.descending else first.expression >= start
    return sa.and_(bound, found)


def _empty_last(key: Key, postgresql: bool) -> bool:
    return postgresql != key.descending


def _beyond(key: Key, value: Any, postgresql: bool) -> Any:
    if value is None:
        return sa.false() if _empty_last(key, postgresql) else key.expression.isnot(None)
    value = sa.literal(value, key.expression.type) if isinstance(value, bool) else value
    further = key.expression < value if key.descending else key.expression > value
    if key.nullable and _empty_last(key, postgresql):
        return sa.or_(further, key.expression.is_(None))
    return further


# -- in addresses -------------------------------------------------------------------------------------------------


def pack(values: Sequence[Any]) -> str:
    return json.dumps([_plain(one) for one in values], separators=(",", ":"), ensure_ascii=False)


def unpack(text: str, keys: Sequence[Key]) -> list[Any] | None:
    """The values of a cursor, or None when it is not one of this order (a changed address starts at the first page)."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or len(values) != len(keys):
        return None
    try:
        return [_typed(value, key.kind) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError, InvalidOperation):
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind in ("decimal", "money", "quantity"):
        number = Decimal(str(value))
        if not number.is_finite() or abs(number) >= _BEYOND:
            raise ValueError(value)
        return number
    if kind == "date":
        return datetime.date.fromisoformat(value)
    if kind == "datetime":
        moment = datetime.datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    if kind in ("integer", "many2one", "id"):
        if not isinstance(value, int) or abs(value) >= _BEYOND:
            raise TypeError(value)
        return value
    if kind == "boolean":
        return bool(value)
    if not isinstance(value, str) or "\0" in value:
        raise TypeError(value)
    value.encode()
    return value
