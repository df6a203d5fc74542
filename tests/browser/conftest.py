"""A real Chromium and, for the scripts alone, a tiny server. Without a browser these tests say so and skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from core.web.assets import DIST
from tests.browser.desk import Desk, Server
from tests.browser.house import PASSWORD, House, make_house

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def chromium() -> str | None:
    """The browser of this machine."""
    return os.environ.get("KONTOR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None:
        pytest.skip("no browser: install chromium or set KONTOR_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if not (DIST / "manifest.json").exists():
        pytest.skip("no bundles: start with `python3 run.py test`")
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def desk(server: Server) -> Desk:
    server.desk.forget()
    return server.desk


@pytest.fixture
def page(browser: Browser, server: Server, desk: Desk) -> Iterator[Page]:
    """A fresh page; the test fails when the Content-Security-Policy was violated or a script raised."""
    context = browser.new_context(base_url=server.url(""), viewport={"width": 1366, "height": 768})
    context.set_default_timeout(5000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def watch(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    page.on("console", watch)
    yield page
    context.close()
    assert not faults


# -- the demo company ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo company on a real server, made once."""
    if not (DIST / "manifest.json").exists():
        pytest.skip("no bundles: start with `python3 run.py test`")
    made = make_house(tmp_path_factory.mktemp("demo"))
    yield made
    made.stop()


@pytest.fixture
def desk_of(browser: Browser, house: House) -> Iterator[Callable[..., Page]]:
    """``desk_of("anna")``: a browser of her own in which Anna has logged in, by keyboard.

    The test fails when a script raised or the console said that something is wrong; a page that is refused says so.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def watch(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            faults.append(message.text)

    def open_desk(login: str = "", **options: Any) -> Page:
        options = {"viewport": {"width": 1366, "height": 768}, "locale": "en-GB", **options}
        context = browser.new_context(base_url=house.url, **options)
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", watch)
        if login:
            page.goto("/login")
            expect(page.get_by_label("User name")).to_be_focused()  # by itself; typing starts at once
            page.keyboard.type(login)
            page.keyboard.press("Tab")
            page.keyboard.type(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/app")
        return page

    yield open_desk
    for context in contexts:
        context.close()
    assert not faults
