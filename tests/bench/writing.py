"""Creating: customers in bulk, and an order that is created and confirmed, beside plain SQLAlchemy's ORM.

The floor gets the values that the kernel had written, ready to store. All of it is rolled back.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from addons.base.models import Country
from addons.orders.models import Order
from addons.partners.models import Address, Partner
from core.env import Env
from core.schema.tables import journal, sequence
from core.testing.kit import counting
from tests.bench.measure import Work
from tests.bench.plain import Twins
from tests.bench.world import World

LINES = 10


def works(world: World, customers: int = 10_000) -> list[Work]:
    twins = Twins(world.set.models)
    return [_customers(world, twins, customers), _order(world, twins)]


@contextmanager
def writing(world: World) -> Iterator[sa.Connection]:
    with world.database.connection(writing=True) as (connection, _begun):
        yield connection


def _stored(env: Env, model: Any, condition: Any, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The rows of ``model`` as they were written, without what the database gives."""
    table = env.info(model).table
    rows = env.session.kernel_connection().execute(sa.select(table).where(condition(table)).order_by(table.c.id))
    left_out = {"id", "row_version", *without}
    return [{name: value for name, value in row.items() if name not in left_out} for row in rows.mappings()]


def _counted(world: World, action: Callable[[], float]) -> Callable[[], int]:
    def number() -> int:
        with counting(world.database) as statements:
            action()
        return len(statements)

    return number


def _customers(world: World, twins: Twins, number: int) -> Work:
    def make(env: Env, n: int, denmark: Country) -> Any:
        addresses = [env[Address](street=f"Havnegade {n}", postcode="8000", city="Aarhus C", country=denmark)]
        return env[Partner](
            name=f"New customer {n}",
            country=denmark,
            owner=env.user,
            website="https://example.com",
            addresses=addresses,
        )

    def denmark(env: Env) -> Country:
        found: Country = world.one(env, Country, "DK")
        return found

    with world.as_seller(writing=True) as env:
        partner = make(env, 0, denmark(env))
        env.flush()
        partner_values = _stored(env, Partner, lambda table: table.c.id == partner.id)[0]
        address_values = _stored(env, Address, lambda table: table.c.partner_id == partner.id, ("partner_id",))[0]

    def ours() -> float:
        with world.as_seller(writing=True) as env:
            country = denmark(env)
            begun = time.perf_counter()
            for n in range(number):
                make(env, n, country)
            env.flush()
            return time.perf_counter() - begun

    def floor() -> float:
        partners, addresses = twins.classes["partners.partner"], twins.classes["partners.address"]
        with writing(world) as connection, twins.session(connection) as session:
            begun = time.perf_counter()
            for n in range(number):
                values = {"name": f"New customer {n}", "name_folded": f"new customer {n}", "number": f"N{n}"}
                address = addresses(**address_values)
                session.add(partners(**{**partner_values, **values}, addresses=[address]))
            session.flush()
            return time.perf_counter() - begun

    title = f"create {number:,} customers with an address"
    return Work("customers", title, ours, floor, "plain ORM", 3, ratio=2.5)


def _journal_row(key: int) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC)
    return {"model": "orders.order", "record_id": key, "operation": "create", "actor_kind": "staff", "at": now}


def _order(world: World, twins: Twins) -> Work:
    def values_of(env: Env) -> tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]:
        order = world.new_order(env, LINES)
        env.flush()
        drafted = _stored(env, Order, lambda table: table.c.id == order.id)[0]
        order.confirm()
        env.flush()
        confirmed = _stored(env, Order, lambda table: table.c.id == order.id)[0]
        line = env.models["orders.order_line"].cls
        lines = _stored(env, line, lambda table: table.c.order_id == order.id, ("order_id",))
        changed = {name: value for name, value in confirmed.items() if drafted[name] != value}
        return drafted, lines, changed

    with world.as_seller(writing=True) as env:
        order_values, line_values, changes = values_of(env)

    def ours() -> float:
        with world.as_seller(writing=True) as env:
            begun = time.perf_counter()
            order = world.new_order(env, LINES)
            env.flush()
            order.confirm()
            env.flush()
            return time.perf_counter() - begun

    def floor() -> float:
        """The same rows read and written, by a program that knows beforehand which ones it needs."""
        classes = twins.classes
        order, line = classes["orders.order"], classes["orders.order_line"]
        with writing(world) as connection, twins.session(connection) as session:
            begun = time.perf_counter()
            partner = session.scalars(sa.select(classes["partners.partner"]).limit(1)).one()
            articles = session.scalars(sa.select(classes["products.article"]).limit(LINES)).all()
            product, address = classes["products.product"], classes["partners.address"]
            wanted = {one.product_id for one in articles}
            products = session.scalars(sa.select(product).where(product.id.in_(wanted))).all()
            session.scalars(sa.select(address).where(address.partner_id == partner.id)).all()
            for model, key in (
                ("base.company", order_values["company_id"]),
                ("base.currency", order_values["currency_id"]),
                ("base.language", order_values["language_id"]),
                ("base.user", order_values["responsible_id"]),
                ("base.country", partner.country_id),
                ("base.unit", products[0].unit_id),
                ("tax.tax_class", products[0].tax_class_id),
            ):
                session.get(classes[model], key)
            rate = classes["tax.rate"]
            session.scalars(
                sa.select(rate).where(
                    rate.country_id == partner.country_id, rate.tax_class_id == products[0].tax_class_id
                )
            ).first()
            connection.execute(
                sa.update(sequence).where(sequence.c.code == "orders.order").values(next=sequence.c.next + 1)
            )
            made = order(**order_values, lines=[line(**one) for one in line_values])
            made.number = "bench"
            session.add(made)
            session.flush()
            for name, value in changes.items():
                setattr(made, name, value)
            session.flush()
            connection.execute(sa.insert(journal), [_journal_row(made.id) for _ in range(LINES + 2)])
            return time.perf_counter() - begun

    title = f"create and confirm an order of {LINES} lines"
    return Work("order", title, ours, floor, "plain ORM", 40, _counted(world, ours), 25, 3.0)
