"""Which VAT a sale has, and that the answer says why."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from addons.base.models import Country
from addons.base.tests.samples import one
from addons.tax.determination import determine
from addons.tax.models import Rate, TaxClass
from core import Env, ValidationError

DAY = datetime.date(2026, 5, 1)


@pytest.mark.parametrize(
    ("buyer", "vat", "tax_class", "category", "rate"),
    [
        (None, None, "goods", "S", 25),
        ("DK", "DK25313763", "goods", "S", 25),
        ("DK", None, "newspapers", "Z", 0),
        ("DE", "DE123456789", "goods", "K", 0),
        ("DE", "DE123456789", "services", "AE", 0),
        ("DE", None, "goods", "S", 25),
        ("NO", None, "goods", "G", 0),
        ("NO", None, "services", "O", 0),
    ],
)
def test_a_danish_seller(
    env: Env, buyer: str | None, vat: str | None, tax_class: str, category: str, rate: int
) -> None:
    found = determine(
        env,
        seller=one(env, Country, code="DK"),
        buyer=one(env, Country, code=buyer) if buyer else None,
        buyer_vat=vat,
        tax_class=one(env, TaxClass, code=tax_class),
        day=DAY,
    )
    assert (found.category, found.rate) == (category, Decimal(rate))
    assert found.reason
    assert bool(found.exemption) == (category not in ("S", "Z"))


def test_the_rate_is_that_of_the_day(env: Env) -> None:
    denmark, goods = one(env, Country, code="DK"), one(env, TaxClass, code="goods")
    new = env[Rate](
        country=denmark, tax_class=goods, name="VAT 26 %", rate=Decimal(26), valid_from=datetime.date(2027, 1, 1)
    )
    env.flush()

    def rate(day: datetime.date) -> Decimal:
        return determine(env, seller=denmark, buyer=None, buyer_vat=None, tax_class=goods, day=day).rate

    assert [rate(datetime.date(2026, 12, 31)), rate(new.valid_from)] == [25, 26]


def test_a_country_without_rates_is_told(env: Env) -> None:
    found = determine(
        env,
        seller=one(env, Country, code="SE"),
        buyer=None,
        buyer_vat=None,
        tax_class=one(env, TaxClass, code="goods"),
        day=DAY,
    )
    assert found.rate == 0
    assert "Goods" in found.reason


def test_rate_and_category_fit_each_other(env: Env) -> None:
    env[Rate](
        country=one(env, Country, code="DK"),
        tax_class=one(env, TaxClass, code="goods"),
        name="VAT 0 %",
        rate=Decimal(0),
        valid_from=DAY,
    )
    with pytest.raises(ValidationError) as error:
        env.flush()
    assert "rate" in error.value.fields
