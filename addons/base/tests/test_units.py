"""Units convert exactly, and quantities round to their steps."""

from __future__ import annotations

from decimal import Decimal

import pytest

from addons.base.models import Currency, Setting, Unit
from addons.base.models.setting import setting
from addons.base.tests.samples import company, one
from core import Env, UserError


def test_quantities_convert_within_a_category(env: Env) -> None:
    kilogram, gram, dozen = (one(env, Unit, code=code) for code in ("KGM", "GRM", "DZN"))
    assert gram.convert(Decimal("1500"), kilogram) == Decimal("1.5")
    assert kilogram.convert(Decimal("0.001"), gram) == 1
    with pytest.raises(UserError):
        dozen.convert(Decimal(1), kilogram)


def test_rounding_follows_the_purpose(env: Env) -> None:
    piece = one(env, Unit, code="C62")
    assert [piece.rounded(Decimal("2.5"), how) for how in ("nearest", "up", "down")] == [3, 3, 2]
    assert one(env, Currency, code="DKK").rounded(Decimal("0.125")) == Decimal("0.13")


def test_a_setting_of_the_company_goes_before_that_of_all(env: Env) -> None:
    nord = company(env)
    env[Setting](key="offers.validity_days", value=20)
    env[Setting](key="offers.validity_days", value=45, company=nord)
    env.flush()
    assert setting(env, "offers.validity_days") == 20
    assert setting(env, "nothing", "default") == "default"
