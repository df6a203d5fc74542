"""Articles for tests."""

from __future__ import annotations

from decimal import Decimal

from addons.base.models import Currency, Unit
from addons.base.tests.samples import one
from addons.products.models import Article, Product
from addons.tax.models import TaxClass
from core import Env


def article(env: Env, code: str = "KV-050", price: str = "100", cost: str = "60", **values: object) -> Article:
    """An article that is on sale, taxed as goods, in DKK."""
    product = env[Product](
        code=code,
        name={"en": f"Ball valve {code}", "da": f"Kugleventil {code}"},
        unit=one(env, Unit, code="C62"),
        tax_class=one(env, TaxClass, code="goods"),
    )
    env.flush()
    product.activate()
    made = env[Article](
        product=product,
        code=code,
        **{
            "name": {"en": f"Ball valve {code}", "da": f"Kugleventil {code}"},
            "list_price": Decimal(price),
            "cost": Decimal(cost),
            "currency": one(env, Currency, code="DKK"),
            **values,
        },
    )
    env.flush()
    return made
