"""A user without a mouse: every step is a key that is pressed; what keys cannot reach fails the test."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

#: a control further away than this is not within reach of a keyboard
FAR = 90


def tab_to(page: Page, target: Locator, backwards: bool = False) -> Locator:
    """Press Tab until ``target`` has the focus."""
    expect(target).to_have_count(1)
    for _step in range(FAR):
        # asked anew each time: an answer of the server may just have put another control in its place
        if target.evaluate("node => node === document.activeElement"):
            return target
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError(f"Tab does not reach {target}")


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go to a link or button and press it."""
    tab_to(page, target)
    page.keyboard.press(key)


def menu(page: Page, heading: str, entry: str) -> None:
    """Open an entry of the main menu."""
    bar = page.get_by_role("navigation", name="Main menu")
    press(page, bar.get_by_role("button", name=heading))
    link = bar.get_by_role("link", name=entry, exact=True)
    expect(link).to_be_visible()
    wanted = link.element_handle()
    for _step in range(20):
        page.keyboard.press("ArrowDown")
        if page.evaluate("wanted => document.activeElement === wanted", wanted):
            break
    with page.expect_navigation():
        page.keyboard.press("Enter")


def open_tab(page: Page, label: str) -> None:
    """Open a tab of the form: Tab leads to the open one, arrows to the others."""
    strip = page.get_by_role("tablist")
    tab_to(page, strip.get_by_role("tab", selected=True))
    wanted = strip.get_by_role("tab", name=label)
    for _step in range(12):
        if wanted.get_attribute("aria-selected") == "true":
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"arrows do not reach the tab {label}")


def fill(page: Page, label: str, text: str) -> Locator:
    """Go to the control with this label and type over what it holds."""
    control = tab_to(page, page.locator("form").get_by_label(label, exact=True))
    page.keyboard.press("Control+a")
    page.keyboard.type(text)
    return control


def choose(page: Page, label: str, words: str, option: str) -> None:
    """Type part of a name and take the option that is offered first."""
    fill(page, label, words)
    take(page, option)


def take(page: Page, option: str) -> None:
    """Take the first of the records that are offered; it is the one whose text begins with ``option``."""
    offered = page.locator(".lookup-list:popover-open").get_by_role("option")
    expect(offered.first).to_contain_text(option)
    page.keyboard.press("Enter")
    expect(offered).to_have_count(0)
