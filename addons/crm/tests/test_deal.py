"""Opportunities: made from calls, moved through stages, won and lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from addons.base.models import Company, User
from addons.base.tests.samples import company, one, user
from addons.base.trace import thread
from addons.crm.models import Activity, Deal, LostReason, Stage
from addons.partners.models import Partner
from core import AccessError, Env, TransitionRefused, ValidationError


@pytest.fixture
def seller(env: Env, as_user: Callable[..., Env]) -> Env:
    nord = company(env)
    return as_user("crm.user", company=nord, user=user(env, "anna", nord))


def a_deal(env: Env, **values: object) -> Deal:
    made = env[Deal](**{"name": "Boiler house", "partner": env[Partner](name="Holm"), **values})
    env.flush()
    return made


def test_a_new_one_is_in_the_first_stage_with_its_probability(seller: Env) -> None:
    deal = a_deal(seller, value=Decimal(5000))
    assert deal.stage.name == "Inquiry"
    assert (deal.probability, deal.weighted) == (Decimal(10), Decimal(500))
    assert [(step.origin, step.to) for step in deal.stage_log] == [(None, deal.stage)]
    assert seller.session.scalar(select(Deal.weighted)) == 500


def test_moves_are_logged_however_they_are_made(seller: Env) -> None:
    deal = a_deal(seller)
    stages = list(seller.session.scalars(select(Stage).order_by(Stage.sequence)))
    deal.move_to(stages[2])
    seller.flush()
    deal.stage = stages[1]
    seller.flush()
    deal.name = "Boiler house, second part"
    seller.flush()
    assert [step.to for step in deal.stage_log] == [stages[0], stages[2], stages[1]]


def test_losing_needs_a_reason(seller: Env) -> None:
    deal = a_deal(seller)
    with pytest.raises(TransitionRefused) as refused:
        deal.lose()
    assert [reason.code for reason in refused.value.refusals] == ["no_reason"]
    deal.lost_reason = seller.session.scalars(select(LostReason)).first()
    deal.lose()
    assert (deal.state, deal.probability) == ("lost", Decimal(0))
    deal.reopen()
    assert (deal.state, deal.probability) == ("open", Decimal(10))
    assert deal.lost_reason_id is None  # type: ignore[attr-defined]


def test_reception_makes_an_opportunity_of_a_salesperson_from_a_call(
    env: Env, seller: Env, as_user: Callable[..., Env]
) -> None:
    nord = env.get(Company, seller.company_id)
    assert nord is not None
    reception = as_user("crm.take_in", company=nord, user=user(env, "rita", nord))
    call = reception[Activity](subject="Needs 20 valves", caller_company="Holm Kedler A/S", caller_name="Per Holm")
    reception.flush()
    with pytest.raises(ValidationError) as error:
        call.make_opportunity()
    assert "partner" in error.value.fields
    call.create_contact()
    with pytest.raises(ValidationError) as error:
        call.make_opportunity()
    assert "salesperson" in error.value.fields
    call.salesperson = one(reception, User, login="anna")
    deal = call.make_opportunity()
    assert deal.owner is call.salesperson
    assert call.about is deal
    assert call.partner is not None and call.partner.owner is call.salesperson
    reception.flush()
    assert [item.record for item in thread(deal)] == [call, deal]
    deal.value = Decimal(1)
    with pytest.raises(AccessError):
        reception.flush()


def test_a_stage_of_another_pipeline_is_refused(env: Env) -> None:
    nord = company(env)
    deal = a_deal(env, company=nord, currency=nord.currency, owner=None)
    pipeline = env[type(deal.pipeline)](name="Service", stages=[env[Stage](name="Call", probability=Decimal(5))])
    env.flush()
    deal.stage = pipeline.stages[0]
    with pytest.raises(ValidationError):
        env.flush()


def test_colleagues_read_and_strangers_do_not(env: Env, seller: Env, as_user: Callable[..., Env]) -> None:
    deal = a_deal(seller)
    nord = seller.company
    assert as_user("crm.user", company=nord).get(Deal, deal.id) is not None
    assert as_user("crm.manager", company=company(env, "Syd ApS")).get(Deal, deal.id) is None


