"""Environments for tests: a real database of an addon set, one doomed transaction, principals by their groups.

    def test_confirm(env, as_user):
        seller = as_user("orders.user", company=env[Company](name="Nord"))
        …

What the test, the web application and jobs do within one test happens in one transaction that is rolled back at its
end: "commits" inside it are savepoints. A database is prepared once for each kind and addon set of a run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from core.addon.discover import discover
from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.env import Env
from core.orm.files import FolderStore
from core.orm.security import SYSTEM, Principal
from core.registry.database import Database, set_for
from core.registry.lifecycle import apply, plan
from core.schema.engines import make_engine
from core.testing.databases import fresh


@dataclass
class DoomedDatabase(Database):
    """A database of which nothing is kept: transactions are savepoints on ``shared``."""

    shared: sa.Connection = field(kw_only=True)

    @contextmanager
    def connection(self, writing: bool = True) -> Iterator[tuple[sa.Connection, sa.Transaction]]:
        nested = self.shared.begin_nested()
        try:
            yield self.shared, nested
        finally:
            if nested.is_active:
                nested.rollback()


@dataclass
class Prepared:
    """A database with the tables and data of an addon set."""

    engine: sa.Engine
    database: Database


class Stock:
    """The prepared databases of a run, by kind and addons; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: dict[Any, Prepared] = {}
        self.stack = contextlib.ExitStack()

    def get(self, kind: str, manifests: tuple[Manifest, ...]) -> Prepared:
        key = (kind, tuple((one.name, one.path) for one in manifests))
        if key not in self.made:
            url = self.stack.enter_context(fresh(kind, self.folder))
            self.made[key] = prepare(url, manifests, self.folder / "files")
            self.stack.callback(self.made[key].engine.dispose)
        return self.made[key]


def prepare(url: sa.URL, manifests: tuple[Manifest, ...], files: Path) -> Prepared:
    """Install ``manifests`` into the empty database at ``url``."""
    catalogue = {one.name: one for one in manifests}
    apply(plan(url, catalogue, install=list(catalogue)), files=files)
    engine = make_engine(url)
    return Prepared(engine, Database(sa.make_url(url), engine, set_for(manifests), FolderStore(files)))


# -- counting statements ----------------------------------------------------------------------------------------


class Statements(list[str]):
    """The SQL statements of a block, without BEGIN, SAVEPOINT and their ends."""

    def matching(self, word: str) -> list[str]:
        return [one for one in self if word in one]


@contextmanager
def counting(database: Database) -> Iterator[Statements]:
    """``with counting(db) as statements: …; assert len(statements) <= 5``"""
    found = Statements()

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _x: Any, _many: bool) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA")):
            found.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


# -- fixtures ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    """The prepared databases of this run."""
    made = Stock(tmp_path_factory.mktemp("databases"))
    yield made
    made.stack.close()


@pytest.fixture(scope="module")
def addon_paths() -> list[Path] | None:
    """Folders with addons; None for the usual ones. Override in a test module."""
    return None


@pytest.fixture(scope="module")
def addons(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The addons of this test module: the one that it belongs to. Override for others."""
    for parent in request.path.parents:
        if (parent / "addon.toml").is_file():
            return (parent.name,)
    raise LookupError(f"{request.path} lies in no addon: give it a fixture `addons` with their names")


@pytest.fixture(scope="module")
def manifests(addons: tuple[str, ...], addon_paths: list[Path] | None) -> tuple[Manifest, ...]:
    return closure(discover(addon_paths), addons)


@pytest.fixture
def db(stock: Stock, database_kind: str, manifests: tuple[Manifest, ...]) -> Iterator[DoomedDatabase]:
    """A database with the module's addons; whatever happens in it is rolled back after the test."""
    made = stock.get(database_kind, manifests)
    shared = made.engine.connect().execution_options(kontor_write=True)
    outer = shared.begin()
    plain = made.database
    yield DoomedDatabase(plain.url, plain.engine, plain.set, plain.files, shared=shared)
    if outer.is_active:
        outer.rollback()
    shared.close()


@contextmanager
def doomed(db: Database, principal: Principal) -> Iterator[Env]:
    """An environment that nobody commits."""
    with db.connection() as (connection, _begun), db.env(connection, principal) as made:
        made.session.kernel_connection()  # joins this savepoint now, not a later one
        yield made


@pytest.fixture
def env(db: DoomedDatabase) -> Iterator[Env]:
    """An elevated environment."""
    with doomed(db, SYSTEM) as made:
        yield made


@pytest.fixture
def as_user(db: DoomedDatabase, env: Env) -> Iterator[Callable[..., Env]]:
    """``as_user("orders.user", company=nord)``: an environment of somebody in these groups, beside ``env``.

    It sees what ``env`` has flushed so far; call ``env.session.expire_all()`` to see in ``env`` what it flushed.
    """
    with contextlib.ExitStack() as stack:

        def make(*groups: object, company: Any = None, companies: Any = (), user: Any = None, **more: Any) -> Env:
            env.flush()
            ids = tuple(one.id for one in (companies or ((company,) if company else ())))
            principal = Principal(
                kind=more.pop("kind", "staff"),
                id=user.id if user is not None else None,
                name=str(user) if user is not None else "test",
                groups=db.set.security.expand(str(one) for one in groups),
                companies=ids,
                company=ids[0] if ids else None,
                **more,
            )
            return stack.enter_context(doomed(db, principal))

        yield make
