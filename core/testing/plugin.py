"""Fixtures of Kontor's tests, for the kernel's own and for every addon's.

A test that takes ``database_url`` or ``engine`` runs twice, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.schema.engines import make_engine
from core.testing.databases import KINDS, NoPostgres, fresh, server


@pytest.fixture(params=KINDS, scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """``sqlite``, then ``postgresql``."""
    kind: str = request.param
    if kind == "postgresql":
        try:
            server()
        except NoPostgres as reason:
            pytest.skip(str(reason))
    return kind


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[sa.URL]:
    """The address of an empty database."""
    with fresh(database_kind, tmp_path) as url:
        yield url


@pytest.fixture
def engine(database_url: sa.URL) -> Iterator[sa.Engine]:
    """An engine on an empty database."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def module_engine(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """An engine on a database that the tests of one module share."""
    with fresh(database_kind, tmp_path_factory.mktemp("database")) as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()
