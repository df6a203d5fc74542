"""Customers collect points with each confirmed order."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from addons.base.tests.samples import company
from addons.offers.tests.samples import customer
from addons.orders.models import OrderLine
from addons.products.models import Article
from addons.products.tests.samples import article
from addons_contrib.loyalty.models import Order, Partner
from core import Env, TransitionRefused


@pytest.fixture
def seller(env: Env, as_user: Callable[..., Env]) -> Env:
    article(env, price="1000")
    return as_user("orders.user", company=company(env))


def ordered(env: Env, partner: object, quantity: int) -> Order:
    valve = env.session.scalars(select(Article)).one()
    order = env[Order](partner=partner, lines=[env[OrderLine](article=valve, quantity=Decimal(quantity))])
    env.flush()
    return order


def test_confirming_gives_points_once(seller: Env) -> None:
    order = ordered(seller, customer(seller), 5)
    assert (order.points, order.points_to_come) == (0, 15)
    order.confirm()
    assert (order.points, order.state) == (15, "confirmed")
    with pytest.raises(TransitionRefused):
        order.confirm()
    assert order.points == 15


def test_the_customer_has_the_points_of_all_orders_and_a_level(seller: Env) -> None:
    holm = customer(seller)
    for quantity in (5, 90):
        ordered(seller, holm, quantity).confirm()
    partner = seller.get(Partner, holm.id)
    assert partner is not None
    assert (partner.points, partner.loyalty_level) == (115, "silver")
    assert partner.loyalty_since == seller.today
    found = seller.session.execute(select(Partner.points, Partner.loyalty_level).where(Partner.points > 100)).all()
    assert found == [(115, "silver")]


def test_an_order_that_is_held_gives_none(env: Env, seller: Env) -> None:
    order = ordered(seller, customer(seller), 5)
    order.lines.clear()
    seller.flush()
    with pytest.raises(TransitionRefused):
        order.confirm()
    assert order.points == 0
