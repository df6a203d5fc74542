"""What people type, read in their language: ``1.234,56``, ``31.12.2026``, ``1,5 %``.

The counterpart of ``core.views.format``. A text that can be meant in two ways is refused rather than guessed: in Danish
``1.234`` is one thousand two hundred thirty-four, and ``1.5`` is an error with an example.
"""

from __future__ import annotations

import datetime
import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel import Locale

from core.i18n import _

if TYPE_CHECKING:
    from core.orm.fields import Field

_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009\t")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_ISO = re.compile(r"(?a)(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY = re.compile(r"(?a)(\d{1,2})[./\- ](\d{1,2})(?:[./\- ](\d{2}|\d{4}))?\.?")
_DIGITS = re.compile(r"(?a)\d{6}|\d{8}|\d{4}")
_TIME = re.compile(r"(?a)(\d{1,2})[:.](\d{2})(?::(\d{2}))?")
_MAX_DIGITS = 40


class Unreadable(ValueError):
    """The text does not say a value; the message tells the user how to write it."""


def whole(text: object) -> int | None:
    """The number of an id, a key or a version as a page posts it; None for everything else, however it looks."""
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 18 else None


class Reader:
    """Reads values of one language and zone."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        symbols = Locale.parse(language).number_symbols["latn"]
        self.language = language
        self.decimal_sign = str(symbols["decimal"])
        self.group_sign = "" if str(symbols["group"]).isspace() else str(symbols["group"])
        self.zone = ZoneInfo(zone)
        group = re.escape(self.group_sign)
        point = re.escape(self.decimal_sign)
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)" if group else r"\d+"
        self._number = re.compile(rf"(?a)-?(?:{whole}(?:{point}\d*)?|{point}\d+)")

    def read(self, field: Field[Any], text: str) -> Any:
        """The value that ``text`` says for ``field``; None for an empty text. Raises Unreadable."""
        text = text.strip()
        if not text:
            return None
        kind = field.kind
        if kind in ("decimal", "money", "quantity"):
            return self.number(text)
        if kind == "integer":
            return self.integer(text)
        if kind == "date":
            return self.date(text)
        if kind == "datetime":
            return self.datetime(text)
        if kind == "boolean":
            return text not in ("0", "false", "off")
        return text

    # -- numbers ----------------------------------------------------------------------------------------------------

    def number(self, text: str) -> Decimal:
        plain = text.translate(_SPACES).translate(_MINUS).rstrip("%")
        if len(plain) > _MAX_DIGITS or not self._number.fullmatch(plain):
            example = f"1{self.group_sign or ' '}234{self.decimal_sign}50"
            raise Unreadable(str(_("is not a number; write it like {example}")).format(example=example))
        if self.group_sign:
            plain = plain.replace(self.group_sign, "")
        try:
            return Decimal(plain.replace(self.decimal_sign, "."))
        except InvalidOperation as error:
            raise Unreadable(str(_("is not a number"))) from error

    def integer(self, text: str) -> int:
        found = self.number(text)
        if found != found.to_integral_value():
            raise Unreadable(str(_("must be a whole number")))
        return int(found)

    # -- times ------------------------------------------------------------------------------------------------------

    def today(self) -> datetime.date:
        return datetime.datetime.now(self.zone).date()

    def date(self, text: str) -> datetime.date:
        found = _ISO.fullmatch(text)
        if found:
            return self._date(int(found[1]), int(found[2]), int(found[3]))
        found = _DAY.fullmatch(text)
        if found:
            day, month = int(found[1]), int(found[2])
            return self._date(self._year(found[3]), month, day)
        if _DIGITS.fullmatch(text):
            return self._date(self._year(text[4:] or None), int(text[2:4]), int(text[:2]))
        raise Unreadable(self._dates_look_so())

    def _year(self, text: str | None) -> int:
        if text is None:
            return self.today().year
        year = int(text)
        if year > 99:
            return year
        return 2000 + year if year < 70 else 1900 + year

    def _date(self, year: int, month: int, day: int) -> datetime.date:
        try:
            return datetime.date(year, month, day)
        except ValueError:
            raise Unreadable(str(_("is not a day of the calendar"))) from None

    def _dates_look_so(self) -> str:
        sign = "/" if self.language == "en" else "."
        return str(_("is not a date; write it like {example}")).format(example=f"31{sign}12{sign}2026")

    def datetime(self, text: str) -> datetime.datetime:
        day, _separator, clock = text.replace("T", " ").partition(" ")
        found = _TIME.fullmatch(clock.strip()) if clock.strip() else None
        if clock.strip() and found is None:
            raise Unreadable(str(_("is not a time; write it like {example}")).format(example="14:30"))
        date = self.date(day)
        try:
            time = datetime.time(int(found[1]), int(found[2]), int(found[3] or 0)) if found else datetime.time()
        except ValueError:
            raise Unreadable(str(_("is not a time; write it like {example}")).format(example="14:30")) from None
        try:
            return datetime.datetime.combine(date, time, self.zone).astimezone(datetime.UTC)
        except OverflowError:
            raise Unreadable(str(_("is not a day of the calendar"))) from None


@lru_cache(maxsize=64)
def reader(language: str, zone: str = "UTC") -> Reader:
    """The reader of a language ("da") and a zone ("Europe/Copenhagen")."""
    return Reader(language, zone)
