"""Number series on both databases: per company and period, with and without gaps."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.env import Env
from core.errors import AssemblyError
from core.orm.sequence import define, draw, format_number
from core.schema.engines import WRITING
from core.schema.tables import metadata, sequence

DAY = datetime.date(2026, 3, 31)


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    metadata.create_all(engine)
    with engine.connect().execution_options(**WRITING) as made:
        yield made


@pytest.mark.parametrize("gap_free", [True, False])
def test_numbers_by_company_and_year(connection: sa.Connection, gap_free: bool) -> None:
    define(connection, "orders.order", "SO{year}-", padding=4, gap_free=gap_free)
    assert [draw(connection, "orders.order", 1, DAY) for _ in range(3)] == ["SO2026-0001", "SO2026-0002", "SO2026-0003"]
    assert draw(connection, "orders.order", 2, DAY) == "SO2026-0001"
    assert draw(connection, "orders.order", 1, DAY.replace(year=2027)) == "SO2027-0001"
    assert draw(connection, "orders.order", 1, DAY.replace(year=2027)) == "SO2027-0002"


@pytest.mark.parametrize("gap_free", [True, False])
def test_the_first_number_may_be_chosen(connection: sa.Connection, gap_free: bool) -> None:
    define(connection, "a", "{number}/{month}", company=7, padding=0, gap_free=gap_free, start=100)
    assert [draw(connection, "a", 7, DAY) for _ in range(2)] == ["100/03", "101/03"]


@pytest.mark.parametrize("gap_free", [False, True])
def test_a_paper_of_last_year_goes_on_with_last_year_s_numbers(connection: sa.Connection, gap_free: bool) -> None:
    define(connection, "o", "O{year}-", padding=2, gap_free=gap_free)
    days = (
        datetime.date(2025, 12, 30),
        datetime.date(2026, 1, 2),
        datetime.date(2025, 12, 31),
        datetime.date(2026, 1, 3),
    )
    drawn = [draw(connection, "o", 1, day) for day in days]
    assert drawn == ["O2025-01", "O2026-01", "O2025-02", "O2026-02"]


def test_defining_again_changes_nothing(connection: sa.Connection) -> None:
    define(connection, "a", "A", padding=3)
    assert draw(connection, "a", 0, DAY) == "A001"
    define(connection, "a", "B", padding=9)
    assert draw(connection, "a", 0, DAY) == "A002"


def test_gap_free_numbers_come_back_when_the_transaction_fails(connection: sa.Connection) -> None:
    define(connection, "a", gap_free=True, padding=1)
    connection.commit()
    assert draw(connection, "a", 0, DAY) == "1"
    connection.rollback()
    assert draw(connection, "a", 0, DAY) == "1"


@pytest.mark.parametrize("gap_free", [True, False])
def test_no_number_is_given_twice(engine: sa.Engine, gap_free: bool) -> None:
    metadata.create_all(engine)
    with engine.connect().execution_options(**WRITING) as connection:
        define(connection, "a", "{year}-", padding=1, gap_free=gap_free)
        connection.commit()
    found: list[str] = []

    def work() -> None:
        for _ in range(10):
            with engine.connect().execution_options(**WRITING) as connection:
                number = draw(connection, "a", 0, DAY)
                connection.commit()
                found.append(number)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found, key=lambda one: int(one[5:])) == [f"2026-{number}" for number in range(1, 41)]


def test_unknown_series_and_patterns_are_refused(connection: sa.Connection) -> None:
    with pytest.raises(AssemblyError, match="no number series 'b'"):
        draw(connection, "b", 1, DAY)
    with pytest.raises(AssemblyError, match=r"the pattern has no \{yaer\}"):
        define(connection, "b", "{yaer}")
    assert connection.scalar(sa.select(sa.func.count()).select_from(sequence)) == 0


def test_text_of_a_number() -> None:
    assert format_number("", 5, 42, DAY) == "00042"
    assert format_number("R{year}/{month}/{number}-X", 3, 7, DAY) == "R2026/03/007-X"


def test_numbers_that_wait_for_the_end_of_the_transaction(env: Env) -> None:
    define(env.session.connection(), "late", "L", gap_free=True, padding=1)
    company: Any = env.models["trade.company"].cls
    partner: Any = env.models["trade.partner"].cls
    order: Any = env.models["trade.order"].cls
    nord = env[company](name="Nord")
    orders = [env[order](company=nord, partner=env[partner](name="Customer")) for _ in range(2)]
    env.sequence("late").later(orders[1], "number")
    env.sequence("late").later(orders[0], "number")
    orders[0].number = "given"
    env.flush()
    assert orders[1].number is None
    env.finish()
    assert [one.number for one in orders] == ["given", "L1"]
