"""Jobs run after their transaction has committed, at least once, each as who asked for it."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from core import NotActive
from core.addon.manifest import Manifest
from core.jobs import outbox
from core.jobs.outbox import claim, drain, run
from core.jobs.threads import ThreadEngine
from core.orm.security import SYSTEM
from core.registry.database import Database
from core.schema.tables import outbox as table
from core.testing.databases import fresh
from core.testing.kit import prepare
from tests.sample_addons.trade.jobs import make_tag
from tests.sample_addons.trade.models import Tag


@pytest.fixture
def database(database_kind: str, manifests: tuple[Manifest, ...], tmp_path: Path) -> Iterator[Database]:
    """A database of its own: here commits matter."""
    with fresh(database_kind, tmp_path) as url:
        made = prepare(url, manifests, tmp_path / "files")
        yield made.database
        made.engine.dispose()


def tags(database: Database) -> list[str]:
    with database.transaction(writing=False) as env:
        return sorted(env.session.scalars(select(Tag.name)))


def rows(database: Database) -> list[tuple[str, int]]:
    with database.connection(False) as (connection, _begun):
        return [(row.state, row.attempts) for row in connection.execute(select(table).order_by(table.c.id))]


def test_a_job_runs_after_the_commit_and_not_without_it(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as env:
        env.enqueue(make_tag, name="lost")
        raise RuntimeError
    with database.transaction() as env:
        env.enqueue(make_tag, name="red")
        assert drain(database) == 0 if database.dialect.name == "postgresql" else True
    assert drain(database) == 1
    assert tags(database) == ["red"]
    assert rows(database) == [("done", 1)]
    assert drain(database) == 0


def test_a_key_makes_it_one_job(database: Database) -> None:
    for _ in range(2):
        with database.transaction() as env:
            env.enqueue(make_tag, name="red", key="tag-red")
    drain(database)
    assert tags(database) == ["red"]


def test_a_failure_is_undone_and_tried_again(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with database.transaction() as env:
        env.enqueue(make_tag, name="boom")
    assert drain(database) == 0
    assert tags(database) == []
    assert rows(database) == [("todo", 1)]
    assert "no tag is called boom" in capsys.readouterr().err
    for attempt in range(2, outbox.MAX_ATTEMPTS + 1):
        _let_time_pass(database)
        drain(database)
        assert rows(database)[0][1] == attempt
    assert rows(database) == [("failed", outbox.MAX_ATTEMPTS)]
    with database.connection(False) as (connection, _begun):
        assert "RuntimeError: no tag is called boom" in str(connection.scalar(select(table.c.error)))


def _let_time_pass(database: Database) -> None:
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=1)
    with database.connection() as (connection, begun):
        connection.execute(sa.update(table).values(run_at=past, lease_until=past))
        begun.commit()


def test_a_dead_worker_s_job_is_taken_over_and_its_late_result_is_refused(database: Database) -> None:
    with database.transaction() as env:
        env.enqueue(make_tag, name="red")
    first = claim(database)
    assert first is not None
    assert claim(database) is None
    _let_time_pass(database)
    second = claim(database)
    assert second is not None
    assert second.attempts == 2
    assert run(database, second) is True
    assert run(database, first) is False
    assert tags(database) == ["red"]


def test_later_means_later(database: Database) -> None:
    with database.transaction() as env:
        env.enqueue(make_tag, name="red", run_at=env.now + datetime.timedelta(hours=1))
    assert drain(database) == 0


def test_only_declared_jobs_can_be_asked_for(database: Database) -> None:
    with database.transaction() as env, pytest.raises(NotActive):
        env.enqueue(print, text="x")


def test_workers_at_the_same_time_do_each_job_once(database: Database) -> None:
    with database.transaction(SYSTEM) as env:
        for number in range(60):
            env.enqueue(make_tag, name=f"t{number:02}")
    threads = [threading.Thread(target=drain, args=(database,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tags(database) == [f"t{number:02}" for number in range(60)]


def test_the_engine_is_woken_by_a_commit(database: Database) -> None:
    engine = ThreadEngine()
    engine.serve(database)
    done = threading.Event()
    try:
        with database.transaction() as env:
            env.enqueue(make_tag, name="red")
        for _ in range(200):
            if rows(database) == [("done", 1)]:
                done.set()
                break
            threading.Event().wait(0.02)
    finally:
        engine.stop()
    assert done.is_set()
    assert tags(database) == ["red"]
