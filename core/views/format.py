"""Values as people of a language write them: numbers, dates, times. One ``Formatter`` for each language and zone.

Pages of eighty rows format thousands of values, so a formatter knows its separators beforehand and remembers dates;
Babel is asked once for the signs, not for every value. Thousands are always separated (a space in Bulgarian and
Polish), since columns of amounts are read from above.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from markupsafe import Markup

#: day, month, year as numbers; the order is the language's own
_DATES = {"en": "{:%d/%m/%Y}", "da": "{:%d.%m.%Y}", "bg": "{:%d.%m.%Y}", "pl": "{:%d.%m.%Y}"}
_REMEMBERED = 20_000

Number = Decimal | int


class Formatter:
    """Values of any field kind as text. Everything here answers "" for None, and leaves text as it is (what a user
    typed and could not be read is shown again as typed)."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.language = language
        self.zone = ZoneInfo(zone)
        symbols = Locale.parse(language).number_symbols["latn"]
        self.decimal_sign = str(symbols["decimal"])
        self.group_sign = str(symbols["group"]).replace("\u202f", "\u00a0")
        self._signs = str.maketrans({",": self.group_sign, "-": "\u2212"})
        self._date = _DATES.get(language, "{:%Y-%m-%d}").format
        #: dates that have been shown before; safe as HTML, as digits and dots are
        self.dates: dict[dt.date, Markup] = {}

    # -- numbers -----------------------------------------------------------------------------------------------------

    def integer(self, value: Any) -> str:
        return format(value, ",d").translate(self._signs) if isinstance(value, int) else _text(value)

    def number(self, value: Any, digits: int = 4, least: int = 0) -> str:
        """At most ``digits`` decimals, at least ``least``, zeros beyond are left out: 12.5000 is 12.5."""
        if not isinstance(value, Decimal):
            if not isinstance(value, int):
                return _text(value)
            value = Decimal(value)
        whole, _point, decimals = format(value, f",.{digits}f").partition(".")
        decimals = decimals.rstrip("0").ljust(least, "0")
        whole = whole.translate(self._signs)
        return f"{whole}{self.decimal_sign}{decimals}" if decimals else whole

    def money(self, value: Any, digits: int = 4) -> str:
        """Two decimals, more only where a price has them."""
        return self.number(value, digits, 2)

    def percent(self, value: Any) -> str:
        text = self.number(value, 4)
        return f"{text}\u00a0%" if text else ""

    def typed(self, value: Any, digits: int = 6, least: int = 0) -> str:
        """A number as it stands in an input: no thousands, the language's own decimal sign."""
        if isinstance(value, Decimal):
            whole, _point, decimals = format(value, f".{digits}f").partition(".")
            decimals = decimals.rstrip("0").ljust(least, "0")
            return f"{whole}{self.decimal_sign}{decimals}" if decimals else whole
        return _text(value)

    # -- times -------------------------------------------------------------------------------------------------------

    def date(self, value: Any) -> str:
        if not isinstance(value, dt.date):
            return _text(value)
        found = self.dates.get(value)
        if found is None:
            if len(self.dates) > _REMEMBERED:
                self.dates.clear()
            found = self.dates[value] = Markup(self._date(value))  # noqa: S704  digits and dots
        return found

    def datetime(self, value: Any) -> str:
        if not isinstance(value, dt.datetime):
            return self.date(value)
        local = self.local(value)
        return f"{self.date(local.date())} {local.hour:02}:{local.minute:02}"

    def local(self, value: dt.datetime) -> dt.datetime:
        """``value`` in the reader's zone; a time without zone is UTC."""
        return (value if value.tzinfo else value.replace(tzinfo=dt.UTC)).astimezone(self.zone)

    def typed_date(self, value: Any) -> str:
        """As ``<input type="date">`` wants it."""
        if isinstance(value, dt.datetime):
            return self.local(value).date().isoformat()
        return value.isoformat() if isinstance(value, dt.date) else _text(value)

    def typed_datetime(self, value: Any) -> str:
        """As ``<input type="datetime-local">`` wants it, in the reader's zone, to the minute."""
        return self.local(value).strftime("%Y-%m-%dT%H:%M") if isinstance(value, dt.datetime) else _text(value)


@lru_cache(maxsize=64)
def formatter(language: str, zone: str = "UTC") -> Formatter:
    """The formatter of a language ("da") and a zone ("Europe/Copenhagen")."""
    return Formatter(language, zone)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _choice(value: Any, labels: Mapping[str, str]) -> str:
    return labels.get(value) or _text(value)


def _web_address(value: Any) -> str:
    """``value`` if it leads to the web and nowhere else (no javascript:), or an empty text."""
    text = _text(value)
    return text if text.lower().startswith(("https://", "http://")) else ""


#: what compiled templates use; the formatter comes with each call, so one environment serves all languages
FILTERS: dict[str, Callable[..., str]] = {
    "k_integer": lambda value, f: f.integer(value),
    "k_number": lambda value, f, digits: f.number(value, digits),
    "k_money": lambda value, f, digits: f.number(value, digits, 2),
    "k_percent": lambda value, f: f.percent(value),
    "k_date": lambda value, f: f.dates.get(value) or f.date(value),
    "k_datetime": lambda value, f: f.datetime(value),
    "k_typed": lambda value, f, digits, least: f.typed(value, digits, least),
    "k_typed_date": lambda value, f: f.typed_date(value),
    "k_typed_datetime": lambda value, f: f.typed_datetime(value),
    "k_choice": _choice,
    "k_web_address": _web_address,
}
