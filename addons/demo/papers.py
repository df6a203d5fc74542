"""Three years of business: calls, opportunities, offers and orders that came out of each other; and what is open."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from addons.activities.models import Activity
from addons.base.models import Edge
from addons.crm.models import Deal, LostReason, Stage
from addons.demo.names import COMPETITORS, PROJECTS
from addons.offers.models import Offer, OfferLine
from addons.orders.models import Order
from addons.orders.models.offer import _DOCUMENT, _order_line
from addons.partners.models import Partner
from addons.products.models import Article
from core import Env, Model

if TYPE_CHECKING:
    from addons.base.models import User
    from addons.demo.company import House

#: offers, and orders that came without one, of each house
STORIES = (136, 60)
DIRECT = (20, 9)
DAYS = 900
_REMAINING = ("Annual visit", "Reminder of open questions", "Delivery date", "Question about actuators", "News")
_STEPS = ("Call", "Visit", "Send drawings", "Ask for decision")
_TOPICS = ("Valves for {project}", "Offer wanted: {project}", "{project}: actuators and valves", "Prices for {project}")


@dataclass
class Story:
    """What happened with one customer about one thing, from the first day on."""

    house: House
    partner: Partner
    day: datetime.date
    number: int
    direct: bool = False


def make_papers(env: Env, chance: random.Random, houses: list[House], articles: list[Article]) -> None:
    """All papers, in order of their days, so that numbers follow them."""
    writer = _Writer(env, chance, articles)
    for story in sorted(_stories(env, chance, houses), key=lambda one: one.day):
        writer.write(story)
    env.flush()
    writer.write_orders()
    env.flush()
    writer.write_edges()
    writer.plan_calls(houses)


def _stories(env: Env, chance: random.Random, houses: list[House]) -> Iterator[Story]:
    for house, offers, direct in zip(houses, STORIES, DIRECT, strict=True):
        buyers = [one for one in house.customers if one.lifecycle != "dormant"]
        weights = [{"A": 6, "B": 3, "C": 1}[one.abc_class or "C"] for one in buyers]
        for number in range(offers + direct):
            back = int(DAYS * chance.random() ** 2.4) + 1
            day = env.today - datetime.timedelta(days=back)
            while day.weekday() > 4:
                day -= datetime.timedelta(days=1)
            yield Story(house, chance.choices(buyers, weights)[0], day, number, direct=number >= offers)


class _Writer:
    """Writes stories; edges wait until everything has its id."""

    def __init__(self, env: Env, chance: random.Random, articles: list[Article]) -> None:
        self.env = env
        self.chance = chance
        self.articles = articles
        self.goods = [one for one in articles if one.product.group is not None and one.product.group.code != "S"]
        self.work = [one for one in articles if one.product.group is not None and one.product.group.code == "S"]
        model: Any = env.info(Stage).cls
        self.stages: list[Stage] = list(env.session.scalars(select(model).order_by(model.sequence)))
        self.reasons: list[LostReason] = list(env.session.scalars(select(LostReason)))
        self.edges: list[tuple[Model, Model, str, datetime.datetime]] = []
        self.values: list[tuple[Deal, Offer]] = []
        #: orders to come, with the offer that each is made of, or the call
        self.orders: list[tuple[datetime.datetime, Story, Offer | None]] = []

    def write(self, story: Story) -> None:
        if story.direct:
            self.orders.append((self._moment(story.day), story, None))
            return
        chance, today = self.chance, self.env.today
        project = chance.choice(PROJECTS)
        topic = chance.choice(_TOPICS).format(project=project)
        topic = topic[0].upper() + topic[1:]
        at = self._moment(story.day)
        before: Model | None = None
        deal: Deal | None = None
        seller = story.partner.owner or story.house.sellers[0]
        if chance.random() < 0.7:
            before = self._call(story, topic, at, seller)
        age = (today - story.day).days
        outcome = self._outcome(age)
        if chance.random() < 0.8:
            deal = self._deal(story, topic, at, seller, outcome)
            if before is not None:
                self._edge(before, deal, "opportunity", at)
            before = deal
        later = min(at + datetime.timedelta(hours=chance.randint(1, 5)), self.env.now)
        offer = self._offer(story, topic, later, seller, outcome, deal)
        if before is not None:
            self._edge(before, offer, "offer", later)
        if deal is not None:
            self.values.append((deal, offer))
        if outcome == "accepted":
            ordered = later + datetime.timedelta(days=chance.randint(2, 20))
            self.orders.append((min(ordered, self.env.now), story, offer))

    def write_orders(self) -> None:
        """The orders, in order of their days; values of opportunities are known by now."""
        for deal, offer in self.values:
            deal.value = offer.net
        for at, story, made_of in sorted(self.orders, key=lambda one: one[0]):
            if made_of is None:
                self._direct_order(story, at)
            else:
                self._order(story, made_of, at)

    def _outcome(self, age: int) -> str:
        """The state of an offer of this age."""
        if age < 7:
            return self.chance.choices(("draft", "sent"), (60, 40))[0]
        if age < 40:
            return self.chance.choices(("sent", "accepted", "lost", "draft"), (58, 26, 9, 7))[0]
        return self.chance.choices(("accepted", "lost", "expired", "withdrawn"), (52, 30, 14, 4))[0]

    # -- the records ------------------------------------------------------------------------------------------

    def _call(self, story: Story, topic: str, at: datetime.datetime, seller: User) -> Activity:
        person = self._person(story.partner)
        point = next((one.value for one in (person or story.partner).contact_points if one.kind != "mail"), None)
        return self.env[Activity](
            company=story.house.company,
            kind=self.chance.choices(("call", "mail", "visit", "meeting"), (60, 22, 12, 6))[0],
            direction=self.chance.choices(("in", "out"), (75, 25))[0],
            subject=topic,
            partner=story.partner,
            person=person,
            user=story.house.reception or seller,
            salesperson=seller,
            caller_number=point,
            state="done",
            done_at=at,
            created_at=at,
            duration=self.chance.choice((3, 5, 5, 8, 12, 20, 45)),
            outcome=self.chance.choice(("Wants an offer", "Sends drawings", "Calls back next week", None)),
        )

    def _deal(self, story: Story, topic: str, at: datetime.datetime, seller: User, outcome: str) -> Deal:
        chance, today = self.chance, self.env.today
        stage = self.stages[{"draft": 1, "sent": chance.choice((2, 2, 3))}.get(outcome, 3)]
        state = {"accepted": "won", "draft": "open", "sent": "open", "lost": "lost"}.get(outcome, "lost")
        closed = at + datetime.timedelta(days=chance.randint(7, 40)) if state != "open" else None
        return self.env[Deal](
            company=story.house.company,
            name=topic,
            partner=story.partner,
            person=self._person(story.partner),
            owner=seller,
            currency=story.partner.currency or story.house.company.currency,
            pipeline=stage.pipeline,
            stage=stage,
            probability={"won": Decimal(100), "lost": Decimal(0)}.get(state, stage.probability),
            state=state,
            created_at=at,
            closed_at=min(closed, self.env.now) if closed is not None else None,
            expected_close=story.day + datetime.timedelta(days=chance.randint(20, 90)),
            next_step=chance.choice(_STEPS) if state == "open" else None,
            next_step_on=today + datetime.timedelta(days=chance.randint(-4, 21)) if state == "open" else None,
            lost_reason=chance.choice(self.reasons) if state == "lost" else None,
            lost_to=chance.choice(COMPETITORS) if state == "lost" else None,
        )

    def _offer(
        self, story: Story, topic: str, at: datetime.datetime, seller: User, outcome: str, deal: Deal | None
    ) -> Offer:
        chance, partner = self.chance, story.partner
        day = at.date()
        answered = at + datetime.timedelta(days=chance.randint(3, 25))
        offer = self.env[Offer](
            company=story.house.company,
            partner=partner,
            person=deal.person if deal is not None else self._person(partner),
            title=topic,
            date=day,
            created_at=at,
            currency=story.house.company.currency,
            language=partner.language or story.house.company.language,
            responsible=seller,
            valid_until=day + datetime.timedelta(days=30),
            follow_up_on=day + datetime.timedelta(days=7),
            delivery_time=chance.choice(("2 weeks from order", "4 weeks from order", "From stock", "6-8 weeks")),
            delivery_term=partner.delivery_term,
            probability=deal.probability if deal is not None else Decimal(50),
            deal=deal,
            state=outcome,
            sent_at=None if outcome == "draft" else at,
            answered_at=min(answered, self.env.now) if outcome in ("accepted", "lost") else None,
            lost_reason=chance.choice(("price", "time", "product", "other")) if outcome == "lost" else None,
            lost_to=chance.choice(COMPETITORS) if outcome == "lost" else None,
        )
        offer.lines.extend(self._lines(OfferLine))
        return offer

    def _lines(self, model: type[Any]) -> list[Any]:
        chance = self.chance
        chosen = chance.sample(self.goods, chance.choice((1, 2, 2, 3, 3, 4, 5, 6)))
        if chance.random() < 0.35:
            chosen.append(chance.choice(self.work))
        return [
            self.env[model](
                sequence=10 * (number + 1),
                article=article,
                quantity=Decimal(chance.choice((1, 1, 2, 2, 3, 4, 5, 6, 8, 10, 12, 20))),
                price=article.list_price,
                discount=Decimal(chance.choice((0, 0, 5, 10, 10, 12, 15, 20))),
            )
            for number, article in enumerate(chosen)
        ]

    def _order(self, story: Story, offer: Offer, at: datetime.datetime) -> None:
        order = self.env[Order](
            offer=offer,
            lines=[_order_line(line) for line in offer.lines],
            **self._order_values(story, at),
            **{name: getattr(offer, name) for name in _DOCUMENT},
        )
        self._edge(offer, order, "order", at)
        self._promise(order, at)

    def _direct_order(self, story: Story, at: datetime.datetime) -> None:
        seller = story.partner.owner or story.house.sellers[0]
        order = self.env[Order](
            company=story.house.company,
            partner=story.partner,
            person=self._person(story.partner),
            currency=story.house.company.currency,
            language=story.partner.language,
            responsible=seller,
            delivery_term=story.partner.delivery_term,
            **self._order_values(story, at),
        )
        order.lines.extend(self._lines(order.info.models["orders.order_line"].cls))
        call = self._call(story, "Order by telephone", at, seller)
        self._edge(call, order, "order", at)
        self._promise(order, at)

    def _order_values(self, story: Story, at: datetime.datetime) -> dict[str, Any]:
        chance = self.chance
        age = (self.env.today - at.date()).days
        if age > 70:
            state = chance.choices(("done", "cancelled"), (96, 4))[0]
        elif age > 20:
            state = chance.choices(("done", "in_progress", "confirmed"), (35, 40, 25))[0]
        else:
            state = chance.choices(("confirmed", "in_progress", "draft"), (65, 20, 15))[0]
        return {
            "date": at.date(),
            "created_at": at,
            "state": state,
            "confirmed_at": None if state == "draft" else at,
            "customer_po": f"{chance.randint(4_500_000, 4_599_999)}" if chance.random() < 0.7 else None,
            "requested_date": at.date() + datetime.timedelta(days=chance.randint(10, 45)),
            "cancel_reason": "Project was stopped" if state == "cancelled" else None,
            "hold": "Waiting for the customer's drawing" if state == "draft" else None,
        }

    def _promise(self, order: Order, at: datetime.datetime) -> None:
        if order.state == "draft":
            return
        order.promised_date = at.date() + datetime.timedelta(days=self.chance.randint(7, 50))
        for line in order.lines:
            line.promised_date = order.promised_date

    # -- parts ------------------------------------------------------------------------------------------------

    def _person(self, partner: Partner) -> Partner | None:
        people = [one.person for one in partner.people]
        return self.chance.choice(people) if people else None

    def _moment(self, day: datetime.date) -> datetime.datetime:
        time = datetime.time(self.chance.randint(8, 15), self.chance.randint(0, 59))
        return datetime.datetime.combine(day, time, datetime.UTC)

    def _edge(self, source: Model, target: Model, kind: str, at: datetime.datetime) -> None:
        self.edges.append((source, target, kind, min(at, self.env.now)))

    def write_edges(self) -> None:
        for source, target, kind, at in self.edges:
            company = getattr(target, "company", None)
            self.env[Edge](source=source, target=target, kind=kind, at=at, company=company)

    def plan_calls(self, houses: list[House]) -> None:
        """What is to be done in the next weeks, some of it late; and calls that led to nothing."""
        chance, env = self.chance, self.env
        kinds = ("call", "follow_up", "visit", "task")
        for house, planned, done in zip(houses, (45, 15), (220, 90), strict=True):
            for number in range(planned + done):
                partner = chance.choice(house.customers)
                seller = partner.owner or house.sellers[0]
                future = number < planned
                days = chance.randint(-3, 20) if future else -chance.randint(1, DAYS)
                at = self._moment(env.today + datetime.timedelta(days=days))
                past_kinds = ("call", "mail", "visit")
                env[Activity](
                    company=house.company,
                    kind=chance.choices(kinds, (50, 25, 15, 10))[0] if future else chance.choice(past_kinds),
                    direction="out" if future else chance.choice(("in", "out")),
                    subject=chance.choice(_REMAINING),
                    partner=partner,
                    person=self._person(partner),
                    user=seller,
                    salesperson=seller,
                    state="planned" if future else "done",
                    planned_at=at if future else None,
                    done_at=None if future else min(at, env.now),
                    created_at=min(at, env.now),
                    duration=None if future else chance.choice((3, 5, 10, 15, 60)),
                )
