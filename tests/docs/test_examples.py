"""Expressions that the user guide shows are expressions of the models that they speak of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.addon.discover import discover
from core.addon.graph import closure
from core.errors import ExpressionError
from core.orm.expressions import parse
from core.registry.database import set_for

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "users" / "index.md"
EXAMPLES = re.findall(r"^\| [^|`]+ \| `([^`|]+)` \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize("text", EXAMPLES)
def test_it_fits_a_model(text: str) -> None:
    models = set_for(closure(discover(), ["orders", "crm"])).models
    fitting = []
    for name in ("orders.order", "offers.offer", "partners.partner"):
        try:
            parse(text).check(models, name, "boolean")
            fitting.append(name)
        except ExpressionError:
            continue
    assert fitting, text
