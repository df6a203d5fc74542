"""A real Chromium and, for the scripts alone, a tiny server. Without a browser these tests say so and skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from core.web.assets import DIST
from tests.browser.desk import Desk, Server

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = os.environ.get("KONTOR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
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
