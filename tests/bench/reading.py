"""Reading a list: the statement of the list page under rights and rules, beside the same SQL through Core."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.env import Env
from core.orm.assemble import Models
from core.orm.security import Principal
from core.testing.kit import counting
from core.web.liststate import ListState
from core.web.records import count_of, plan_of, read_page
from tests.bench.measure import Work
from tests.bench.world import World

SIZE = 80


def core_list(models: Models, seller: Principal) -> sa.Select[Any]:
    """The statement that the session makes of the list, written by hand over plain tables."""
    order = models["orders.order"].table
    partner = models["partners.partner"].table.alias("j_partner")
    person = models["base.user"].table.alias("j_responsible")
    currency = models["base.currency"].table.alias("j_currency")
    companies = list(seller.companies)

    def seen(other: Any, link: Any) -> Any:
        return sa.and_(link == other.c.id, sa.or_(other.c.company_id.is_(None), other.c.company_id.in_(companies)))

    joined = (
        order.outerjoin(partner, seen(partner, order.c.partner_id))
        .outerjoin(person, seen(person, order.c.responsible_id))
        .outerjoin(currency, order.c.currency_id == currency.c.id)
    )
    c = order.c
    columns = [
        c.id, c.number, c.date, c.partner_id, _label(partner, "Partner"), c.responsible_id, _label(person, "User"),
        c.customer_reference, c.state, c.net, currency.c.code, c.total, currency.c.code.label("again"),
        c.date.label("k1"), c.number_folded, c.id.label("k2"),
    ]  # fmt: skip
    return (
        sa.select(*columns)
        .select_from(joined)
        .where(c.company_id.in_(companies), sa.or_(c.company_id == seller.company, c.responsible_id == seller.id))
        .order_by(c.date.desc(), c.number_folded.desc().nulls_last(), c.id.desc())
        .limit(SIZE + 1)
    )


def _label(table: Any, title: str) -> Any:
    plain = sa.case((table.c.id.is_(None), None), else_=sa.literal(f"{title} ") + sa.cast(table.c.id, sa.Text))
    return sa.func.coalesce(table.c.name, plain)


def works(world: World) -> list[Work]:
    database = world.database
    web = world.set.part("web")
    view = web.views.get("orders.order", "list", "bench")
    connection = database.engine.connect().execution_options(kontor_write=False)
    connection.begin()
    statement = core_list(world.set.models, world.seller)
    c = world.set.models["orders.order"].table.c
    allowed = sa.and_(c.company_id.in_(world.seller.companies), c.company_id == world.seller.company)
    counted = sa.select(sa.func.count()).select_from(sa.select(c.id).where(allowed).limit(10_001).subquery())

    def rows(env: Env) -> Any:
        plan = plan_of(env, web, view, web.access(view, env), ())
        return env.session.execute(plan.start(SIZE)).all()

    def ours() -> None:
        with database.env(connection, world.seller, writing=False) as env:
            rows(env)

    def page() -> None:
        with database.env(connection, world.seller, writing=False) as env:
            read_page(env, web, view, web.access(view, env), (), ListState())

    def count() -> None:
        with database.env(connection, world.seller, writing=False) as env:
            count_of(env, view, ())

    def core() -> None:
        connection.execute(statement).all()

    def core_count() -> None:
        connection.scalar(counted)

    def both() -> None:
        core()
        core_count()

    with database.env(connection, world.seller, writing=False) as env:
        mine, theirs = rows(env), connection.execute(statement).all()
    for one, other in zip(mine, theirs, strict=True):
        if tuple(one) != tuple(other):
            raise AssertionError(f"the floor reads something else:\n{one}\n{other}")

    def counts(action: Any) -> Any:
        def number() -> int:
            with counting(database) as statements:
                action()
            return len(statements)

        return number

    of = f"of {world.orders:,}"
    return [
        Work("read", f"read 80 rows {of}", ours, core, "the same SQL through Core", 200, counts(ours), 1, 2.0),
        Work("count", f"count them {of}", count, core_count, "the same SQL through Core", 60, counts(count), 1),
        Work("rows", f"80 rows and count {of}", page, both, "the same SQL through Core", 60, counts(page), 2, 2.0,
             close=connection.close),
    ]  # fmt: skip
