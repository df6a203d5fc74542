"""Makes the demo company: in order, who works there, what is sold, who buys, and three years of papers.

Everything comes from one seed and the day of the installation; the same day gives the same company. Users get no
passwords here: whoever makes the demo database gives them some, so that no installation has known ones.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from addons.base.groups import mirror_groups
from addons.base.models import Company, Country, Currency, Group, Language, Setting, Unit, User
from addons.demo.catalogue import GROUPS, wares
from addons.demo.customers import make_customers
from addons.demo.papers import make_papers
from addons.partners.models import Partner
from addons.partners.models.partner import OWN_PARTNERS
from addons.products.models import Article, GoodsGroup, Product
from addons.tax.models import TaxClass
from core import Env

SEED = 20260131

SALES = ("crm.user", "offers.user", "orders.user", "activities.user", "products.user")
RECEPTION = ("crm.take_in", "offers.reader", "orders.reader", "activities.user", "partners.user", "products.user")
MANAGER = (
    "base.admin",
    "crm.manager",
    "offers.manager",
    "orders.manager",
    "activities.manager",
    "partners.manager",
    "products.manager",
    "products.costs",
    "tax.manager",
    "messaging.moderator",
)


@dataclass
class House:
    """One of the two companies: who sells there, who answers the telephone, and its customers."""

    company: Company
    sellers: list[User] = field(default_factory=list)
    reception: User | None = None
    manager: User | None = None
    customers: list[Partner] = field(default_factory=list)


#: login, name, job title, groups
_NORD = (
    ("anna", "Anna Kjær", "Sales engineer, north", SALES),
    ("bo", "Bo Vestergaard", "Sales engineer, south", SALES),
    ("clara", "Clara Winther", "Inside sales", SALES),
    ("rita", "Rita Lund", "Reception", RECEPTION),
    ("morten", "Morten Bruun", "Sales manager", MANAGER),
)
_SYD = (
    ("eva", "Eva Dahl", "Sales engineer", SALES),
    ("finn", "Finn Ravn", "Manager", MANAGER),
)
#: the people of the demo; users whom somebody added later are not among them
LOGINS = tuple(one[0] for one in (*_NORD, *_SYD))


def make_demo(env: Env) -> None:
    """Fill an empty database; ``env`` is elevated."""
    chance = random.Random(SEED)
    with env.active(), env.session.no_autoflush:
        env[Setting](key=OWN_PARTNERS, value=True, note="New customers belong to the company of whoever makes them")
        mirror_groups(env)
        houses = _houses(env)
        articles = _articles(env, chance)
        env.flush()
        make_customers(env, chance, houses)
        env.flush()
        make_papers(env, chance, houses, articles)
        env.flush()


def by_code(env: Env, model: type[Any], code: str) -> Any:
    """The record of ``model`` with this code; data files brought it."""
    cls: Any = env.info(model).cls
    return env.session.scalars(select(cls).where(cls.code == code)).one()


def _houses(env: Env) -> list[House]:
    nord = _company(
        env, "Nordventil A/S", "25313763", "Paludan-Müllers Vej 82", "8200", "Aarhus N", "+45 87 40 10 00", "nordventil"
    )
    syd = _company(
        env, "Sydflow Aktuatorer ApS", "31070974", "Energivej 14", "6000", "Kolding", "+45 75 50 20 00", "sydflow"
    )
    env.flush()
    return [_staff(env, nord, _NORD, "nordventil"), _staff(env, syd, _SYD, "sydflow")]


def _company(
    env: Env, name: str, cvr: str, street: str, postcode: str, city: str, phone: str, domain: str
) -> Company:
    denmark: Country = by_code(env, Country, "DK")
    return env[Company](
        name=name,
        legal_id=cvr,
        vat=f"DK{cvr}",
        country=denmark,
        currency=by_code(env, Currency, "DKK"),
        language=denmark.language,
        zone="Europe/Copenhagen",
        street=street,
        postcode=postcode,
        city=city,
        phone=phone,
        email=f"post@{domain}.example",
        website=f"https://www.{domain}.example",
    )


def _staff(env: Env, company: Company, people: Any, domain: str) -> House:
    house = House(company)
    groups = {one.name: one for one in env.session.scalars(select(Group))}
    english = by_code(env, Language, "en")
    for number, (login, name, title, names) in enumerate(people):
        user = env[User](
            login=login,
            name=name,
            job_title=title,
            email=f"{login}@{domain}.example",
            phone=f"{(company.phone or '')[:-1]}{number + 1}",
            company=company,
            companies=[company],
            groups=[groups[one] for one in names],
            language=english,
        )
        if names is SALES:
            house.sellers.append(user)
        elif names is RECEPTION:
            house.reception = user
        else:
            house.manager = user
    return house


def _articles(env: Env, chance: random.Random) -> list[Article]:
    crown = by_code(env, Currency, "DKK")
    classes = {name: by_code(env, TaxClass, name) for name in ("goods", "services")}
    units = {code: by_code(env, Unit, code) for code in ("C62", "HUR")}
    denmark = by_code(env, Country, "DK")
    groups: dict[str, GoodsGroup] = {}
    for code, parent, english, danish in GROUPS:
        groups[code] = env[GoodsGroup](
            code=code,
            name={"en": english, "da": danish},
            parent=groups.get(parent or ""),
            tax_class=classes["services" if code == "S" else "goods"],
        )
    products: dict[str, Product] = {}
    articles: list[Article] = []
    for ware in wares(chance):
        product = products.get(ware.family)
        if product is None:
            product = products[ware.family] = env[Product](
                code=ware.family,
                name={"en": ware.family_name[0], "da": ware.family_name[1]},
                kind="service" if ware.service else "goods",
                group=groups[ware.group],
                unit=units[ware.unit],
                tax_class=classes["services" if ware.service else "goods"],
                tracking="serial" if ware.group in ("AE", "I") else "none",
                net_weight=ware.weight,
                commodity_code=None if ware.service else "84818081",
                origin_country=None if ware.service else denmark,
                lifecycle=_lifecycle(ware.family),
            )
        articles.append(
            env[Article](
                product=product,
                code=ware.code,
                name={"en": ware.name[0], "da": ware.name[1]},
                list_price=ware.price,
                cost=ware.cost.quantize(Decimal("0.01")),
                currency=crown,
            )
        )
    products["SVWN"].replaced_by = products["SVWE"]
    return articles


def _lifecycle(family: str) -> str:
    return {"SVWN": "phase_out", "RGV3": "phase_out"}.get(family, "active")
