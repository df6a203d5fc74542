"""The story of a sale through forms and lists as the server answers them, without a browser, on the demo company.

``tests/browser/scenario_story.py`` tells it with keys and pixels; here it runs on every database.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

import core.web.app  # noqa: F401  registers the builder
from core.addon.discover import discover
from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.env import Env
from core.testing.form import Client, Form, Refused, soup, words
from core.testing.kit import DoomedDatabase
from core.web import visits
from core.web.dispatch import Dispatcher

PASSWORD = "copper-valve-17"
MODELS = ("activities.activity", "crm.deal", "offers.offer", "orders.order", "partners.partner")

Desk = Callable[[str], Client]


@pytest.fixture(scope="module")
def manifests() -> tuple[Manifest, ...]:
    return closure(discover(), ["demo"])


@pytest.fixture
def desk(db: DoomedDatabase, env: Env) -> Desk:
    """``desk("anna")``: Anna at her desk in the demo company."""
    known = visits.principals(env)
    for user, _login, _what in env.hooks.collect("kontor_demo_logins", env=env):
        known.set_password(user, PASSWORD)
    env.flush()
    visits.forget_principals(db)
    application = Dispatcher.serving(db)
    return lambda login: Client(application).log_in(login, PASSWORD)


@dataclass
class Story:
    """Addresses of what came to be."""

    pages: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, form: Form) -> None:
        self.pages[what] = urlsplit(form.url).path


def test_a_sale(desk: Desk) -> None:
    story = Story()
    rita, anna = desk("rita"), desk("anna")
    take_the_call(rita, story)
    make_the_offer(anna, story)
    the_customer_accepts(anna, story)
    for colleague in (desk("bo"), rita, anna):
        prices_without_costs(colleague, story)
    the_manager_sees_costs(desk("morten"), story)
    nothing_next_door(desk("eva"), story)


def take_the_call(rita: Client, story: Story) -> None:
    call = rita.menu("Calls").new()
    assert "Done" in call.buttons
    assert "Cancel" not in call.buttons, "a new record offers only the way forward"
    call.type(
        subject="Ball valves for a boiler house",
        caller_number="86 12 34 56",
        caller_company="Holm Kedler A/S",
        caller_name="Per Holm",
    )
    call.click("Create contact")  # saves first
    story.note("call", call)
    assert (call.text("partner"), call.text("person")) == ("Holm Kedler A/S", "Per Holm")
    call.click("Done")
    call.set("salesperson", "anna").click("Make opportunity")
    story.note("deal", call)
    assert story.pages["deal"].startswith("/app/crm.deal/")
    assert call.text("owner") == "Anna Kjær"


def make_the_offer(anna: Client, story: Story) -> None:
    offer = anna.form(story.pages["deal"]).click("Make offer")
    story.note("offer", offer)
    valve = offer.add_line("lines").type(article="kvfs-05", quantity="4", discount="10")  # part of a code
    offer.add_line("lines").type(article="commission", quantity="1.5", price="950")  # part of a name
    lever = offer.add_line("lines").set("article", "lever small")
    assert valve.text("description") == "Kugleventil, flange, stål PN40 DN50"
    assert (valve.text("price"), valve.text("net"), lever.text("net")) == ("1905.00", "6,858.00", "55.00")
    assert totals(offer) == ("8,338.00 DKK", "2,084.50 DKK", "10,422.50 DKK")
    valve.set("quantity", "5")
    lever.move(-1)
    offer.lines("lines")[2].remove()
    assert totals(offer) == ("8,627.50 DKK", "2,156.88 DKK", "10,784.38 DKK")
    offer.save()
    assert [line.text("quantity") for line in offer.lines("lines")] == ["5", "1"]
    offer.click("Mark as sent")
    assert "Accept" in offer.buttons


def the_customer_accepts(anna: Client, story: Story) -> None:
    order = anna.form(story.pages["offer"]).click("Accept")
    story.note("order", order)
    assert story.pages["order"].startswith("/app/orders.order/")
    assert state(order) == "Confirmed"
    lines = [(line.text("article")[:8], line.text("quantity"), line.text("net")) for line in order.lines("lines")]
    assert lines == [("KVFS-050", "5", "8,572.50"), ("HGB-S Ha", "1", "55.00")]
    assert totals(order) == ("8,627.50 DKK", "2,156.88 DKK", "10,784.38 DKK")
    thread = soup(anna.get(f"{story.pages['order']}/thread"))
    entries = thread.select(".entry")
    kinds = [words(one.select_one(".badge")) for one in entries]
    assert kinds[:3] == ["Activity", "Opportunity", "Offer"]
    assert "Order" in kinds[3:]
    first = entries[0].select_one("a")
    assert first is not None
    assert first["href"] == story.pages["call"]


def prices_without_costs(colleague: Client, story: Story) -> None:
    """Colleagues read the customer and its papers; costs are in no page and cannot be asked for."""
    customer = colleague.list("/app/partners.partner", q="holm kedler").open("Holm Kedler A/S")
    story.note("partner", customer)
    for name in ("offer", "order"):
        paper = colleague.form(story.pages[name])
        first = paper.lines("lines")[0]
        assert (first.text("price"), first.text("discount")) in (("1,905.00", "10"), ("1905.00", "10"))
        assert not re.search("margin|cost", paper.answer.text, re.IGNORECASE)
    plain = colleague.list("/app/orders.order").rows
    assert colleague.list("/app/orders.order", sort="-margin").rows == plain
    assert colleague.list("/app/orders.order", group="margin", filter="margin").rows
    for expression in ("margin > 0", "any(lines, cost > 0)", "x17 > 0"):
        said = soup(colleague.get("/app/orders.order", params={"where": expression})).select_one("#where-error")
        assert said is not None, expression
    with pytest.raises(Refused):
        colleague.form(story.pages["order"]).set("margin", "1")


def the_manager_sees_costs(morten: Client, story: Story) -> None:
    order = morten.form(story.pages["order"])
    assert order.text("margin").endswith("DKK")
    assert order.lines("lines")[0].text("cost")
    assert morten.list("/app/orders.order", where="margin > 1000000000").rows == []
    assert "Margin" in morten.list("/app/orders.order").heads


def nothing_next_door(eva: Client, story: Story) -> None:
    for url in story.pages.values():
        assert "Holm Kedler" not in eva.get(url, 404).text
        assert "Holm Kedler" not in eva.get(f"{url}/thread", 404).text
    for model in MODELS:
        for params in ({"q": "Kedler", "filter": ""}, {"filter": "", "group": "partner"}, {"filter": ""}):
            assert "Holm Kedler" not in eva.get(f"/app/{model}", params=params).text
    offer = eva.form("/app/offers.offer/new")
    assert [one for one in offer.options("partner", "Holm Kedler") if one["id"] is not None] == []
    with pytest.raises(Refused):
        offer.set("partner", "Holm Kedler")


def totals(form: Form) -> tuple[str, ...]:
    return tuple(form.text(name).replace("\u00a0", " ") for name in ("net", "tax", "total"))


def state(form: Form) -> str:
    return words(form.page.select_one(".status [aria-current=step]"))
