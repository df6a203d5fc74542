"""Rate limits that hold across processes: how often something was tried within a window of time.

Counted in transactions of their own, since a refused request rolls back everything else. Old buckets are removed on the
way, so that the table stays as small as the window is short.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.schema.tables import throttle as table

if TYPE_CHECKING:
    from core.registry.database import Database


def count(database: Database, buckets: dict[str, int], window: datetime.timedelta) -> datetime.timedelta | None:
    """Note one more try in each bucket (name -> how many are allowed in ``window``), up to the first that is full.

    Answers None while all are within their limits, else how long to wait.
    """
    now = datetime.datetime.now(datetime.UTC)
    over: datetime.timedelta | None = None
    with database.connection() as (connection, begun):
        connection.execute(sa.delete(table).where(table.c.since < now - window))
        for bucket, allowed in buckets.items():
            used, since = _one_more(connection, _key(bucket), now)
            if used > allowed:
                over = since + window - now
                break  # whoever is stopped fills no further buckets, nor the table
        begun.commit()
    return over


def _key(bucket: str) -> str:
    """Names that are too long for the table are told apart all the same."""
    return bucket if len(bucket) <= 200 else f"{bucket[:100]}{hashlib.sha256(bucket.encode()).hexdigest()}"


def _one_more(connection: sa.Connection, bucket: str, now: datetime.datetime) -> tuple[int, datetime.datetime]:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(table)
        .values(bucket=bucket, used=1, since=now)
        .on_conflict_do_update(index_elements=[table.c.bucket], set_={"used": table.c.used + 1})
        .returning(table.c.used, table.c.since)
    )
    row = connection.execute(statement).one()
    return int(row.used), row.since


def reset(connection: sa.Connection, *buckets: str) -> None:
    """Forget the tries in these buckets."""
    connection.execute(sa.delete(table).where(table.c.bucket.in_([_key(one) for one in buckets])))


def give_back(connection: sa.Connection, *buckets: str) -> None:
    """One try less in these buckets."""
    these = table.c.bucket.in_([_key(one) for one in buckets]), table.c.used > 0
    connection.execute(sa.update(table).where(*these).values(used=table.c.used - 1))
