"""Offers: their lines and totals, their way to the customer, revisions, and who sees what."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from addons.base.models import Country, Unit
from addons.base.tests.samples import company, one, user
from addons.base.trace import thread
from addons.offers.jobs import expire_offer
from addons.offers.models import Offer, OfferLine
from addons.offers.tests.samples import customer, offer
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
    return as_user("offers.user", company=nord, user=user(env, "anna", nord), language="da")


def mine(env: Env, record: Article) -> Article:
    found = env.get(Article, record.id)
    assert found is not None
    return found


# -- lines and totals ---------------------------------------------------------------------------------------------


def test_lines_take_what_the_article_says_and_totals_follow(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve), quantity=3, discount=10)
    line = made.lines[0]
    assert (line.description, line.unit) == ("Kugleventil KV-050", one(seller, Unit, code="C62"))
    assert (line.price, line.net) == (Decimal(100), Decimal(270))
    assert (line.vat_category, line.vat_rate, line.vat_reason) == ("S", Decimal(25), "Moms 25 %")
    assert (made.net, made.tax, made.total) == (Decimal(270), Decimal("67.5"), Decimal("337.5"))
    line.quantity = Decimal(4)
    assert made.total == 450
    seller.flush()
    assert seller.session.execute(select(Offer.net, Offer.tax, Offer.total)).one() == (360, 90, 450)


def test_lines_come_go_and_change_places(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    made.lines.append(seller[OfferLine](description="Painting", price=Decimal(50), sequence=5))
    seller.flush()
    assert made.net == 250
    assert made.lines[1].vat_rate == 25  # without an article: as goods
    seller.session.refresh(made)
    assert [line.description for line in made.lines] == ["Painting", "Kugleventil KV-050"]
    seller.delete(made.lines[1])
    seller.flush()
    assert made.net == 50


def test_only_articles_count(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve), quantity=1)
    for kind in ("optional", "alternative", "text"):
        line = seller[OfferLine](kind=kind, description=kind, quantity=Decimal(1), price=Decimal(70))
        made.lines.append(line)
    seller.flush()
    assert [line.net for line in made.lines[1:]] == [70, 70, 0]
    assert (made.net, made.total) == (Decimal(100), Decimal(125))


def test_vat_follows_the_customer(env: Env, seller: Env, valve: Article) -> None:
    german = customer(seller, "Hanse GmbH", country=one(seller, Country, code="DE"), vat="DE123456789")
    made = offer(seller, german, mine(seller, valve))
    assert (made.lines[0].vat_category, made.tax) == ("K", Decimal(0))
    made.partner = customer(seller)
    seller.flush()
    assert (made.lines[0].vat_category, made.tax) == ("S", Decimal(50))


def test_terms_and_addresses_are_those_of_the_customer(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    assert made.payment_days == 14
    assert made.invoice_address == "Holm Kedler A/S\nHavnegade 3\n7800 Skive"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"price": Decimal(-1)}, "lines.0.price"),
        ({"discount": Decimal(101)}, "lines.0.discount"),
        ({"description": None}, "lines.0.description"),
    ],
)
def test_wrong_lines_are_named_with_their_place(seller: Env, values: dict[str, object], field: str) -> None:
    seller[Offer](
        partner=customer(seller),
        lines=[seller[OfferLine](**{"description": "x", "price": Decimal(1), **values})],
    )
    with pytest.raises(ValidationError) as error:
        seller.flush()
    assert list(error.value.fields) == [field]


# -- the way to the customer --------------------------------------------------------------------------------------


def test_numbers_are_drawn_when_saved_and_count_within_the_company(
    env: Env, seller: Env, valve: Article, as_user: Callable[..., Env]
) -> None:
    year = seller.today.year
    partner = customer(seller)
    numbers = [offer(seller, partner, mine(seller, valve)).number for _ in range(2)]
    assert numbers == [f"OF{year}-00001", f"OF{year}-00002"]
    other = as_user("offers.user", company=company(env, "Syd ApS"))
    assert offer(other, customer(other), mine(other, valve)).number == f"OF{year}-00001"


def test_sending_needs_lines_a_free_customer_and_articles_on_sale(env: Env, seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller))
    with pytest.raises(TransitionRefused) as refused:
        made.send()
    assert [one.code for one in refused.value.refusals] == ["no_lines"]
    made.lines.append(seller[OfferLine](article=mine(seller, valve)))
    seller.flush()
    blocked = env.get(Partner, made.partner.id)
    assert blocked is not None
    blocked.blocked, blocked.blocked_reason = True, "Does not pay"
    valve.product.retire()
    env.flush()
    seller.session.expire_all()
    with pytest.raises(TransitionRefused) as refused:
        made.send()
    assert {one.code for one in refused.value.refusals} == {"blocked", "not_on_sale"}


def test_what_was_sent_is_not_changed_any_more(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    made.send()
    made.notes = "Remember the discount"
    seller.flush()
    changes: list[Callable[[], object]] = [
        lambda: setattr(made.lines[0], "price", Decimal(1)),
        lambda: made.lines.append(seller[OfferLine](article=mine(seller, valve))),
        lambda: seller.delete(made.lines[0]),
        lambda: setattr(made, "partner", customer(seller, "Other A/S")),
    ]
    for change in changes:
        savepoint = seller.session.begin_nested()
        with pytest.raises(ValidationError):
            change()
            seller.flush()
        savepoint.rollback()
    assert (made.net, len(made.lines)) == (Decimal(200), 1)


def test_a_revision_replaces_and_its_withdrawal_restores(seller: Env, valve: Article) -> None:
    first = offer(seller, customer(seller), mine(seller, valve))
    first.send()
    second = first.revise()
    assert (second.number, second.revision, second.state) == (f"{first.number}-01", 1, "draft")
    assert (first.state, second.supersedes, second.total) == ("superseded", first, first.total)
    with pytest.raises(TransitionRefused):
        first.accept()
    second.lines[0].quantity = Decimal(5)
    seller.flush()
    assert first.lines[0].quantity == 2
    assert [item.record for item in thread(second)] == [first, second]
    second.withdraw()
    assert (second.state, first.state) == ("withdrawn", "sent")


def test_an_offer_past_its_day_is_revised_not_accepted(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    made.send()
    made.valid_until = seller.today - datetime.timedelta(days=1)
    seller.flush()
    assert made.late
    with pytest.raises(TransitionRefused) as refused:
        made.accept()
    assert [one.code for one in refused.value.refusals] == ["expired"]
    expire_offer(seller, made.id)
    assert made.state == "expired"
    assert made.revise().state == "draft"


def test_the_job_leaves_an_extended_offer_alone(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    made.send()
    expire_offer(seller, made.id)
    assert made.state == "sent"


def test_losing_needs_a_reason(seller: Env, valve: Article) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    made.send()
    with pytest.raises(TransitionRefused):
        made.lose()
    made.lost_reason = "price"
    made.lose()
    made.reopen()
    assert made.state == "draft" and not made.lost_reason


def test_the_offer_stock_counts_live_offers_once(seller: Env, valve: Article) -> None:
    first = offer(seller, customer(seller), mine(seller, valve))
    first.send()
    first.revise()
    assert seller.session.scalar(select(func.sum(Offer.open_value))) == 200


# -- who sees what ------------------------------------------------------------------------------------------------


def test_the_seller_sees_prices_and_only_the_manager_margins(
    env: Env, seller: Env, valve: Article, as_user: Callable[..., Env]
) -> None:
    made = offer(seller, customer(seller), mine(seller, valve), quantity=2)
    assert seller.session.scalar(select(OfferLine.price)) == 100
    for field in (OfferLine.cost, OfferLine.margin, Offer.margin, Offer.margin_percent):
        with pytest.raises(AccessError):
            seller.session.scalar(select(field))
    manager = as_user("offers.manager", "products.costs", company=seller.company)
    assert manager.session.execute(select(Offer.margin, Offer.margin_percent)).one() == (80, 40)
    assert made.lines[0].cost == 60  # the line has it, whoever made it


def test_readers_read_and_strangers_do_not(
    env: Env, seller: Env, valve: Article, as_user: Callable[..., Env]
) -> None:
    made = offer(seller, customer(seller), mine(seller, valve))
    reader = as_user("offers.reader", company=seller.company)
    found = reader.get(Offer, made.id)
    assert found is not None and found.total == 250
    with pytest.raises(AccessError):
        found.send()
    stranger = as_user("offers.manager", company=company(env, "Syd ApS"))
    assert stranger.get(Offer, made.id) is None
    assert stranger.session.scalars(select(OfferLine)).all() == []
