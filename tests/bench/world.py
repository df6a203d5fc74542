"""The database of the bench: two companies, twenty users, two thousand customers, articles, and many orders.

Masters are made through the kernel; orders are copied from one that the kernel made, so that a million takes a minute.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from addons.base.models import Company, Country, Currency, Group, Language, Unit, User
from addons.orders.models import Order
from addons.orders.models.order_line import OrderLine
from addons.partners.models import Partner
from addons.products.models import Article, Product
from addons.tax.models import TaxClass
from core.addon.discover import FOLDERS, discover
from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.env import Env
from core.orm.security import SYSTEM, Principal
from core.registry.database import Database, open_database
from core.registry.lifecycle import apply, plan
from core.web.visits import principals

ADDONS = Path(__file__).parent / "addons"
CUSTOMERS, USERS, ARTICLES = 2_000, 20, 150
FIRST_DAY = datetime.date(2015, 1, 1)
LAST_YEARS = 4_000  # days


def manifests() -> tuple[Manifest, ...]:
    """Everything that a sale goes through, an addon that extends it, and the one of the bench."""
    return closure(discover([*FOLDERS, ADDONS], entry_points=False), ["benchmark", "crm"])


def seller_of(database: Database) -> Principal:
    """The first user, as the database knows it."""
    with database.transaction(writing=False) as env:
        user = env.session.scalars(sa.select(User).order_by(User.id).limit(1)).one()
        found: Principal | None = principals(env).principal(user.id)
        if found is None:
            raise LookupError("the bench has no user")
        return found


class World:
    """A filled database and the salesperson through whose eyes it is measured."""

    def __init__(self, url: sa.URL, folder: Path, orders: int) -> None:
        self.address = url.render_as_string(hide_password=False)
        catalogue = {one.name: one for one in manifests()}
        apply(plan(url, catalogue, install=["benchmark", "crm"]), files=folder / "files")
        self.database = open_database(url, catalogue, folder / "files")
        with self.database.transaction(SYSTEM) as env:
            self._masters(env)
        self.seller = seller_of(self.database)
        with self.database.transaction(self.seller) as env:
            self._first_order(env)
        self.orders = 0
        self.grow(orders)

    @property
    def set(self) -> Any:
        return self.database.set

    @property
    def kind(self) -> str:
        return self.database.engine.dialect.name

    # -- masters --------------------------------------------------------------------------------------------------

    def _masters(self, env: Env) -> None:
        crown, danish = self.one(env, Currency, "DKK"), self.one(env, Language, "da")
        denmark, goods = self.one(env, Country, "DK"), self.one(env, TaxClass, "goods")
        piece = self.one(env, Unit, "C62")
        companies = [
            env[Company](name=name, country=denmark, currency=crown, language=danish) for name in ("Nord", "Syd")
        ]
        users = [
            env[User](login=f"user{n}", name=f"User {n:03}", company=companies[n % 2], companies=[companies[n % 2]])
            for n in range(USERS)
        ]
        env.flush()
        names = ("benchmark.sales", "partners.user", "crm.user", "products.user")
        users[0].groups = list(env.session.scalars(sa.select(Group).where(Group.name.in_(names))))
        for n in range(CUSTOMERS):
            env[Partner](name=f"Customer {n * 7919 % CUSTOMERS:05} A/S", country=denmark, owner=users[n % USERS])
        for n in range(ARTICLES):
            product = env[Product](code=f"P{n:04}", name=f"Ball valve DN{n}", unit=piece, tax_class=goods)
            env.flush()
            product.activate()
            env[Article](
                product=product, code=f"A{n:04}", name=f"Ball valve DN{n}", currency=crown, list_price=Decimal(n + 10)
            )

    def one(self, env: Env, model: Any, code: str) -> Any:
        """The record of ``model`` that data files brought."""
        return env.session.scalars(sa.select(model).where(model.code == code)).one()

    def _first_order(self, env: Env) -> None:
        order = self.new_order(env, 20)
        env.flush()
        self.first_order = order.id

    def new_order(self, env: Env, lines: int, **values: Any) -> Any:
        """An order of ``lines`` lines, as a form would make it, not flushed."""
        partner = env.session.scalars(sa.select(Partner).order_by(Partner.id).limit(1)).one()
        articles = env.session.scalars(sa.select(Article).order_by(Article.id).limit(lines)).all()
        made = [env[OrderLine](article=article, quantity=Decimal(n + 1)) for n, article in enumerate(articles)]
        return env[Order](partner=partner, lines=made, **values)

    # -- many orders ----------------------------------------------------------------------------------------------

    def grow(self, orders: int) -> None:
        """Copy the first order until there are ``orders`` of the seller's company, without lines."""
        table = self.set.models["orders.order"].table
        with self.database.connection() as (connection, begun):
            row = dict(connection.execute(sa.select(table).where(table.c.id == self.first_order)).mappings().one())
            partners = self.set.models["partners.partner"].table
            customers = list(connection.scalars(sa.select(partners.c.id).order_by(partners.c.id)))
            users = self.set.models["base.user"].table
            people = list(connection.scalars(sa.select(users.c.id).order_by(users.c.id)))
            del row["id"]
            states = ("draft", "confirmed", "in_progress", "done", "done", "done")
            while self.orders < orders:
                until = min(self.orders + 10_000, orders)
                values = []
                for n in range(self.orders, until):
                    number = f"B{n:08}"
                    reference = f"Reference {n * 31 % 100_003}"
                    values.append(
                        {
                            **row,
                            "number": number,
                            "number_folded": number.lower(),
                            "date": FIRST_DAY + datetime.timedelta(days=n * 7 % LAST_YEARS),
                            "partner_id": customers[n * 13 % len(customers)],
                            "responsible_id": people[n % len(people)],
                            "customer_reference": reference,
                            "customer_reference_folded": reference.lower(),
                            "state": states[n % len(states)],
                            "net": Decimal(n % 9_973),
                            "total": Decimal(n % 9_973) * Decimal("1.25"),
                        }
                    )
                connection.execute(table.insert(), values)
                self.orders = until
            begun.commit()
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")

    # -- environments -----------------------------------------------------------------------------------------------

    @contextmanager
    def as_seller(self, writing: bool = False) -> Iterator[Env]:
        """An environment of the seller in a transaction that is rolled back."""
        with (
            self.database.connection(writing) as (connection, _begun),
            self.database.env(connection, self.seller, writing) as env,
        ):
            yield env
