"""What axe says about every kind of page of the demo company, in both themes and widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import places
from tests.browser.test_pages import FRONTEND

pytestmark = pytest.mark.browser

AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"desktop": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}
#: best practices too, except that landmarks of an open dialog need not hold everything
_RUN = "() => axe.run(document, {resultTypes: ['violations'], rules: {region: {enabled: false}}})"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(desk_of: Callable[..., Page], theme: str, size: str) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core: npm ci has not run in core/web/frontend")
    options: dict[str, Any] = {"color_scheme": theme, "viewport": SIZES[size], "reduced_motion": "reduce"}
    outside = desk_of(**options)
    faults = [fault for place in places.OUTSIDE for fault in judged(outside, place)]
    inside = desk_of("morten", **options)
    faults += [fault for place in places.INSIDE for fault in judged(inside, place)]
    assert not faults, "\n".join(faults)


def judged(page: Page, place: places.Place) -> list[str]:
    """The violations of a place, and whether it is wider than the window."""
    place(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(_RUN)["violations"]
    faults = [
        f"{place.__name__}: {one['id']}: {node['target']} {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"][:4]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        faults.append(f"{place.__name__}: {wide} px wider than the window")
    return faults
