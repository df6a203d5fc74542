"""Statements do not scatter as times do: the numbers of the table of speed hold on both databases, at any size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import core.web.app  # noqa: F401  registers the builders
from core.testing.databases import fresh
from tests.bench import pages, reading, writing
from tests.bench.measure import Result, Work, table
from tests.bench.world import World

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("bench")
    with fresh(database_kind, folder) as url:
        made = World(url, folder, 1_000)
        yield made
        made.database.close()


@pytest.fixture(scope="module")
def works(world: World) -> Iterator[dict[str, Work]]:
    made = [*reading.works(world), *pages.inside(world), *writing.works(world, 200)]
    yield {one.name: one for one in made}
    for one in made:
        one.close()


@pytest.mark.parametrize("name", ["read", "count", "rows", "list", "form", "change", "order"])
def test_no_work_takes_more_statements_than_it_may(works: dict[str, Work], name: str) -> None:
    work = works[name]
    assert work.count is not None and work.statements is not None
    work.ours()
    assert work.count() <= work.statements


def test_both_sides_of_bulk_creation_write_the_same(works: dict[str, Work]) -> None:
    work = works["customers"]
    assert work.floor is not None
    assert work.ours() is not None and work.floor() is not None


def test_the_table_says_what_does_not_hold() -> None:
    work = Work("a", "A", lambda: None, statements=1, ratio=2.0, seconds=0.5, least_rate=100)
    bad = Result(work, "sqlite", ours=1.0, floor=0.1, statements=3)
    assert bad.faults == ["more than 1 statements", "more than 2 ×", "more than 500 ms", "less than 100 a second"]
    good = Result(Work("b", "B", lambda: None, ratio=2.0), "sqlite", 0.1, 0.1, None)
    assert good.faults == []
    lines = table([bad, good]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "| ok " in lines[-1]
