"""A shop with customers, articles and orders, and people who log in to it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from webtest import TestApp

import core.web.app  # noqa: F401  registers the builder
from core.env import Env
from core.testing.form import Client
from core.testing.kit import DoomedDatabase
from core.web import visits
from core.web.dispatch import Dispatcher
from tests.sample_addons.shop.models import Article, City, Company, Currency, Line, Order, Partner, Tag, User

DAY = datetime.date(2026, 1, 1)


@pytest.fixture(scope="module")
def addons() -> tuple[str, ...]:
    return ("shop",)


@dataclass
class Shop:
    """Ids of what is in the shop."""

    nord: int
    syd: int
    partners: dict[str, int]
    articles: dict[str, int]
    orders: list[int]
    dkk: int
    tags: dict[str, int]
    cities: dict[str, int]


@pytest.fixture
def shop(env: Env) -> Shop:
    nord, syd = env[Company](name="Nord"), env[Company](name="Syd")
    dkk = env[Currency](code="DKK")
    cities = {name: env[City](name=name) for name in ("København", "Łódź")}
    tags = {name: env[Tag](name=name) for name in ("good", "late")}
    partners = {
        "Andersen": env[Partner](name="Andersen Ventiler", company=nord, city=cities["København"], limit=Decimal(500)),
        "Børge": env[Partner](name="Børge Ø", company=nord, kind="person", tags=[tags["good"]]),
        "Łukasz": env[Partner](name="Łukasz", city=cities["Łódź"], secret="canary"),
        "Sydlige": env[Partner](name="Sydlige Pumper", company=syd),
    }
    articles = {
        code: env[Article](code=code, name=name, price=Decimal(price), cost=Decimal(price) / 2)
        for code, name, price in (
            ("V-100", "Ball valve", "100"),
            ("V-200", "Gate valve", "250.5"),
            ("A-1", "Actuator", "12"),
        )
    }
    env.flush()
    orders = []
    for number in range(1, 6):
        order = env[Order](
            number=f"SO-{number}",
            company=nord,
            partner=partners["Andersen" if number % 2 else "Łukasz"],
            currency=dkk,
            date=DAY + datetime.timedelta(days=number) if number != 3 else None,
            urgent=number == 2,
            lines=[
                env[Line](
                    article=articles["V-100"], text="Ball valve", quantity=number, price=100, cost=50, sequence=10 * at
                )
                for at in (1, 2)
            ],
        )
        orders.append(order)
    foreign = env[Order](number="XX-1", company=syd, partner=partners["Sydlige"], date=DAY)
    for login, groups, companies in (
        ("anna", "shop.user", [nord]),
        ("bent", "shop.manager", [nord, syd]),
        ("carl", "shop.reader", [nord]),
        ("dora", "shop.user", [syd]),
    ):
        env[User](login=login, name=login.title(), groups=groups, companies=companies)
    env.flush()
    made = Shop(
        nord.id,
        syd.id,
        {name: one.id for name, one in partners.items()},
        {name: one.id for name, one in articles.items()},
        [one.id for one in orders] + [foreign.id],
        dkk.id,
        {name: one.id for name, one in tags.items()},
        {name: one.id for name, one in cities.items()},
    )
    env.session.expire_all()
    return made


@pytest.fixture
def application(db: DoomedDatabase) -> Dispatcher:
    visits.forget_principals(db)
    return Dispatcher.serving(db)


Login = Callable[..., Any]


@pytest.fixture
def browser(application: Dispatcher, shop: Shop) -> Login:
    """``browser("anna")``: a browser in which Anna has logged in; without a name nobody has."""

    def open_browser(login: str = "") -> TestApp:
        app = TestApp(application, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
        if login:
            form = app.get("/login").forms[0]
            form["login"], form["password"] = login, "secret"
            form.submit(status=303)
        return app

    return open_browser


@pytest.fixture
def desk(application: Dispatcher, shop: Shop) -> Callable[[str], Client]:
    """``desk("anna")``: Anna at her desk, with lists and forms that behave like pages."""
    return lambda login: Client(application).log_in(login, "secret")


Desk = Callable[[str], Client]
