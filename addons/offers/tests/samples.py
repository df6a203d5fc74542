"""Offers for tests."""

from __future__ import annotations

from decimal import Decimal

from addons.base.models import Country
from addons.base.tests.samples import one
from addons.offers.models import Offer, OfferLine
from addons.partners.models import Address, Partner
from addons.products.models import Article
from core import Env


def customer(env: Env, name: str = "Holm Kedler A/S", **values: object) -> Partner:
    """A Danish customer with an address."""
    made = env[Partner](
        **{
            "name": name,
            "country": one(env, Country, code="DK"),
            "payment_days": 14,
            "addresses": [env[Address](street="Havnegade 3", postcode="7800", city="Skive")],
            **values,
        }
    )
    env.flush()
    return made


def offer(env: Env, partner: Partner, *articles: Article, quantity: int = 2, discount: int = 0) -> Offer:
    """A draft with one line for each article."""
    made = env[Offer](
        partner=partner,
        lines=[
            env[OfferLine](article=one, quantity=Decimal(quantity), discount=Decimal(discount), sequence=10 * number)
            for number, one in enumerate(articles, 1)
        ],
    )
    env.flush()
    return made
