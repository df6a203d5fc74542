"""Ids given before the INSERT, where that lets many rows be written by one statement.

SQLite returns no ids from an INSERT of several rows in an order that one can rely on, so SQLAlchemy would insert one
by one. But whoever writes there writes alone: the next ids of a table can be read, and given to all new records first.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

if TYPE_CHECKING:
    from core.orm.model import Model
    from core.orm.session import KontorSession

_GIVEN = sa.table("sqlite_sequence", sa.column("name", sa.Text()), sa.column("seq", sa.BigInteger()))


def give_ids(session: KontorSession) -> None:
    """On SQLite: ids for the new records of every model of which there are several."""
    if len(session.new) < 2 or session.get_bind().dialect.name != "sqlite":
        return
    waiting: dict[sa.Table, list[Model]] = defaultdict(list)
    for item in session.new:
        record = cast("Model", item)
        if record.is_new:
            waiting[record.info.table].append(record)
    waiting = {table: records for table, records in waiting.items() if len(records) > 1}
    if not waiting:
        return
    connection = session.kernel_connection()
    names = [table.name for table in waiting]
    rows = connection.execute(sa.select(_GIVEN).where(_GIVEN.c.name.in_(names)))
    given: dict[str, int] = {row.name: row.seq for row in rows}
    ours: list[Any] = session.info.setdefault("given ids", [])
    for table, records in waiting.items():
        for number, record in enumerate(records, given.get(table.name, 0) + 1):
            record.id = number
            ours.append(record)


def take_ids_back(session: KontorSession) -> None:
    """After a flush that failed: the records are new again."""
    for record in session.info.pop("given ids", ()):
        if sa.inspect(record).key is None:
            record.__dict__.pop("id", None)
