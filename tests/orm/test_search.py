"""Search finds words anywhere, folded, and prefixes by an index; on every database the same."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import Env
from core.orm.folding import after, fold
from core.orm.search import containing, starting
from core.testing.kit import DoomedDatabase
from tests.sample_addons.trade.models import Partner

NAMES = ["Ærø Værft A/S", "Łódź Armatura", "Пловдив Помпи ООД", "Nordkemi 50% rabat", "O'Brien \"Valves\"", "a_b", "Ab"]


@pytest.fixture
def partners(env: Env) -> Env:
    for name in NAMES:
        env[Partner](name=name)
    env.flush()
    return env


def found(env: Env, condition: Any) -> set[str]:
    return set(env.session.scalars(select(Partner.name).where(condition)))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("aero", {"Ærø Værft A/S"}),
        ("ÆRØ", {"Ærø Værft A/S"}),
        ("vaerft aero", {"Ærø Værft A/S"}),
        ("lodz", {"Łódź Armatura"}),
        ("matur", {"Łódź Armatura"}),
        ("помпи", {"Пловдив Помпи ООД"}),
        ("50%", {"Nordkemi 50% rabat"}),
        ("%", {"Nordkemi 50% rabat"}),
        ('"valves"', {'O\'Brien "Valves"'}),
        ("o'b", {'O\'Brien "Valves"'}),
        ("_", {"a_b"}),
        ("ab", {"Ab", "Nordkemi 50% rabat"}),
        ("nothing here", set()),
        ("NEAR(a b)", set()),
        ("", set(NAMES)),
    ],
)
def test_words_are_found_anywhere(partners: Env, db: DoomedDatabase, text: str, wanted: set[str]) -> None:
    assert found(partners, containing(partners.info(Partner), text, db.dialect.name)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"), [("aer", {"Ærø Værft A/S"}), ("пл", {"Пловдив Помпи ООД"}), ("matur", set())]
)
def test_a_prefix_is_found_by_the_index(partners: Env, text: str, wanted: set[str]) -> None:
    assert found(partners, starting(partners.info(Partner), text)) == wanted


def test_search_follows_changes_and_deletions(partners: Env, db: DoomedDatabase) -> None:
    condition = containing(partners.info(Partner), "armatura", db.dialect.name)
    partner = partners.session.scalars(select(Partner).where(condition)).one()
    partner.name = "Pumpex"
    partners.flush()
    assert found(partners, condition) == set()
    assert found(partners, containing(partners.info(Partner), "umpe", db.dialect.name)) == {"Pumpex"}
    partners.delete(partner)
    partners.flush()
    assert found(partners, containing(partners.info(Partner), "umpe", db.dialect.name)) == set()


def test_sqlite_answers_a_word_by_its_trigram_index(partners: Env, db: DoomedDatabase) -> None:
    if db.dialect.name != "sqlite":
        return
    query = select(Partner.id).where(containing(partners.info(Partner), "armatura", "sqlite"))
    compiled = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    plan = partners.session.connection().execute(sa.text(f"EXPLAIN QUERY PLAN {compiled}")).all()
    assert "VIRTUAL TABLE INDEX" in " ".join(row[3] for row in plan)


@given(st.text(max_size=12))
def test_nothing_lies_between_a_prefix_and_what_comes_after_it(text: str) -> None:
    end = after(text)
    if end is None:
        return
    assert text < end
    assert not end.startswith(text) or not text
    for more in ("", "a", "\U0010ffff", "я"):
        assert text <= text + more < end


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet="abc ÆæøŁ%_\\'\"*", min_size=1, max_size=8))
def test_search_means_the_same_as_python(partners: Env, db: DoomedDatabase, text: str) -> None:
    wanted = {name for name in NAMES if all(word in fold(name) for word in fold(text).split())}
    assert found(partners, containing(partners.info(Partner), text, db.dialect.name)) == wanted
