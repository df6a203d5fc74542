"""One customer's database: its engine, its addon set, and transactions on it.

db = open_database(url)
with db.transaction(principal) as env: …      commit at the end, rollback on an error
db.retrying(principal, work)                  the same, tried again when the database asks for it
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from core.addon.discover import ROOT, discover
from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.env import Env
from core.errors import KontorError
from core.orm.files import FolderStore
from core.orm.security import SYSTEM, Principal
from core.orm.session import KontorSession
from core.registry.addonset import AddonSet, build_set, set_key
from core.schema import tables
from core.schema.engines import make_engine

if TYPE_CHECKING:
    from core.jobs.interfaces import IJobEngine

R = TypeVar("R")
TRIES = 5
#: PostgreSQL: serialization failure, deadlock; SQLite: busy or locked
_AGAIN = ("40001", "40P01")

_SETS: dict[Any, AddonSet] = {}


class NoSuchDatabase(KontorError):
    """There is no Kontor database behind this address."""


class NotReady(KontorError):
    """The database lacks something that the installed code needs; ``kontor apply upgrade`` brings it."""


@dataclass
class Database:
    """A database with an addon set. ``files`` is its folder of file contents."""

    url: sa.URL
    engine: sa.Engine
    set: AddonSet
    files: FolderStore
    jobs: IJobEngine | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return Path(self.url.database or "memory").stem

    @property
    def dialect(self) -> sa.Dialect:
        return self.engine.dialect

    @contextmanager
    def transaction(self, principal: Principal = SYSTEM, *, writing: bool = True) -> Iterator[Env]:
        """One transaction of ``principal``; ``writing=False`` promises not to write, and rolls back at the end."""
        with self.connection(writing) as (connection, begun), self.env(connection, principal, writing) as env:
            yield env
            if writing:
                env.finish()
                begun.commit()
        if writing and self.jobs is not None:
            self.jobs.wake(self)

    @contextmanager
    def env(self, connection: sa.Connection, principal: Principal, writing: bool = True) -> Iterator[Env]:
        """An environment on a connection whose transaction somebody else commits or rolls back."""
        session = KontorSession(connection, principal, self.set.security, join_transaction_mode="control_fully")
        env = Env(self.set, session, self, writing)
        try:
            with env.active():
                self.set.hooks.call("kontor_session_created", env=env)
                yield env
        finally:
            session.close()

    @contextmanager
    def connection(self, writing: bool = True) -> Iterator[tuple[sa.Connection, sa.Transaction]]:
        """A connection in a transaction that the caller commits; what is not committed is rolled back."""
        with self.engine.connect() as raw:
            connection = raw.execution_options(kontor_write=writing)
            begun = connection.begin()
            try:
                yield connection, begun
            finally:
                if begun.is_active:
                    begun.rollback()

    def retrying(self, principal: Principal, work: Callable[[Env], R], *, writing: bool = True) -> R:
        """``work(env)`` in a transaction, again from the start when the database reports a passing conflict."""
        for attempt in range(TRIES):
            try:
                with self.transaction(principal, writing=writing) as env:
                    return work(env)
            except exc.DBAPIError as error:
                if attempt == TRIES - 1 or not is_passing(error):
                    raise
                time.sleep(random.uniform(0.01, 0.05) * 2**attempt)
        raise AssertionError("unreachable")

    def close(self) -> None:
        if self.jobs is not None:
            self.jobs.stop()
        self.engine.dispose()


def is_passing(error: exc.DBAPIError) -> bool:
    """Whether the same work may succeed when it is tried again."""
    state = getattr(error.orig, "sqlstate", None)
    if state in _AGAIN:
        return True
    text = str(error.orig)
    return "database is locked" in text or "database table is locked" in text


def set_for(manifests: tuple[Manifest, ...]) -> AddonSet:
    """The shared set of these addons, built when nobody has it yet."""
    key = (set_key(manifests), tuple(one.path for one in manifests))
    if key not in _SETS:
        _SETS[key] = build_set(manifests)
    return _SETS[key]


def installed(connection: sa.Connection) -> list[str]:
    """Names of the addons that a database has, empty when it is no Kontor database."""
    if not sa.inspect(connection).has_table(tables.addon.name):
        return []
    query = sa.select(tables.addon.c.name).where(tables.addon.c.state == "installed").order_by(tables.addon.c.name)
    return list(connection.scalars(query))


def open_database(
    url: str | sa.URL, catalogue: dict[str, Manifest] | None = None, files: Path | None = None
) -> Database:
    """Open the database at ``url`` with the addons that it has. NoSuchDatabase when Kontor was never set up there."""
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            names = installed(connection)
    except exc.DBAPIError as error:
        engine.dispose()
        raise NoSuchDatabase(f"cannot open the database: {str(error.orig).splitlines()[0]}") from error
    if not names:
        engine.dispose()
        raise NoSuchDatabase("there is no Kontor database at this address; `kontor db create` makes one")
    addon_set = set_for(closure(catalogue if catalogue is not None else discover(), names))
    from core.registry.lifecycle import lacking

    with engine.connect() as connection:
        faults = lacking(connection, addon_set)
    if faults:
        engine.dispose()
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise NotReady(f"the database does not fit this code: {faults[0]}{more}; `kontor apply upgrade` brings it up")
    return Database(sa.make_url(url), engine, addon_set, FolderStore(files or default_files(engine.url)))


def default_files(url: sa.URL) -> Path:
    """Where file contents lie: beside an SQLite file, or in var/files/<name> of the checkout."""
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        return Path(str(url.database) + ".files")
    return ROOT / "var" / "files" / str(url.database or "memory")
