"""A sale, from the call of somebody who is not known yet to the confirmed order, and back along its thread.

Rita answers the telephone, Anna sells, Bo is her colleague, Morten is their manager, Eva works for the other company.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from addons.base.models import Company, Setting, User
from addons.base.tests.samples import company, user
from addons.base.trace import thread
from addons.crm.beside_offers.models import Deal
from addons.crm.models import Activity
from addons.offers.models import Offer, OfferLine
from addons.orders.models import Order
from addons.partners.models import Partner
from addons.partners.models.partner import OWN_PARTNERS
from addons.products.models import Article
from addons.products.tests.samples import article
from core import AccessError, Env

SELLER = ("crm.user", "offers.user", "orders.user")


@pytest.fixture(scope="module")
def addons() -> tuple[str, ...]:
    return ("orders", "crm")


@pytest.fixture
def people(env: Env, as_user: Callable[..., Env]) -> dict[str, Env]:
    env[Setting](key=OWN_PARTNERS, value=True)
    nord, syd = company(env, "Nordventil A/S"), company(env, "Sydflow ApS")
    for number in range(3):
        article(env, f"KV-{number}", price=str(100 + number))

    def log_in(name: str, home: Company, *groups: str) -> Env:
        return as_user(*groups, company=home, user=user(env, name, home))

    return {
        "anna": log_in("anna", nord, *SELLER),
        "bo": log_in("bo", nord, *SELLER),
        "rita": log_in("rita", nord, "crm.take_in", "offers.reader", "orders.reader"),
        "morten": log_in("morten", nord, *SELLER, "products.costs"),
        "eva": log_in("eva", syd, *SELLER),
    }


def test_a_sale(people: dict[str, Env]) -> None:
    # Rita takes the call and writes down who it is; company and person are made on the way
    rita = people["rita"]
    call = rita[Activity](
        subject="Needs ball valves for a boiler house",
        caller_company="Holm Kedler A/S",
        caller_name="Per Holm",
        caller_number="86 12 34 56",
    )
    rita.flush()
    call.create_contact()
    call.finish()
    # … and gives the opportunity to Anna
    call.salesperson = rita.session.scalars(select(User).where(User.login == "anna")).one()
    call_id, deal_id = call.id, call.make_opportunity().id
    rita.flush()

    # Anna makes an offer with three lines, changes it, and marks it as sent
    anna = people["anna"]
    deal = anna.get(Deal, deal_id)
    assert deal is not None and deal.owner is not None and deal.owner.login == "anna"
    offer = deal.make_offer()
    for number, one in enumerate(anna.session.scalars(select(Article).order_by(Article.code))):
        offer.lines.append(anna[OfferLine](article=one, quantity=Decimal(10), discount=Decimal(5), sequence=number))
    anna.flush()
    assert (offer.net, offer.total) == (Decimal("2878.50"), Decimal("3598.13"))
    anna.delete(offer.lines[2])
    offer.lines[0].quantity, offer.lines[0].sequence = Decimal(20), 9
    anna.flush()
    assert (offer.net, offer.total) == (Decimal("2859.50"), Decimal("3574.38"))
    offer.send()
    assert deal.offered == offer.net

    # The customer accepts: the order is there, with the same lines, and confirmed, since nothing holds it
    offer.accept()
    order = anna.session.scalars(select(Order).where(Order.offer == offer)).one()
    assert (order.state, order.total, len(order.lines)) == ("confirmed", offer.total, 2)
    assert (deal.state, deal.value) == ("won", offer.net)

    # From the order one sees the whole thread back to the call
    story = [(item.model, item.record.id) for item in thread(order)]
    assert story[0] == ("activities.activity", call_id)
    assert [model for model, _id in story[1:] if model != "activities.activity"] == [
        "crm.deal",
        "offers.offer",
        "orders.order",
    ]

    # Bo reads Anna's customer and order
    bo = people["bo"]
    assert bo.session.scalars(select(Partner.name).where(Partner.kind == "company")).all() == ["Holm Kedler A/S"]
    assert bo.get(Order, order.id) is not None

    # Rita sees prices and discounts, but no costs; Morten sees the margin
    hers = rita.get(Order, order.id)
    assert hers is not None and {line.discount for line in hers.lines} == {5}
    for env in (rita, anna):
        with pytest.raises(AccessError):
            env.session.scalar(select(Order.margin))
    assert people["morten"].session.scalar(select(Order.margin)) == order.net - 30 * 60

    # Eva sees nothing of it, not even that there is another company
    eva = people["eva"]
    for model in (Activity, Deal, Offer, Order, Partner):
        assert eva.session.scalars(select(model)).all() == []
    assert [one.name for one in eva.session.scalars(select(Company))] == ["Sydflow ApS"]
    assert [one.login for one in eva.session.scalars(select(User))] == ["eva"]
