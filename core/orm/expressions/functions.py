"""What the operations mean, for Python and for constants; in SQL they stand in dialects.py and core.orm.types.

- A product or a rounded value is rounded half away from zero; a product keeps ``PRODUCT_DECIMALS`` decimals.
- ``lower`` changes the letters of Latin, Greek and Cyrillic one by one, the same on every database and in every locale.
- A date that would leave the calendar (years 1 to 9999), or be moved by more than ``MAX_SHIFT`` days, is None.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TypeVar

PRODUCT_DECIMALS = 8
MAX_SHIFT = 100_000

#: wide enough that no step rounds by itself
EXACT = Context(prec=200, rounding=ROUND_HALF_UP, Emax=1000, Emin=-1000)

#: every letter below U+0530 that has exactly one lower-case counterpart
CAPITALS = "".join(chr(code) for code in range(0x530) if len(chr(code).lower()) == 1 and chr(code).lower() != chr(code))
SMALL = "".join(one.lower() for one in CAPITALS)
_LOWER = str.maketrans(CAPITALS, SMALL)

Day = TypeVar("Day", datetime.date, datetime.datetime)


def lower(text: str) -> str:
    return text.translate(_LOWER)


def rounded(number: Decimal | int, decimals: int) -> Decimal:
    """Half away from zero."""
    return EXACT.quantize(Decimal(number), Decimal(1).scaleb(-decimals))


def product(left: Decimal | int, right: Decimal | int) -> Decimal | int:
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    exact = EXACT.multiply(Decimal(left), Decimal(right))
    exponent = exact.as_tuple().exponent
    return rounded(exact, PRODUCT_DECIMALS) if isinstance(exponent, int) and exponent < -PRODUCT_DECIMALS else exact


def added(left: Decimal | int, right: Decimal | int) -> Decimal | int:
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    return EXACT.add(Decimal(left), Decimal(right))


def total(numbers: Iterable[Decimal | int]) -> Decimal | int:
    result: Decimal | int = 0
    for number in numbers:
        result = added(result, number)
    return result


def subtracted(left: Decimal | int, right: Decimal | int) -> Decimal | int:
    if isinstance(left, int) and isinstance(right, int):
        return left - right
    return EXACT.subtract(Decimal(left), Decimal(right))


def negative(number: Decimal | int) -> Decimal | int:
    return -number if isinstance(number, int) else EXACT.minus(number)


OPERATIONS: dict[str, Callable[[Decimal | int, Decimal | int], Decimal | int]] = {
    "+": added,
    "-": subtracted,
    "*": product,
}


def shifted(base: Day, days: int) -> Day | None:
    if abs(days) > MAX_SHIFT:
        return None
    try:
        return base + datetime.timedelta(days=days)
    except OverflowError:
        return None


def lower_or_none(text: str | None) -> str | None:
    """``lower`` as SQLite calls it."""
    return None if text is None else lower(text)
