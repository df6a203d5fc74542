"""Lists, theme, size of the scripts, and what axe says about both pages in both themes and widths."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.web.assets import DIST, SCRIPT_TEXTS, assets

FRONTEND = Path(assets.folder).parents[1] / "frontend"


@pytest.mark.browser
def test_rows_by_keyboard_and_back_to_the_same_row(page: Page) -> None:
    page.goto("/list")
    page.keyboard.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    for _ in range(59):
        page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("[data-href='/form?59']")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/form?59")
    page.go_back()
    expect(page.locator("[data-href='/form?59']")).to_be_focused()
    expect(page.locator("[data-href='/form?59']")).to_be_in_viewport()


@pytest.mark.browser
def test_a_click_opens_the_row(page: Page) -> None:
    page.goto("/list")
    page.locator("[data-href='/form?3'] td").nth(1).click()
    page.wait_for_url("**/form?3")


@pytest.mark.browser
def test_the_theme_is_remembered(page: Page) -> None:
    page.goto("/list")
    page.click("[data-theme-choice=dark]")
    page.goto("/form")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


@pytest.mark.browser
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/form", "/list"])
def test_axe_finds_nothing(page: Page, path: str, theme: str, width: int) -> None:
    axe = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("no axe-core: npm ci has not run in core/web/frontend")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(path)
    page.evaluate("theme => { document.documentElement.dataset.bsTheme = theme }", theme)
    if path == "/form":
        page.fill("#partner-text", "an")
        page.get_by_role("option").first.wait_for()
    page.evaluate(axe.read_text(encoding="utf-8"))
    faults = page.evaluate("""async () => {
        const {violations} = await axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]});
        return violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html} ${node.failureSummary}`));
    }""")
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_scripts_are_small() -> None:
    size = sum(len(gzip.compress(file.read_bytes())) for file in DIST.glob("*.js"))
    assert size < 120_000


def test_every_text_of_the_scripts_can_be_translated() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (FRONTEND / "src").glob("*.js"))
    used = set(re.findall(r'\bt\(\s*"([^"]+)"', sources))
    assert used == {str(text) for text in SCRIPT_TEXTS}
