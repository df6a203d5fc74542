"""The form protocol as the user meets it: see docs/frontend.md."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.browser.desk import Desk, Server

pytestmark = pytest.mark.browser


@pytest.fixture
def order(page: Page) -> Page:
    page.goto("/form")
    return page


def total(page: Page) -> str:
    return page.locator("#w-net output").inner_text()


def test_a_change_recalculates_and_rounds(order: Page, desk: Desk) -> None:
    order.fill("#lines-0-quantity", "1.2345")
    order.keyboard.press("Tab")
    expect(order.locator("#lines-0-quantity")).to_have_value("1.23")
    expect(order.locator("#w-lines-0-net .value")).to_have_text("12.30")
    expect(order.locator("#w-net output")).to_have_text("17.30")
    expect(order.locator("#lines-0-price")).to_be_focused()
    sent = desk.posted("/order/1/draft")[-1]
    assert sent["_changed"] == ["lines-0-quantity"]
    assert sent["#csrf"] == ["secret"]


def test_what_is_typed_meanwhile_wins(order: Page, desk: Desk) -> None:
    desk.delays = [0.5]
    order.fill("#lines-0-article-text", "V-2")
    order.get_by_role("option").first.wait_for()
    order.keyboard.press("Tab")  # takes the gate valve: the server will set the price to 100
    order.fill("#lines-0-price", "77.7")
    expect(order.locator("#w-net output")).to_have_text("205.00")
    expect(order.locator("#lines-0-price")).to_have_value("77.7")
    order.keyboard.press("Tab")
    expect(order.locator("#w-net output")).to_have_text("160.40")
    assert desk.posted("/order/1/draft")[-1]["_changed"] == ["lines-0-price"]


def test_a_price_typed_before_the_article_was_found_stays(order: Page, desk: Desk) -> None:
    desk.lookup_delays = {"V-2": 0.5}
    order.fill("#lines-0-article-text", "V-2")
    order.keyboard.press("Tab")
    order.fill("#lines-0-price", "77.7")
    order.keyboard.press("Tab")
    expect(order.locator("#lines-0-article")).to_have_value("2")
    expect(order.locator("#w-net output")).to_have_text("160.40")
    expect(order.locator("#lines-0-price")).to_have_value("77.7")
    assert desk.posted("/order/1/draft")[-1]["_changed"] == ["lines-0-article lines-0-price"]


def test_saving_waits_for_the_record_that_the_words_name(order: Page, desk: Desk) -> None:
    desk.lookup_delays = {"V-2": 0.3}
    order.focus("#lines-0-article-text")
    order.fill("#lines-0-article-text", "V-2")
    order.keyboard.press("Control+s")
    order.wait_for_url("**/saved")
    saved = desk.posted("/order/1/save")[0]
    assert saved["lines-0-article"] == ["2"]
    assert saved["_changed"] == ["lines-0-article"]


def test_typing_taken_back_asks_again(order: Page, desk: Desk) -> None:
    desk.delays = [0.5]
    order.fill("#lines-0-quantity", "3")
    order.keyboard.press("Tab")
    order.fill("#lines-1-quantity", "1.239")
    order.keyboard.press("Tab")
    expect(order.locator("#lines-1-quantity")).to_have_value("1.24")
    assert desk.posted("/order/1/draft")[-1]["_changed"] == ["lines-0-quantity lines-1-quantity"]


def test_the_newer_answer_counts(order: Page, desk: Desk) -> None:
    desk.delays = [0.6, 0]
    order.fill("#lines-0-quantity", "3")
    order.keyboard.press("Tab")
    order.fill("#lines-0-price", "20")
    order.keyboard.press("Tab")
    expect(order.locator("#w-net output")).to_have_text("65.00")
    order.wait_for_timeout(700)
    assert total(order) == "65.00"
    assert desk.posted("/order/1/draft")[-1]["_changed"] == ["lines-0-quantity lines-0-price"]


def test_lines_by_keyboard(order: Page, desk: Desk) -> None:
    order.focus("#lines-1-quantity")
    order.keyboard.press("Enter")  # below the last line: a new one
    expect(order.locator("#lines-2-article-text")).to_be_focused()
    order.keyboard.press("Alt+ArrowUp")
    order.keyboard.press("Alt+ArrowUp")
    expect(order.locator("#lines-2-article-text")).to_be_focused()
    order.focus("#lines-2-quantity")
    order.keyboard.press("Enter")
    expect(order.locator("#lines-0-quantity")).to_be_focused()
    order.keyboard.press("Alt+Delete")
    expect(order.locator("input[name=lines-order]")).to_have_value("2 1")
    expect(order.locator("input[name=lines-removed]")).to_have_value("41")
    expect(order.locator("#w-net output")).to_have_text("15.00")
    order.get_by_role("button", name="Undo").click()
    expect(order.locator("input[name=lines-order]")).to_have_value("2 0 1")
    expect(order.locator("input[name=lines-removed]")).to_have_value("")
    expect(order.locator("#w-net output")).to_have_text("35.00")


def test_lines_by_buttons_and_drag(order: Page) -> None:
    order.locator("[data-row='0'] [data-line-down]").click()
    expect(order.locator("input[name=lines-order]")).to_have_value("1 0")
    order.locator("[data-row='0'] [data-line-handle]").drag_to(
        order.locator("[data-row='1'] [data-line-handle]"), target_position={"x": 2, "y": 1}
    )
    expect(order.locator("input[name=lines-order]")).to_have_value("0 1")


def test_three_clicks_save_once(order: Page, desk: Desk) -> None:
    desk.save_delay = 0.4
    order.fill("#reference", "PO 9")
    order.evaluate("for (let i = 0; i < 3; i++) document.querySelector('[data-save]').click()")
    order.wait_for_url("**/saved")
    assert len(desk.posted("/order/1/save")) == 1


def test_control_s_saves_what_stands_in_the_focused_field(order: Page, desk: Desk) -> None:
    order.focus("#reference")
    order.keyboard.type("PO 10")
    order.keyboard.press("Control+s")
    order.wait_for_url("**/saved")
    assert desk.posted("/order/1/save")[0]["reference"] == ["PO 10"]
    assert desk.posted("/order/1/save")[0]["_changed"] == ["reference"]


def test_enter_commits_and_does_not_save(order: Page, desk: Desk) -> None:
    order.focus("#reference")
    order.keyboard.type("PO")
    order.keyboard.press("Enter")
    expect(order.locator("#reference")).to_be_focused()
    order.wait_for_timeout(100)
    assert [path for path, _ in desk.posts] == ["/order/1/draft"]


def test_an_action_button_posts_the_form_to_its_own_address(order: Page, desk: Desk) -> None:
    order.get_by_role("button", name="Confirm").click()
    order.wait_for_url("**/saved")
    assert desk.posted("/order/1/do/confirm")[0]["_do"] == ["confirm"]


def test_refused_input_is_shown_at_its_field(order: Page, desk: Desk) -> None:
    desk.save_status = 422
    order.fill("#reference", "x")
    order.click("[data-save]")
    expect(order.locator("#e-reference")).to_have_text("Too short")
    expect(order.locator("#messages")).to_have_text("Not saved")
    expect(order.locator("#reference")).to_be_focused()
    expect(order.locator("#reference")).to_have_value("x")
    expect(order.locator("[data-save]")).to_be_enabled()


@pytest.mark.parametrize(("status", "words"), [(500, "could not do this"), (403, "refused this (403)")])
def test_a_failing_server_never_replaces_the_page(order: Page, desk: Desk, status: int, words: str) -> None:
    desk.save_status = status
    order.fill("#reference", "PO 11")
    order.click("[data-save]")
    expect(order.get_by_role("alert")).to_contain_text(words)
    expect(order.locator("#reference")).to_have_value("PO 11")


def test_an_ended_session_keeps_every_character(order: Page, desk: Desk) -> None:
    desk.save_status = 401
    order.fill("#note", "Ring «Łódź» før ÆØÅ")
    order.fill("#partner-text", "anker")
    order.keyboard.press("Tab")
    expect(order.locator("#partner")).to_have_value("8")
    order.click("[data-line-add]")
    order.fill("#lines-2-quantity", "9")
    order.locator("[data-row='0'] [data-line-remove]").click()
    order.locator("[data-row='2'] [data-line-up]").click()
    order.click("[data-save]")
    order.get_by_role("link", name="Log in").click()  # nobody asks whether to leave
    order.wait_for_url("**/login?next=%2Fform")
    order.goto("/form")
    expect(order.get_by_role("status").first).to_contain_text("Your unsaved input")
    expect(order.locator("#note")).to_have_value("Ring «Łódź» før ÆØÅ")
    expect(order.locator("#partner-text")).to_have_value("Anker Pumper")
    expect(order.locator("#partner")).to_have_value("8")
    expect(order.locator("#lines-2-quantity")).to_have_value("9")
    expect(order.locator("input[name=lines-order]")).to_have_value("2 1")
    expect(order.locator("input[name=lines-removed]")).to_have_value("41")
    expect(order.locator("#w-net output")).to_have_text("95.00")
    assert desk.posted("/order/1/draft")[-1]["_changed"] == [""]
    order.get_by_role("button", name="Discard it").click()
    expect(order.locator("#note")).to_have_value("")
    expect(order.locator("input[name=lines-order]")).to_have_value("0 1")


def test_another_user_in_the_same_tab_sees_nothing_of_it(order: Page) -> None:
    order.fill("#note", "secret")
    order.evaluate("dispatchEvent(new Event('pagehide'))")
    assert order.evaluate("Object.keys(sessionStorage)") == ["kontor:kept:1:/order/1/save"]


def test_saved_input_is_not_kept(order: Page) -> None:
    order.fill("#note", "done")
    order.wait_for_timeout(300)
    order.click("[data-save]")
    order.wait_for_url("**/saved")
    assert order.evaluate("Object.keys(sessionStorage)") == []


def test_leaving_with_unsaved_input_asks(order: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    order.on("dialog", stay)
    order.click("#note")
    order.keyboard.type("x")
    order.close(run_before_unload=True)
    order.wait_for_timeout(300)
    assert asked == ["beforeunload"]


def test_discard_leaves_without_asking(order: Page) -> None:
    order.click("#note")
    order.keyboard.type("x")
    order.get_by_role("link", name="Cancel").click()
    order.wait_for_url("**/list")
    order.goto("/form")
    expect(order.locator("#note")).to_have_value("")


def test_saving_without_connection_keeps_the_page(order: Page, server: Server, desk: Desk) -> None:
    order.fill("#reference", "PO 12")
    server.stop()
    try:
        order.click("[data-save]")
        expect(order.get_by_role("alert")).to_contain_text("No connection")
        expect(order.locator("[data-save]")).to_be_enabled()
    finally:
        server.start()
    order.click("[data-save]")
    order.wait_for_url("**/saved")
    assert desk.posted("/order/1/save")[-1]["reference"] == ["PO 12"]


def test_a_restarted_server_is_waited_for(order: Page, server: Server) -> None:
    server.stop()
    try:
        order.fill("#lines-0-quantity", "4")
        order.keyboard.press("Tab")
        expect(order.get_by_role("alert")).to_contain_text("No connection")
    finally:
        server.start()
    expect(order.locator("#w-net output")).to_have_text("45.00", timeout=8000)
    expect(order.get_by_role("alert")).to_have_count(0)
