"""Choosing a linked record by typing part of its name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk

pytestmark = pytest.mark.browser


@pytest.fixture
def order(page: Page) -> Page:
    page.goto("/form")
    return page


def test_arrows_and_enter_choose(order: Page, desk: Desk) -> None:
    box = order.get_by_role("combobox", name="Customer")
    box.click()
    box.press_sequentially("an")
    order.get_by_role("option", name="Create").wait_for()
    expect(order.get_by_role("option")).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    assert order.locator(f"#{box.get_attribute('aria-activedescendant')}").inner_text().startswith("Anker")
    box.press("Enter")
    expect(box).to_have_value("Anker Pumper")
    expect(order.locator("#partner")).to_have_value("8")
    expect(order.locator("#terms")).to_have_value("30 days")  # the choice is a change
    assert desk.posted("/order/1/draft")[-1]["_changed"] == ["partner"]


def test_escape_gives_back_what_was_chosen(order: Page) -> None:
    box = order.locator("#lines-0-article-text")
    box.click()
    box.fill("gate")
    expect(order.get_by_role("option")).to_have_count(1)
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Escape")
    expect(box).to_have_value("V-100 Ball valve")
    expect(order.locator("#lines-0-article")).to_have_value("1")


def test_a_code_typed_faster_than_the_list_comes(order: Page, desk: Desk) -> None:
    desk.lookup_delays = {"V-200": 0.3}
    order.fill("#lines-0-article-text", "V-200")
    order.keyboard.press("Tab")
    expect(order.locator("#lines-0-article-text")).to_have_value("V-200 Gate valve")
    expect(order.locator("#lines-0-article")).to_have_value("2")


def test_a_late_answer_is_ignored(order: Page, desk: Desk) -> None:
    desk.lookup_delays = {"a": 0.6}
    box = order.locator("#partner-text")
    box.click()
    box.fill("a")
    order.wait_for_timeout(250)
    box.fill("łódź")
    expect(order.get_by_role("option").first).to_contain_text("Łódź Zawory")
    order.wait_for_timeout(600)
    expect(order.get_by_role("option")).to_have_count(2)


def test_words_that_fit_no_record_stay_and_are_marked(order: Page, desk: Desk) -> None:
    box = order.locator("#lines-0-article-text")
    box.fill("nonsense")
    box.press("Tab")
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_value("nonsense")
    expect(order.locator("#lines-0-article")).to_have_value("")
    expect(box).to_have_attribute("title", "No record fits these words.")


def test_emptied_means_none(order: Page) -> None:
    order.fill("#lines-0-article-text", "")
    order.keyboard.press("Tab")
    expect(order.locator("#lines-0-article")).to_have_value("")


def test_a_record_is_created_on_the_way(order: Page, desk: Desk) -> None:
    box = order.locator("#partner-text")
    box.click()
    box.fill("Nyborg VVS")
    order.get_by_role("option", name="Create").click()
    expect(order.get_by_role("dialog", name="New partner")).to_be_visible()
    order.get_by_label("Name").fill("Nyborg VVS ApS")
    order.keyboard.press("Control+s")
    expect(box).to_have_value("Nyborg VVS ApS")
    expect(order.locator("#partner")).to_have_value("77")
    expect(box).to_be_focused()
    expect(order.locator("dialog")).to_have_count(0)
    assert [path for path, _ in desk.posts] == ["/partner/new", "/order/1/draft"]


def test_a_new_line_has_a_working_lookup(order: Page) -> None:
    order.click("[data-line-add]")
    order.keyboard.type("actu")
    order.get_by_role("option").first.wait_for()
    order.keyboard.press("Enter")
    expect(order.locator("#lines-2-article")).to_have_value("3")
    expect(order.locator("#lines-2-price")).to_have_value("100.00")
