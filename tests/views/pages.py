"""Draws a view with the context that the web layer supplies, filled with plausible values."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from bs4 import BeautifulSoup, Tag
from markupsafe import Markup

from core.views import LinesNode, View, draw, environment, formatter

ENVIRONMENT = environment()
DAY = datetime.date(2026, 11, 5)
VALUES: dict[str, Any] = {
    "char": "Text",
    "text": "Long\ntext",
    "integer": 12345,
    "decimal": Decimal("1.5000"),
    "money": Decimal("1234.5600"),
    "quantity": Decimal("3.500000"),
    "boolean": True,
    "date": DAY,
    "datetime": datetime.datetime(2026, 11, 5, 12, 30, tzinfo=datetime.UTC),
    "many2one": 17,
    "many2many": ("one", "two"),
}


_CONDITIONS = [f"c{number}" for number in range(1, 40)]


class Yes(dict[str, bool]):
    """True for everything that is not told otherwise."""

    def __missing__(self, key: str) -> bool:
        return True


def row(slots: Iterable[Any], fields: dict[str, Any], **given: Any) -> tuple[Any, ...]:
    """A row by its slots; ``given`` by variable."""
    values = []
    for slot in slots:
        node = fields.get(slot.path)
        usual: Any = None
        if slot.what == "value" and node is not None:
            usual = next(iter(node.field.choices), None) if node.field.choices else VALUES.get(node.kind)
        elif slot.what in ("label", "unit"):
            usual = "Andersen" if slot.what == "label" else "DKK"
        elif slot.what in ("id", "key"):
            usual = 41 if slot.what == "id" else "0"
        elif slot.what in ("errors", "on"):
            usual = {}
        values.append(given.get(slot.variable, usual))
    return tuple(values)


def line(lines: LinesNode, **given: Any) -> tuple[Any, ...]:
    given.setdefault("row_on", dict.fromkeys(_CONDITIONS, False))
    return row(lines.slots, {one.path: one for one in lines.columns}, **given)


def may_all(view: View, readable: Callable[[str, str], bool] = lambda model, field: True) -> Any:
    return view.access(readable, lambda group: True)


def context(view: View, **changes: Any) -> dict[str, Any]:
    access = changes.pop("access", None) or may_all(view)
    lines = {
        name: SimpleNamespace(
            rows=[line(one)],
            blank=line(one, row_key="__key__", row_id=None),
            order="0",
            removed="",
            next_key=1,
            sums={column.path: Decimal("99.5") for column in one.columns if column.sum},
        )
        for name, one in view.lines.items()
    }
    values: dict[str, Any] = {
        "t": str,
        "f": formatter("da"),
        "may": access.may,
        "shown": access.shown,
        "app": "/app",
        "pre": "",
        "here": "/app/orders.order/17" if view.kind == "form" else "/app/orders.order",
        "lookup": "/app/orders.order/lookup",
        "on": dict.fromkeys(view.conditions, True),
        "w": _control,
        "edit": Yes(),
        "err": {},
        "can": Yes(),
        "value": {"state": "draft"},
        "lines": lines,
        "panel": lambda name: Markup("<p>thread</p>"),
        "sections": [section([row(view.slots, dict(view.fields))])] if view.kind == "list" else [],
        "sort": {one.path: SimpleNamespace(url=f"?sort={one.path}", direction=None) for one in view.fields.values()},
        "sums": {},
        "pick": False,
        "q": "",
        "facets": _Facets(),
    }
    return values | changes


def section(rows: list[tuple[Any, ...]], **changes: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{"label": None, "count": None, "url": None, "open": True, "sums": {}, "rows": rows, **changes}
    )


class _Facets(dict[str, Any]):
    def __missing__(self, key: str) -> Any:
        return SimpleNamespace(url=f"?{key}", active=key.startswith("filter[confirmed"))


def _control(path: str, key: str | None = None) -> Markup:
    name = path.replace(".", "-")
    return Markup('<input id="{}" name="{}">').format(name, name)


def source(view: View, part: str | None = None, **changes: Any) -> str:
    return str(draw(view.template(ENVIRONMENT), context(view, **changes), part))


def one(top: Tag, selector: str) -> Tag:
    """The one element that ``selector`` names."""
    found = top.select(selector)
    assert len(found) == 1, f"{selector}: {len(found)} found"
    return found[0]


def page(view: View, part: str | None = None, **changes: Any) -> BeautifulSoup:
    return BeautifulSoup(source(view, part, **changes), "html.parser")
