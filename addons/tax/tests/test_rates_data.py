"""The rates that are shipped: well-formed, one at a time for each country and class, and the ones of today."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree

DATA = Path(__file__).parents[1] / "data"
Rate = dict[str, str]


def rates(country: str) -> list[Rate]:
    tree = etree.parse(DATA / f"vat_{country}.xml")
    found = []
    for record in tree.iterfind("record[@model='tax.rate']"):
        given = {str(one.get("name")): str(one.get("ref") or one.text) for one in record if one.get("lang") is None}
        found.append({"id": str(record.get("id")), **given})
    return found


def of_day(country: str, day: str) -> dict[str, Decimal]:
    return {
        one["tax_class"]: Decimal(one["rate"])
        for one in rates(country)
        if one["valid_from"] <= day <= one.get("valid_to", "9999-12-31")
    }


@pytest.mark.parametrize(
    ("country", "goods", "all_rates"),
    [("dk", "25", {"25", "0"}), ("bg", "20", {"20", "9"}), ("pl", "23", {"23", "8", "5"})],
)
def test_the_rates_of_today(country: str, goods: str, all_rates: set[str]) -> None:
    today = of_day(country, "2026-03-01")
    assert today["class_goods"] == today["class_services"] == Decimal(goods)
    assert set(today.values()) == {Decimal(rate) for rate in all_rates}


def test_the_rates_of_former_days() -> None:
    assert of_day("pl", "2010-12-31")["class_goods"] == Decimal(22)
    assert of_day("bg", "2020-06-30")["class_books"] == Decimal(20)
    assert of_day("bg", "2020-07-01")["class_books"] == Decimal(9)


@pytest.mark.parametrize("country", ["dk", "bg", "pl"])
def test_one_rate_at_a_time(country: str) -> None:
    found = rates(country)
    assert len({one["id"] for one in found}) == len(found)
    known = {record.get("id") for record in etree.parse(DATA / "tax_classes.xml").iterfind("record")}
    for one in found:
        assert one["tax_class"] in known
        assert one["country"] == f"base.country_{country}"
        assert (one["category"] == "S") == (Decimal(one["rate"]) > 0)
        datetime.date.fromisoformat(one["valid_from"])
        for other in found:
            same = one["tax_class"] == other["tax_class"] and one is not other
            apart = one.get("valid_to", "9999-12-31") < other["valid_from"] or one["valid_from"] > other.get(
                "valid_to", "9999"
            )
            assert not same or apart, (one["id"], other["id"])
