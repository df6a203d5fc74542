"""Engines as Kontor needs them, for SQLite and PostgreSQL alike.

SQLite: write-ahead log, foreign keys on, and transactions that we begin ourselves (the driver would begin them late,
and not at all for CREATE TABLE). A transaction that reads first and writes later fails as soon as somebody else has
written in between; so whoever will write says so, and takes the write lock at once (BEGIN IMMEDIATE)::

    with engine.connect().execution_options(**WRITING) as connection: ...

PostgreSQL: READ COMMITTED, times in UTC.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
import uuid
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from core.orm.expressions.dialects import register
from core.orm.types import ScaledInteger, sqlite_product, sqlite_quotient

#: execution options of a connection whose transactions write
WRITING = {"kontor_write": True}
#: milliseconds that a SQLite transaction waits for the write lock
BUSY_TIMEOUT = 5_000


def make_engine(url: str | sa.URL, **options: Any) -> sa.Engine:
    """An engine for ``url``; ``options`` go to ``sqlalchemy.create_engine``.

    ``postgresql://`` means psycopg. A SQLite path that does not exist yet becomes a database when it is first used.
    """
    url = sa.make_url(url)
    options.setdefault("json_serializer", to_json)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, options)
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, **options)
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def to_json(value: Any) -> str:
    """JSON text for a JSON column: decimals and ids as strings, times in ISO 8601."""
    return json.dumps(value, default=_jsonable, ensure_ascii=False, allow_nan=False)


def _jsonable(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime.date | datetime.time):  # datetime is a date
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def _sqlite(url: sa.URL, options: dict[str, Any]) -> sa.Engine:
    arguments = {"timeout": BUSY_TIMEOUT / 1000, **options.pop("connect_args", {})}
    engine = sa.create_engine(url, connect_args=arguments, **options)
    engine.dialect.ischema_names = {**engine.dialect.ischema_names, "SCALED_INTEGER": ScaledInteger}  # type: ignore[attr-defined]
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.create_function("kontor_product", 3, sqlite_product, deterministic=True)
    connection.create_function("kontor_quotient", 3, sqlite_quotient, deterministic=True)
    register(connection)


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("kontor_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN DEFERRED")


def _prepare_postgresql(connection: Any, record: object) -> None:
    was = connection.autocommit
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = was
