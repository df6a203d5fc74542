"""Telephone calls: from somebody known, and from somebody who is not known yet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from addons.activities.models import Activity
from addons.base.tests.samples import company, user
from addons.partners.models import ContactPoint, Partner
from core import Env, TransitionRefused, ValidationError


@pytest.fixture
def reception(env: Env, as_user: Callable[..., Env]) -> Env:
    nord = company(env)
    return as_user("activities.user", "partners.user", company=nord, user=user(env, "rita", nord))


def test_a_caller_becomes_company_and_person(reception: Env) -> None:
    call = reception[Activity](
        subject="Needs 20 valves",
        caller_company="Holm Kedler A/S",
        caller_name="Per Holm",
        caller_number="86 12 34 56",
        caller_mail="per@holm.example",
    )
    reception.flush()
    unknown = call.unknown_caller
    call.create_contact()
    assert (unknown, call.unknown_caller) == (True, False)
    assert (call.partner.name, call.person.name) == ("Holm Kedler A/S", "Per Holm")  # type: ignore[union-attr]
    assert call.partner.number == "C00001"  # type: ignore[union-attr]
    assert [one.person for one in call.partner.people] == [call.person]  # type: ignore[union-attr]
    assert call.person.phone == "86 12 34 56"  # type: ignore[union-attr]
    with pytest.raises(ValidationError):
        call.create_contact()


def test_a_number_that_is_known_makes_no_second_partner(reception: Env) -> None:
    env = reception
    known = env[Partner](name="Holm Kedler A/S", contact_points=[env[ContactPoint](value="+45 86123456")])
    env.flush()
    call = env[Activity](subject="Again", caller_company="Holm", caller_number="86 12 34 56")
    env.flush()
    call.create_contact()
    assert call.partner is known
    assert len(env.session.scalars(select(Partner)).all()) == 1


def test_the_number_of_a_known_person_names_person_and_company(reception: Env) -> None:
    env = reception
    firm = env[Partner](name="Holm Kedler A/S")
    person = env[Partner](
        kind="person", name="Per Holm", parent=firm, contact_points=[env[ContactPoint](value="20 30 40 50")]
    )
    env.flush()
    call = env[Activity](subject="x", caller_number="+45 2030 4050")
    call._look_up_caller()
    assert (call.partner, call.person) == (firm, person)


def test_a_call_goes_from_planned_to_done_and_has_its_time(reception: Env) -> None:
    call = reception[Activity](subject="Call back")
    reception.flush()
    call.finish()
    assert (call.state, call.at) == ("done", call.done_at)
    with pytest.raises(TransitionRefused):
        call.miss()
    call.plan_again()
    assert call.done_at is None


def test_another_company_does_not_see_the_call(env: Env, reception: Env, as_user: Callable[..., Env]) -> None:
    call = reception[Activity](subject="Secret")
    reception.flush()
    stranger = as_user("activities.manager", company=company(env, "Syd ApS"))
    assert stranger.get(Activity, call.id) is None
