"""Brings a page into each state that a user knows: what axe judges and what is photographed for the documentation."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

Place = Callable[[Page], None]


def first(page: Page, listing: str) -> None:
    """Open the first record of a list."""
    page.goto(listing)
    page.locator("tr[data-href] a").first.click()
    page.wait_for_load_state()


def start(page: Page) -> None:
    page.goto("/app")


def a_list(page: Page) -> None:
    page.goto("/app/offers.offer")


def grouped(page: Page) -> None:
    page.goto("/app/offers.offer?filter=&group=state")
    page.locator("tr.group a").first.click()
    expect(page.locator("tr[data-href]").first).to_be_visible()


def search(page: Page) -> None:
    """Words, two filters, and the filters open."""
    page.goto("/app/offers.offer?filter=live,mine&q=valve")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name="Past their date")).to_be_visible()


def nothing_found(page: Page) -> None:
    page.goto("/app/offers.offer?q=nobodyhasthis")


def wrong_expression(page: Page) -> None:
    page.goto("/app/offers.offer?where=nett+%3E+1000")


def offer(page: Page) -> None:
    """A draft, which can be typed into."""
    first(page, "/app/offers.offer?filter=draft&q=valves")


def order(page: Page) -> None:
    first(page, "/app/orders.order?filter=open")


def partner(page: Page) -> None:
    first(page, "/app/partners.partner?filter=companies")


def call(page: Page) -> None:
    page.goto("/app/activities.activity/new")


def person(page: Page) -> None:
    """A form with links to several records."""
    first(page, "/app/activities.activity?filter=done")


def lookup(page: Page) -> None:
    """An article is looked for."""
    offer(page)
    page.get_by_role("button", name="Add a line").click()
    page.locator("#w-lines tbody tr").last.get_by_role("combobox", name="Article").type("ball 316")
    expect(page.locator(".lookup-option").first).to_be_visible()


def dialog(page: Page) -> None:
    """A customer is created on the way."""
    page.goto("/app/offers.offer/new")
    page.get_by_role("combobox", name="Customer").type("Holm Kedler")
    page.locator(".lookup-create").click()
    expect(page.locator("dialog form")).to_be_visible()


def errors(page: Page) -> None:
    """What was typed is wrong, and it was tried to save it."""
    offer(page)
    page.locator("#w-lines tbody tr").first.get_by_label("Quantity").fill("twelve")
    page.get_by_label("Probability %").fill("120")
    page.keyboard.press("Control+s")
    expect(page.locator(".field-error").first).to_be_visible()


def conflict(page: Page) -> None:
    """Somebody else saved the same field first."""
    partner(page)
    other = page.context.new_page()
    other.goto(page.url)
    website = other.get_by_label("Website")
    theirs = "https://aabenraa.example" if "www" in website.input_value() else "https://www.aabenraa.example"
    website.fill(theirs)
    other.keyboard.press("Control+s")
    expect(other.locator("#flash")).to_contain_text("Saved")
    other.close()
    page.get_by_label("Website").fill("https://biogas.example")
    page.keyboard.press("Control+s")
    expect(page.locator("table.conflict")).to_be_visible()


def story(page: Page) -> None:
    first(page, "/app/orders.order?filter=done")
    page.get_by_role("tab", name="Thread").click()
    expect(page.locator(".entry").first).to_be_visible()


def messages(page: Page) -> None:
    first(page, "/app/orders.order?filter=done")
    page.get_by_role("tab", name="Messages and files").click()
    expect(page.locator("#w-panel-messages")).to_be_visible()


def menu(page: Page) -> None:
    """The main menu, open; on a phone the whole of it."""
    page.goto("/app/offers.offer")
    opener = page.get_by_role("button", name="Menu", exact=True)
    if opener.is_visible():
        opener.click()
        expect(page.locator("#main-menu.show")).to_be_visible()
        page.wait_for_timeout(400)  # it slides in
    page.get_by_role("button", name="Sales").click()
    expect(page.get_by_role("link", name="Opportunities")).to_be_visible()


def columns(page: Page) -> None:
    page.goto("/app/offers.offer")
    page.get_by_role("button", name="Columns").click()


def missing(page: Page) -> None:
    page.goto("/app/offers.offer/999999")


def login(page: Page) -> None:
    page.goto("/login")


def refused(page: Page) -> None:
    """The password was wrong."""
    page.goto("/login")
    page.get_by_label("User name").fill("anna")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#login-error")).to_be_visible()


#: places of whoever has logged in
INSIDE: tuple[Place, ...] = (
    start, a_list, grouped, search, nothing_found, wrong_expression, offer, order, partner, call, person, lookup,
    dialog, errors, conflict, story, messages, menu, columns, missing,
)  # fmt: skip
OUTSIDE: tuple[Place, ...] = (login, refused)
