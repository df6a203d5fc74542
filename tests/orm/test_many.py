"""Many records at once: numbers in blocks, ids before the INSERT, links read together. Counted in statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from core import Env, ValidationError
from core.orm.sequence import define, drawing_ahead
from core.schema.tables import sequence
from core.testing.kit import DoomedDatabase, counting
from tests.sample_addons.trade.models import Company, Line, Order, Partner
from tests.sample_addons.trade.security import USER


@pytest.fixture(scope="module")
def addons() -> tuple[str, ...]:
    return ("trade",)


def _orders(env: Env, number: int, lines: int = 2, series: str = "N") -> list[Order]:
    company = env[Company](name="Nord")
    return [
        env[Order](
            company=company,
            number=f"{series}{n}",
            partner=env[Partner](name=f"Customer {n}", company=company),
            lines=[env[Line](text="valve", price=Decimal(1), cost=Decimal(1)) for _ in range(lines)],
        )
        for n in range(number)
    ]


def test_many_rows_of_a_model_are_inserted_by_one_statement(env: Env, db: DoomedDatabase) -> None:
    _orders(env, 20)
    with counting(db) as statements:
        env.flush()
    for table in ("trade_partner", "trade_order", "trade_line"):
        assert len(statements.matching(f"INSERT INTO {table} ")) == 1, statements


def test_ids_go_on_where_they_were(env: Env) -> None:
    orders = _orders(env, 3)
    env.flush()
    first = [one.id for one in orders]
    env.delete(orders[-1])
    env.flush()
    more = _orders(env, 2, series="M")
    env.flush()
    assert min(one.id for one in more) > max(first)
    single = env[Partner](name="Alone")
    env.flush()
    assert single.id > max(one.partner.id for one in more)


def test_a_flush_that_fails_leaves_new_records_new(env: Env) -> None:
    company, customer = env[Company](name="Nord"), env[Partner](name="A")
    env.flush()
    one = env[Order](number="same", partner=customer, company=company)
    two = env[Order](number="same", partner=customer, company=company)
    with pytest.raises(ValidationError), env.session.begin_nested():
        env.flush()
    assert one.is_new and two.is_new


def test_setting_an_empty_field_to_empty_writes_nothing(env: Env, db: DoomedDatabase) -> None:
    partner = env[Partner](name="A")
    env.flush()
    partner.about = None
    partner.born = None
    with counting(db) as statements:
        env.flush()
    assert statements == []


def test_a_link_is_followed_for_all_records_at_once(env: Env, db: DoomedDatabase) -> None:
    _orders(env, 30)
    env.flush()
    env.session.expunge_all()
    orders = env.session.scalars(select(Order)).all()
    with counting(db) as statements:
        assert {order.partner.name for order in orders} == {f"Customer {n}" for n in range(30)}
    assert len(statements) == 1


def test_links_read_together_keep_the_rules(env: Env, as_user: Callable[..., Env], db: DoomedDatabase) -> None:
    orders = _orders(env, 3)
    env.flush()
    hidden = orders[1].partner.id
    other = env[Company](name="Syd")
    env.flush()
    partner: Any = env.models["trade.partner"].cls
    order: Any = env.models["trade.order"].cls
    env.session.execute(sa.update(partner).where(partner.id == hidden).values(company_id=other.id))
    anna = as_user(USER, company=orders[0].company)
    mine = anna.session.scalars(select(order).order_by(order.id)).all()
    with counting(db) as statements:
        assert [one.partner and one.partner.name for one in mine] == ["Customer 0", None, "Customer 2"]
    assert len(statements) == 1
    assert mine[1].partner_id == hidden


def test_numbers_are_taken_in_blocks_and_none_is_lost(env: Env, db: DoomedDatabase) -> None:
    connection = env.session.kernel_connection()
    define(connection, "many", padding=1)
    session = env.session
    with counting(db) as statements, drawing_ahead(session, Counter({Order: 500})) as ahead:
        numbers = []
        for _ in range(500):
            ahead.begins(Order)
            numbers.append(env.sequence("many").next())
    assert numbers == [str(n) for n in range(1, 501)]
    assert len(statements) < 60
    assert env.sequence("many").next() == "501"


def test_numbers_that_are_not_needed_go_back_where_they_can(env: Env) -> None:
    connection = env.session.kernel_connection()
    define(connection, "some", padding=1)
    with drawing_ahead(env.session, Counter({Order: 500})) as ahead:
        for _ in range(13):
            ahead.begins(Order)
            last = env.sequence("some").next()
    assert last == "13"
    following = env.sequence("some").next()
    if connection.dialect.name == "sqlite":
        assert following == "14"
        assert connection.scalar(
            sa.select(sequence.c.next).where(sequence.c.code == "some", sequence.c.company_id == 0)
        )
    else:
        assert 14 <= int(following) <= 17
