"""Numbers and dates as people of a language write them."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.views import formatter

SPACE = "\u00a0"


@pytest.mark.parametrize(
    ("language", "number", "money"),
    [
        ("en", "1,234.5", "1,234.50"),
        ("da", "1.234,5", "1.234,50"),
        ("bg", f"1{SPACE}234,5", f"1{SPACE}234,50"),
        ("pl", f"1{SPACE}234,5", f"1{SPACE}234,50"),
    ],
)
def test_numbers(language: str, number: str, money: str) -> None:
    f = formatter(language)
    assert f.number(Decimal("1234.5000")) == number
    assert f.money(Decimal("1234.5000")) == money
    assert f.money(1234) == money.replace("50", "00")


def test_prices_show_the_decimals_they_have() -> None:
    f = formatter("da")
    assert f.money(Decimal("0.1234")) == "0,1234"
    assert f.money(Decimal("-5")) == "\u22125,00"
    assert f.integer(-1234567) == "\u22121.234.567"
    assert f.number(Decimal("1E+3")) == "1.000"


def test_inputs_have_no_thousands() -> None:
    f = formatter("da")
    assert f.typed(Decimal("-1234.5000"), 4) == "-1234,5"
    assert f.typed(Decimal("1234.5"), 4, 2) == "1234,50"
    assert f.typed("12x", 4) == "12x"
    assert f.typed(None, 4) == ""


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_what_an_input_shows_is_the_value(value: Decimal) -> None:
    for language in ("en", "da", "bg", "pl"):
        shown = formatter(language).typed(value, 4)
        assert Decimal(shown.replace(",", ".")) == value


def test_times_are_told_in_the_readers_zone() -> None:
    moment = datetime.datetime(2026, 7, 1, 22, 30, tzinfo=datetime.UTC)
    assert formatter("da", "Europe/Copenhagen").datetime(moment) == "02.07.2026 00:30"
    assert formatter("en", "UTC").datetime(moment) == "01/07/2026 22:30"
    assert formatter("da", "Europe/Copenhagen").typed_datetime(moment) == "2026-07-02T00:30"
    assert formatter("pl").date(datetime.date(2026, 7, 1)) == "01.07.2026"
