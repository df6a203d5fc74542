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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.errors import AssemblyError
from core.schema.tables import sequence as table

if TYPE_CHECKING:
    from core.env import Env

_PLACES = re.compile(r"\{(\w+)\}")
_KNOWN = frozenset({"year", "month", "number"})


@dataclass(frozen=True)
class Series:
    """One row of ``kernel_sequence``."""

    id: int
    pattern: str
    padding: int
    next: int
    gap_free: bool
    period: str


class Sequence:
    """A number series of ``company``, or of the one in which ``env`` works."""

    def __init__(self, env: Env, code: str, company: int | None = None) -> None:
        self.env = env
        self.code = code
        self.company = company or env.company_id or 0

    def next(self, day: datetime.date | None = None) -> str:
        """The next number, for a paper of ``day`` (by default today in the user's zone)."""
        return draw(self.env.session.kernel_connection(), self.code, self.company, day or self.env.today)

    def later(self, record: Any, field: str, day: datetime.date | None = None) -> None:
        """Give ``record`` its number at the end of the transaction, unless it has one then."""
        waiting = self.env.session.info.setdefault("late_numbers", [])
        waiting.append((self.code, self.company, day or self.env.today, record, field))


def draw_late(env: Env) -> None:
    """Draw the numbers that were put off with ``later``, in one order for all transactions.

    Called before the last flush of a transaction.
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
    period = _period(series.pattern, day)
    if series.gap_free or connection.dialect.name == "sqlite":
        number = _count_row(connection, series.id, period)
    else:
        number = _count_object(connection, series, period)
    return format_number(series.pattern, series.padding, number, day)


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
    columns = (table.c.id, table.c.pattern, table.c.padding, table.c.next, table.c.gap_free, table.c.period)
    query = sa.select(table.c.company_id, *columns).where(table.c.code == code, table.c.company_id.in_([0, company]))
    found = {row.company_id: Series(*row[1:]) for row in connection.execute(query)}
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
    connection.execute(
        insert(table).values(**values).on_conflict_do_nothing(index_elements=[table.c.code, table.c.company_id])
    )


def _count_row(connection: sa.Connection, series: int, period: str) -> int:
    """Count in the row itself: it stays locked until the transaction ends."""
    same = table.c.period.in_(["", period])
    statement = (
        sa.update(table)
        .where(table.c.id == series)
        .values(next=sa.case((same, table.c.next + 1), else_=2), period=period)
        .returning(table.c.next - 1)
    )
    return int(connection.execute(statement).scalar_one())


def _count_object(connection: sa.Connection, series: Series, period: str) -> int:
    """Count in a sequence object of PostgreSQL, which no transaction locks; one for each period."""
    name = f"kernel_series_{series.id}" + (f"_{period.replace('-', '_')}" if period else "")
    take = sa.text("SELECT nextval(to_regclass(:name))")  # NULL where there is no such object
    number = connection.scalar(take, {"name": name})
    if number is None:
        start = series.next if series.period in ("", period) else 1
        # two transactions that need a new period at once make it one after the other
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})
        connection.exec_driver_sql(f"CREATE SEQUENCE IF NOT EXISTS {name} START WITH {start}")
        number = connection.scalar(take, {"name": name})
    return int(number)
