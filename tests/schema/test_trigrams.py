"""On a PostgreSQL with pg_trgm, words in the middle of a text are found by an index."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from core.orm.search import containing
from core.registry.database import Database
from core.testing.databases import Server
from core.testing.kit import prepare
from tests.conftest import sample
from tests.sample_addons.trade.models import Partner


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    address = os.environ.get("KONTOR_TEST_PG_DEBIAN")
    if not address:
        pytest.skip("no PostgreSQL with pg_trgm: set KONTOR_TEST_PG_DEBIAN")
    server = Server(sa.make_url(address).set(drivername="postgresql+psycopg"))
    url = server.create()
    made = prepare(url, sample("trade"), tmp_path)
    yield made.database
    made.engine.dispose()
    server.drop(url)


def test_a_word_in_the_middle_is_served_by_the_trigram_index(database: Database) -> None:
    with database.transaction() as env:
        for number in range(500):
            env[Partner](name=f"Company {number:03} Værft")
        env.flush()
        condition = containing(env.info(Partner), "any 421 v", "postgresql")
        assert len(env.session.scalars(select(Partner.id).where(condition)).all()) == 1
        connection = env.session.connection()
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        query = select(Partner.id).where(containing(env.info(Partner), "vaerft", "postgresql"))
        compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN {compiled}".replace("%%", "%").replace("%", "%%")).scalars().all()
    assert any("tg_trade_partner_name_folded" in line for line in plan), plan
