"""The demo company: what the story needs is there, and everything in it keeps the rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from addons.activities.models import Activity
from addons.base.models import Company, Edge, User
from addons.base.trace import thread
from addons.demo.company import LOGINS
from addons.demo.names import TOWNS
from addons.offers.models import Offer
from addons.orders.models import Order
from addons.partners.models import Partner, PartnerRole
from addons.products.models import Article
from core import Env
from core.schema.tables import credential


@pytest.fixture
def database_kind() -> str:
    """One database is enough: the models are tried on both elsewhere."""
    return "sqlite"


def count(env: Env, model: type[Any], *where: Any) -> int:
    return env.session.scalar(select(func.count()).select_from(env.info(model).cls).where(*where)) or 0


def test_people_customers_products_and_papers_are_there(env: Env) -> None:
    assert count(env, Company) == 2
    staff = [count(env, User, User.company == one) for one in env.session.scalars(select(Company).order_by(Company.id))]
    assert staff == [5, 2]
    assert count(env, Partner, Partner.kind == "company") == 200
    assert count(env, PartnerRole) >= 400
    assert count(env, Article) == 150
    assert 290 <= count(env, Offer) + count(env, Order) <= 330


def test_nobody_can_log_in_before_somebody_gives_passwords(env: Env) -> None:
    assert env.session.connection().scalar(sa.select(func.count()).select_from(credential)) == 0


def test_a_user_who_was_added_later_keeps_the_own_password(env: Env) -> None:
    env[User](login="new", name="New", companies=list(env.session.scalars(select(Company))))
    env.flush()
    assert [login for _id, login, _who in env.hooks.collect("kontor_demo_logins", env=env)] == list(LOGINS)


def test_every_order_leads_back_to_where_it_began(env: Env) -> None:
    orders = list(env.session.scalars(select(Order)))
    made_of_offers = [one for one in orders if one.offer is not None]
    assert len(made_of_offers) >= 50
    edge: Any = env.info(Edge).cls
    targets = set(env.session.scalars(select(edge.target_id).where(edge.target_model == "orders.order")))
    assert {one.id for one in orders} <= targets
    longest = max((thread(one) for one in made_of_offers[:20]), key=len)
    assert isinstance(longest[0].record, env.info(Activity).cls)


def test_totals_are_those_of_the_lines(env: Env) -> None:
    for order in env.session.scalars(select(Order)):
        assert order.net == sum((line.net for line in order.lines), Decimal(0))
        assert order.lines
        assert order.total == order.totals().gross


def test_nothing_of_one_company_hangs_on_the_other(env: Env) -> None:
    for model in (Offer, Order, Activity):
        cls: Any = env.info(model).cls
        for record in env.session.scalars(select(cls)):
            assert record.partner is None or record.partner.company is record.company


def test_towns_have_postcodes_of_four_digits() -> None:
    assert all(len(code) == 4 and code.isdigit() for code, _town in TOWNS)
