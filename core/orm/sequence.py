"""Number series: ``env.sequence("orders.order").next()`` gives ``SO2026-00042``.

    fast       a number is never given twice, but is lost when its transaction fails. Nobody waits for anybody.
    gap-free   for papers that the law numbers without gaps. The series stays locked until its transaction ends, so the
               number is drawn last: ``later(record, "number")`` waits for the end of the transaction by itself.

A series belongs to a company; the one of company 0 is the model from which each company gets its own when it first
needs a number. A pattern may hold {year}, {month} and {number} ("SO{year}-"; the number stands at the end otherwise);
a series counts from 1 again in each year or month that its pattern shows.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import AssemblyError
from core.schema.tables import sequence as table

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.session import KontorSession

_PLACES = re.compile(r"\{(\w+)\}")
_KNOWN = frozenset({"year", "month", "number"})


@dataclass(frozen=True)
class Series:
    """A series of one company. ``next`` is where its first period begins."""

    id: int
    code: str
    company: int
    pattern: str
    padding: int
    next: int
    gap_free: bool


class Sequence:
    """A number series of ``company``, or of the one in which ``env`` works."""

    def __init__(self, env: Env, code: str, company: int | None = None) -> None:
        self.env = env
        self.code = code
        self.company = company or env.company_id or 0

    def next(self, day: datetime.date | None = None) -> str:
        """The next number, for a paper of ``day`` (by default today in the user's zone)."""
        connection, day = self.env.session.kernel_connection(), day or self.env.today
        ahead: Ahead | None = self.env.session.info.get("numbers_ahead")
        if ahead is not None:
            return ahead.draw(connection, self.code, self.company, day)
        return draw(connection, self.code, self.company, day)

    def later(self, record: Any, field: str, day: datetime.date | None = None) -> None:
        """Give ``record`` its number at the end of the transaction, unless it has one then."""
        waiting = self.env.session.info.setdefault("late_numbers", [])
        waiting.append((self.code, self.company, day or self.env.today, record, field))


def draw_late(env: Env) -> None:
    """Draw the numbers that were put off with ``later``, in one order for all transactions.

    ``Env.finish`` calls it before the last flush of a transaction.
    """
    connection = env.session.kernel_connection()
    waiting = env.session.info.pop("late_numbers", [])
    for code, company, day, record, field in sorted(waiting, key=lambda one: one[:3]):
        if getattr(record, field, None) is None:
            setattr(record, field, draw(connection, code, company, day))


def define(
    connection: sa.Connection,
    code: str,
    pattern: str = "",
    *,
    company: int = 0,
    padding: int = 5,
    gap_free: bool = False,
    start: int = 1,
) -> None:
    """Make a series unless there is one; its numbers and what the user changed about it stay as they are."""
    unknown = sorted(set(_PLACES.findall(pattern)) - _KNOWN)
    if unknown:
        raise AssemblyError(f"number series '{code}': the pattern has no {{{unknown[0]}}}", hint="year, month, number")
    values = {
        "code": code,
        "company_id": company,
        "pattern": pattern,
        "padding": padding,
        "next": start,
        "gap_free": gap_free,
        "period": "",
    }
    _insert_missing(connection, values)


def draw(connection: sa.Connection, code: str, company: int, day: datetime.date) -> str:
    """The next number of a series, as text. Raises ``AssemblyError`` when nobody defined it."""
    series = _series(connection, code, company)
    number = _count(connection, series, _period(series.pattern, day))[0]
    return format_number(series.pattern, series.padding, number, day)


# -- many at once ------------------------------------------------------------------------------------------------------

#: so many numbers are taken by one statement at most
BLOCK = 100


class Ahead:
    """Takes numbers of fast series in blocks while one flush creates many records.

    A block is a quarter of what was drawn so far and never more than the records to come, so that few numbers are taken
    in vain; those go back where nobody drew in between, and are lost elsewhere, as a failed transaction loses them.
    """

    def __init__(self, coming: Counter[type]) -> None:
        self._coming = coming
        self._left = 1
        self._series: dict[tuple[str, int], Series] = {}
        self._blocks: dict[tuple[Series, str], list[int]] = {}
        self._drawn: Counter[int] = Counter()

    def begins(self, kind: type) -> None:
        """The next numbers are for a record of class ``kind``."""
        self._left = self._coming[kind]
        self._coming[kind] -= 1

    def draw(self, connection: sa.Connection, code: str, company: int, day: datetime.date) -> str:
        series = self._series.get((code, company))
        if series is None:
            series = self._series[code, company] = _series(connection, code, company)
        period = _period(series.pattern, day)
        block = self._blocks.setdefault((series, period), [])
        if not block:
            size = 1 if series.gap_free else max(1, min(self._drawn[series.id] // 4, self._left, BLOCK))
            block.extend(reversed(_count(connection, series, period, size)))
        self._drawn[series.id] += 1
        return format_number(series.pattern, series.padding, block.pop(), day)

    def give_back(self, connection: sa.Connection) -> None:
        for (series, period), block in self._blocks.items():
            if block and connection.dialect.name == "sqlite":
                untouched = sa.and_(_counter(series, period), table.c.next == block[0] + 1)
                connection.execute(sa.update(table).where(untouched).values(next=block[-1]))


@contextmanager
def drawing_ahead(session: KontorSession, coming: Counter[type]) -> Iterator[Ahead]:
    """Inside, ``Sequence.next`` takes numbers in blocks; ``coming``: how many records of each class are created."""
    ahead = session.info["numbers_ahead"] = Ahead(coming)
    try:
        yield ahead
        ahead.give_back(session.kernel_connection())
    finally:
        del session.info["numbers_ahead"]


def format_number(pattern: str, padding: int, number: int, day: datetime.date) -> str:
    """``number`` as the pattern writes it."""
    text = pattern if "{number}" in pattern else f"{pattern}{{number}}"
    parts = {"year": f"{day:%Y}", "month": f"{day:%m}", "number": str(number).zfill(padding)}
    return _PLACES.sub(lambda match: parts.get(match[1], match[0]), text)


def _period(pattern: str, day: datetime.date) -> str:
    if "{month}" in pattern:
        return f"{day:%Y-%m}"
    return f"{day:%Y}" if "{year}" in pattern else ""


def _series(connection: sa.Connection, code: str, company: int) -> Series:
    columns = (table.c.pattern, table.c.padding, table.c.next, table.c.gap_free)
    query = sa.select(table.c.id, table.c.code, table.c.company_id, *columns).where(
        table.c.code == code, table.c.company_id.in_([0, company]), table.c.period == ""
    )
    found = {row.company_id: Series(*row) for row in connection.execute(query)}
    if company in found:
        return found[company]
    if 0 not in found:
        raise AssemblyError(f"there is no number series '{code}'", hint="a <sequence> in a data file defines it")
    model = found[0]
    values = {
        "code": code,
        "company_id": company,
        "pattern": model.pattern,
        "padding": model.padding,
        "next": 1,
        "gap_free": model.gap_free,
        "period": "",
    }
    _insert_missing(connection, values)
    return _series(connection, code, company)


def _insert_missing(connection: sa.Connection, values: dict[str, Any]) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = [table.c.code, table.c.company_id, table.c.period]
    connection.execute(insert(table).values(**values).on_conflict_do_nothing(index_elements=key))


def _count(connection: sa.Connection, series: Series, period: str, size: int = 1) -> list[int]:
    """The next ``size`` numbers."""
    if series.gap_free or connection.dialect.name == "sqlite":
        return _count_row(connection, series, period, size)
    return _count_object(connection, series, period, size)


def _counter(series: Series, period: str) -> Any:
    """The row in which ``series`` counts in ``period``: a paper of last year goes on with last year's numbers."""
    return sa.and_(table.c.code == series.code, table.c.company_id == series.company, table.c.period == period)


def _count_row(connection: sa.Connection, series: Series, period: str, size: int) -> list[int]:
    """Count in a row: it stays locked until the transaction ends."""
    take = sa.update(table).where(_counter(series, period)).values(next=table.c.next + size).returning(table.c.next)
    after = connection.scalar(take)
    if after is None:
        first = not connection.scalar(
            sa.select(sa.func.count()).where(
                table.c.code == series.code, table.c.company_id == series.company, table.c.period != ""
            )
        )
        values = {
            "code": series.code,
            "company_id": series.company,
            "pattern": series.pattern,
            "padding": series.padding,
            "next": series.next if first else 1,
            "gap_free": series.gap_free,
            "period": period,
        }
        _insert_missing(connection, values)
        after = connection.execute(take).scalar_one()
    return list(range(int(after) - size, int(after)))


def _count_object(connection: sa.Connection, series: Series, period: str, size: int) -> list[int]:
    """Count in a sequence object of PostgreSQL, which no transaction locks; one for each period."""
    name = f"kernel_series_{series.id}" + (f"_{period.replace('-', '_')}" if period else "")
    take = sa.text("SELECT nextval(to_regclass(:name)) FROM generate_series(1, :size)")  # NULL: no such object
    values = {"name": name, "size": size}
    numbers = list(connection.scalars(take, values))
    if numbers[0] is None:
        begun = sa.text("SELECT 1 FROM pg_class WHERE relkind = 'S' AND relname LIKE :pattern")
        first = connection.scalar(begun, {"pattern": f"kernel\\_series\\_{series.id}%"}) is None
        start = series.next if first else 1
        # two transactions that need a new period at once make it one after the other
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
        connection.exec_driver_sql(f"CREATE SEQUENCE IF NOT EXISTS {name} START WITH {start}")
        numbers = list(connection.scalars(take, values))
    return [int(one) for one in numbers]
