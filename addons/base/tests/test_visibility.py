"""Companies, users and traces of one company are nobody else's business."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from addons.base.models import Company, Currency, Edge, User
from addons.base.tests.samples import company, one, user
from addons.base.trace import link, thread
from core import Env


def test_another_company_and_its_people_are_not_seen(env: Env, as_user: Callable[..., Env]) -> None:
    nord, syd = company(env, "Nord A/S"), company(env, "Syd ApS")
    user(env, "anna", nord)
    eva = user(env, "eva", syd)
    with_eva = as_user("base.user", company=syd, user=eva)
    assert [one.name for one in with_eva.session.scalars(select(Company))] == ["Syd ApS"]
    assert [one.login for one in with_eva.session.scalars(select(User))] == ["eva"]
    assert with_eva.get(Company, nord.id) is None


def test_the_story_goes_from_the_first_record_to_the_last(env: Env) -> None:
    records = [one(env, Currency, code=code) for code in ("DKK", "EUR", "NOK", "SEK")]
    link(env, records[0], records[1], "first")
    link(env, records[1], records[2], "second")
    link(env, records[1], records[3], "third")
    env.flush()
    for start in records:
        assert [item.record for item in thread(start)] == records
    assert [item.kind for item in thread(records[3])] == ["", "first", "second", "third"]


def test_a_story_in_a_circle_ends(env: Env) -> None:
    dkk, eur = (one(env, Currency, code=code) for code in ("DKK", "EUR"))
    link(env, dkk, eur, "there")
    link(env, eur, dkk, "back")
    env.flush()
    assert {item.label for item in thread(dkk)} == {"DKK", "EUR"}


def test_edges_of_another_company_are_not_followed(env: Env, as_user: Callable[..., Env]) -> None:
    nord, syd = company(env, "Nord A/S"), company(env, "Syd ApS")
    dkk, eur = (one(env, Currency, code=code) for code in ("DKK", "EUR"))
    env[Edge](source=dkk, target=eur, kind="secret", at=env.now, company=nord)
    env.flush()
    outside = as_user("base.user", company=syd)
    inside = as_user("base.user", company=nord)
    assert len(thread(outside.get(Currency, dkk.id))) == 1  # type: ignore[arg-type]
    assert len(thread(inside.get(Currency, dkk.id))) == 2  # type: ignore[arg-type]
