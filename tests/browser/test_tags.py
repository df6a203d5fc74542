"""Several linked records in one field: tags that are found by typing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import places
from tests.browser.keyboard import fill, take

pytestmark = pytest.mark.browser


def test_tags_by_keyboard(desk_of: Callable[..., Page]) -> None:
    page = desk_of("rita")
    places.person(page)
    tags = page.locator("#w-persons .tag")
    expect(tags).to_have_count(0)
    fill(page, "Others present", "allan")
    take(page, "Allan")
    page.keyboard.type("jør")
    take(page, "Jør")
    expect(tags).to_have_count(2)
    page.keyboard.type("allan bach")
    expect(page.locator(".lookup-option").filter(has_text="Allan Bach").locator("visible=true")).to_have_count(0)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Backspace")
    expect(tags).to_have_count(1)
    page.wait_for_timeout(300)  # typed input is kept shortly after
    page.reload()
    expect(tags).to_have_text(["Allan Bach✕"])
    expect(page.locator("#notice-restored")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator("#flash")).to_contain_text("Saved")
    expect(tags).to_have_count(1)
    page.get_by_role("button", name="Remove Allan Bach").click()
    expect(tags).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.locator("#flash")).to_contain_text("Saved")
    expect(tags).to_have_count(0)
