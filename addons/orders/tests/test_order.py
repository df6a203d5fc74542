"""Orders: made by accepting an offer, confirmed when nothing holds them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from addons.base.tests.samples import company, user
from addons.base.trace import thread
from addons.offers.models import OfferLine
from addons.offers.tests.samples import customer, offer
from addons.orders.models import Order, OrderLine
from addons.partners.models import Partner
from addons.products.models import Article
from addons.products.tests.samples import article
from core import AccessError, Env, TransitionRefused, ValidationError


@pytest.fixture
def valve(env: Env) -> Article:
    return article(env)


@pytest.fixture
def seller(env: Env, valve: Article, as_user: Callable[..., Env]) -> Env:
    nord = company(env)
    return as_user("orders.user", company=nord, user=user(env, "anna", nord))


def accepted(env: Env, valve: Article) -> Order:
    made = offer(env, customer(env), env.get(Article, valve.id), quantity=3, discount=10)  # type: ignore[arg-type]
    made.lines.append(env[OfferLine](kind="optional", description="Spare", price=Decimal(9), sequence=90))
    env.flush()
    made.send()
    made.accept()
    return env.session.scalars(select(Order)).one()


def test_accepting_an_offer_makes_the_confirmed_order_with_the_same_lines(seller: Env, valve: Article) -> None:
    order = accepted(seller, valve)
    assert (order.state, order.open, order.hold) == ("confirmed", True, None)
    assert order.number == f"SO{seller.today.year}-00001"
    line, source = order.lines[0], order.offer.lines[0]  # type: ignore[union-attr]
    for name in ("article", "description", "quantity", "unit", "price", "discount", "vat_rate", "net", "cost"):
        assert getattr(line, name) == getattr(source, name)
    assert len(order.lines) == 1  # the option was not chosen
    assert (order.net, order.tax, order.total) == (Decimal(270), Decimal("67.5"), Decimal("337.5"))
    assert [item.record for item in thread(order)][:2] == [order.offer, order]


def test_an_order_that_is_held_waits_and_says_why(env: Env, seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), seller.get(Article, valve.id))  # type: ignore[arg-type]
    made.send()
    partner = env.get(Partner, made.partner.id)
    assert partner is not None
    partner.blocked, partner.blocked_reason = True, "Does not pay"
    env.flush()
    seller.session.expire_all()
    made.accept()
    order = seller.session.scalars(select(Order)).one()
    assert order.state == "draft"
    assert "Does not pay" in (order.hold or "")
    with pytest.raises(TransitionRefused) as refused:
        order.confirm()
    assert [one.code for one in refused.value.refusals] == ["blocked"]
    partner.blocked = False
    env.flush()
    seller.session.expire_all()
    order.confirm()
    assert (order.state, order.hold) == ("confirmed", None)


def test_an_order_by_hand_needs_lines(seller: Env, valve: Article) -> None:
    order = seller[Order](partner=customer(seller))
    seller.flush()
    with pytest.raises(TransitionRefused) as refused:
        order.confirm()
    assert [one.code for one in refused.value.refusals] == ["no_lines"]
    order.lines.append(seller[OrderLine](article=seller.get(Article, valve.id), quantity=Decimal(2)))
    order.promised_date = seller.today + datetime.timedelta(days=9)
    seller.flush()
    order.confirm()
    assert order.lines[0].promised_date == order.promised_date
    assert order.total == 250


def test_a_confirmed_order_keeps_its_lines_and_may_move_its_dates(seller: Env, valve: Article) -> None:
    order = accepted(seller, valve)
    order.lines[0].promised_date = seller.today
    seller.flush()
    order.lines[0].quantity = Decimal(9)
    with pytest.raises(ValidationError):
        seller.flush()


def test_lines_move_with_the_order_unless_they_have_a_day_of_their_own(seller: Env, valve: Article) -> None:
    order = accepted(seller, valve)
    days = [seller.today + datetime.timedelta(days=count) for count in (5, 9, 12)]
    order.promised_date = days[0]
    seller.flush()
    assert order.lines[0].promised_date == days[0]
    order.promised_date = days[1]
    seller.flush()
    assert order.lines[0].promised_date == days[1]
    order.lines[0].promised_date = days[0]
    seller.flush()
    order.promised_date = days[2]
    seller.flush()
    assert order.lines[0].promised_date == days[0]


def test_late_orders_are_told_by_the_same_rule_in_lists_and_forms(seller: Env, valve: Article) -> None:
    order = accepted(seller, valve)
    order.promised_date = seller.today - datetime.timedelta(days=1)
    seller.flush()
    late = order.late
    assert seller.session.scalars(select(Order).where(Order.late, Order.open)).all() == [order]
    order.finish()
    assert (late, order.late) == (True, False)
    assert seller.session.scalars(select(Order).where(Order.late)).all() == []


def test_cancelling_needs_a_reason(seller: Env, valve: Article) -> None:
    order = accepted(seller, valve)
    with pytest.raises(TransitionRefused):
        order.cancel()
    order.cancel_reason = "Project was stopped"
    order.cancel()
    assert not order.open


def test_readers_read_and_strangers_do_not(
    env: Env, seller: Env, valve: Article, as_user: Callable[..., Env]
) -> None:
    order = accepted(seller, valve)
    reader = as_user("orders.reader", company=seller.company)
    found = reader.get(Order, order.id)
    assert found is not None and found.lines[0].price == 100
    with pytest.raises(AccessError):
        found.finish()
    with pytest.raises(AccessError):
        reader.session.scalar(select(Order.margin))
    assert as_user("orders.manager", company=company(env, "Syd ApS")).get(Order, order.id) is None
