"""The first sale, in the generated pages alone: from the call of somebody unknown to the confirmed order, and back.

Rita answers the telephone, Anna sells, Morten is the manager, Eva works for the other company.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.env import Env
from core.testing.form import Client, Refused
from core.testing.kit import DoomedDatabase
from core.web import visits
from core.web.dispatch import Dispatcher

PASSWORD = "amber-turbine-31"


@pytest.fixture
def database_kind() -> str:
    """Making the demo company takes seconds; what the pages do on both databases is tested in tests/web."""
    return "sqlite"


@pytest.fixture
def desk(db: DoomedDatabase, env: Env) -> Callable[[str], Client]:
    """``desk("rita")``: Rita at her desk."""
    known = visits.principals(env)
    for user, _login, _what in env.hooks.collect("kontor_demo_logins", env=env):
        known.set_password(user, PASSWORD)
    env.flush()
    application = Dispatcher.serving(db)
    return lambda login: Client(application).log_in(login, PASSWORD)


def test_the_first_sale(desk: Callable[[str], Client]) -> None:
    # Somebody calls whom nobody knows. Rita writes down who it is, and company and person are made on the way.
    rita = desk("rita")
    call = rita.menu("Calls").new()
    call.type(subject="Needs ball valves", caller_company="Holm Kedler A/S", caller_name="Per Holm")
    call.set("caller_number", "86 12 34 56")
    call.save()
    call.click("Create contact")
    assert (call.text("partner"), call.text("person")) == ("Holm Kedler A/S", "Per Holm")
    assert not call.shows("group-caller")

    # It becomes an opportunity of Anna, with one click.
    call.set("salesperson", "Anna")
    call.click("Make opportunity")
    assert call.text("owner") == "Anna Kjær"
    deal = call.url

    # Anna makes the offer. A part of an article's code or name finds it; totals follow at once.
    anna = desk("anna")
    offer = anna.form(deal).click("Make offer")
    assert offer.text("partner") == "Holm Kedler A/S"
    for article, quantity in (("KV2M-015", "40"), ("actuator", "2"), ("gasket set", "10")):
        line = offer.add_line("lines")
        line.set("article", article)
        line.set("quantity", quantity)
        assert line.text("price") and line.text("vat_rate")
    before = offer.text("total")
    first = offer.lines("lines")[0]
    first.set("discount", "10")
    assert offer.text("total") != before

    # Lines are moved and removed in place.
    offer.lines("lines")[2].move(-1)
    offer.lines("lines")[1].remove()
    assert offer.lines("lines")[0].text("article").startswith("KV2M-015")
    shown = [(line.text("article"), line.text("quantity"), line.text("net")) for line in offer.lines("lines")]
    assert len(shown) == 2
    offer.save()
    offer.click("Mark as sent")
    assert not offer.lines("lines")[0].is_editable("quantity")

    # The customer accepts: the order exists with the same lines, and nothing holds it.
    order = offer.click("Accept")
    assert order.url.startswith("/app/orders.order/")
    assert [(line.text("article"), line.text("quantity"), line.text("net")) for line in order.lines("lines")] == shown
    current = order.page.select_one(".status-step[aria-current=step]")
    assert current is not None and current["data-state"] == "confirmed"

    # One click shows the whole thread back to the call.
    story = order.panel("thread")
    words = ["Activity", "Opportunity", "Offer", "Order"]
    assert [word for one in story if "Follow up" not in one for word in words if word in one] == words

    # Costs and margins are the manager's. The other company sees nothing of it.
    assert not order.shows("margin") and not order.shows("cost")
    morten = desk("morten")
    assert morten.form(order.url).shows("margin")
    eva = desk("eva")
    for address in (order.url, deal):
        with pytest.raises(Refused, match="404"):
            eva.form(address)
    assert eva.list("/app/partners.partner").search("Holm Kedler").rows == []
