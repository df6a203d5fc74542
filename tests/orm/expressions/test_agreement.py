"""Every expression means the same in SQL and in Python, on both databases, whatever is empty."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from sqlalchemy.orm import Session

from core.errors import ExpressionError
from core.orm.expressions import Expression, to_filter, to_python, to_sql
from tests.orm.expressions.shop import SCOPE, Base, Order, Partner, User, checked
from tests.orm.expressions.strategies import Rows, conditions, shops, values

EXAMPLES = settings(
    max_examples=int(os.environ.get("KONTOR_TEST_EXAMPLES", "120")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def shop(module_engine: sa.Engine) -> sa.Engine:
    Base.metadata.create_all(module_engine)
    return module_engine


def filled(engine: sa.Engine, rows: Rows) -> Iterator[Session]:
    with engine.connect() as connection, connection.begin() as transaction:
        for table in Base.metadata.sorted_tables:
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])
        with Session(connection, autoflush=False) as session:
            yield session
        transaction.rollback()


def readable(text: str) -> Expression | None:
    """The expression, or None where the random text breaks a limit or shifts a shifted date."""
    try:
        return checked(text)
    except ExpressionError as error:
        if any(word in error.message for word in ("too large", "nested", "moved once", "digits")):
            return None
        raise


def plain(value: Any) -> Any:
    """A record as the id that SQL gives for it."""
    return value.id if isinstance(value, User | Partner) else value


@EXAMPLES
@given(text=values(), rows=shops())
def test_values_agree(shop: sa.Engine, text: str, rows: Rows) -> None:
    expression = readable(text)
    if expression is None:
        return
    evaluate = to_python(expression)
    for session in filled(shop, rows):
        query = sa.select(Order.id, to_sql(expression, Order, SCOPE))
        found: dict[int, Any] = {row.id: row[1] for row in session.execute(query)}
        expected = {order.id: plain(evaluate(order, SCOPE)) for order in session.scalars(sa.select(Order))}
        assert found == expected
        if expression.kind.name == "boolean":
            assert {type(value) for value in (*found.values(), *expected.values())} <= {bool}


@EXAMPLES
@given(text=conditions(), rows=shops())
def test_filters_agree_with_their_negation(shop: sa.Engine, text: str, rows: Rows) -> None:
    yes, no = readable(text), readable(f"not {text}")
    if yes is None or no is None:
        return
    evaluate = to_python(yes)
    for session in filled(shop, rows):
        orders = session.scalars(sa.select(Order)).all()
        wanted = {order.id for order in orders if evaluate(order, SCOPE)}
        for translate in (to_filter, to_sql):
            assert set(session.scalars(sa.select(Order.id).where(translate(yes, Order, SCOPE)))) == wanted
            rest = set(session.scalars(sa.select(Order.id).where(translate(no, Order, SCOPE))))
            assert rest == {order.id for order in orders} - wanted
