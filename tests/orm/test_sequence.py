"""Number series on both databases: per company and period, with and without gaps."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from core.errors import AssemblyError
from core.orm.sequence import define, draw, format_number
from core.schema.engines import WRITING
from core.schema.tables import metadata, sequence

DAY = datetime.date(2026, 3, 31)


@pytest.fixture
def db(engine: sa.Engine) -> Iterator[sa.Connection]:
    metadata.create_all(engine)
    with engine.connect().execution_options(**WRITING) as connection:
        yield connection


@pytest.mark.parametrize("gap_free", [True, False])
def test_numbers_by_company_and_year(db: sa.Connection, gap_free: bool) -> None:
    define(db, "orders.order", "SO{year}-", padding=4, gap_free=gap_free)
    assert [draw(db, "orders.order", 1, DAY) for _ in range(3)] == ["SO2026-0001", "SO2026-0002", "SO2026-0003"]
    assert draw(db, "orders.order", 2, DAY) == "SO2026-0001"
    assert draw(db, "orders.order", 1, DAY.replace(year=2027)) == "SO2027-0001"
    assert draw(db, "orders.order", 1, DAY.replace(year=2027)) == "SO2027-0002"


@pytest.mark.parametrize("gap_free", [True, False])
def test_the_first_number_may_be_chosen(db: sa.Connection, gap_free: bool) -> None:
    define(db, "a", "{number}/{month}", company=7, padding=0, gap_free=gap_free, start=100)
    assert [draw(db, "a", 7, DAY) for _ in range(2)] == ["100/03", "101/03"]


def test_defining_again_changes_nothing(db: sa.Connection) -> None:
    define(db, "a", "A", padding=3)
    assert draw(db, "a", 0, DAY) == "A001"
    define(db, "a", "B", padding=9)
    assert draw(db, "a", 0, DAY) == "A002"


def test_gap_free_numbers_come_back_when_the_transaction_fails(db: sa.Connection) -> None:
    define(db, "a", gap_free=True, padding=1)
    db.commit()
    assert draw(db, "a", 0, DAY) == "1"
    db.rollback()
    assert draw(db, "a", 0, DAY) == "1"


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


def test_unknown_series_and_patterns_are_refused(db: sa.Connection) -> None:
    with pytest.raises(AssemblyError, match="no number series 'b'"):
        draw(db, "b", 1, DAY)
    with pytest.raises(AssemblyError, match=r"the pattern has no \{yaer\}"):
        define(db, "b", "{yaer}")
    assert db.scalar(sa.select(sa.func.count()).select_from(sequence)) == 0


def test_text_of_a_number() -> None:
    assert format_number("", 5, 42, DAY) == "00042"
    assert format_number("R{year}/{month}/{number}-X", 3, 7, DAY) == "R2026/03/007-X"
