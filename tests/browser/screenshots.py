"""Photographs the demo company for the documentation: ``.venv/bin/python -m tests.browser.screenshots``.

Needs the built front end and Chromium. The pictures go to docs/_static/screens, named place-size-theme.png; look at
every one before it is committed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser import places
from tests.browser.conftest import FLAGS, chromium
from tests.browser.house import PASSWORD, make_house
from tests.browser.test_axe import SIZES

TARGET = Path(__file__).parents[2] / "docs" / "_static" / "screens"
PLACES: dict[str, places.Place] = {
    "login": places.login,
    "start": places.start,
    "list": places.a_list,
    "search": places.search,
    "form": places.offer,
    "lookup": places.lookup,
    "conflict": places.conflict,
    "thread": places.story,
    "menu": places.menu,
}
#: a bar on a desktop, of which the other pictures show enough
ON_A_PHONE = {"menu"}


def main() -> int:
    program = chromium()
    if program is None:
        print("no browser: install chromium or set KONTOR_CHROMIUM")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        house = make_house(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=program, args=list(FLAGS), env={**os.environ, "LANGUAGE": "en_GB", "LC_ALL": "en_GB.UTF-8"}
        )
        try:
            for size in SIZES:
                for theme in ("light", "dark"):
                    photograph(browser, house.url, size, theme)
        finally:
            browser.close()
            house.stop()
    total = sum(file.stat().st_size for file in TARGET.glob("*.png"))
    print(f"{len(list(TARGET.glob('*.png')))} pictures, {total // 1024} KB")
    return 0


def photograph(browser: Browser, url: str, size: str, theme: str) -> None:
    options: dict[str, Any] = {"viewport": SIZES[size], "color_scheme": theme, "reduced_motion": "reduce"}
    context = browser.new_context(base_url=url, locale="en-GB", **options)
    page = context.new_page()
    for name, place in PLACES.items():
        if name == "start":
            page.get_by_label("User name").fill("anna")
            page.get_by_label("Password").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/app")
        if name in ON_A_PHONE and size != "phone":
            continue
        place(page)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=TARGET / f"{name}-{size}-{theme}.png", caret="hide")
        print(f"{name}-{size}-{theme}", flush=True)
    context.close()


if __name__ == "__main__":
    sys.exit(main())
