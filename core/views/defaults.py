"""Views for models that have none: what a careful author would write first, from the fields alone.

The tree is a plain view like any other, stamped with the addon that each field comes from, so extensions may hold on
to it, and it is checked and compiled in the same way.

    list     what names a record, its state, links, dates, amounts; at most eight columns
    form     status bar and all buttons; short fields in columns, texts below; each One2many a tab; amounts at the foot
    search   texts and links to look in; a filter for each state and each yes or no; groupings by state, link and date
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lxml import etree

from core.views.check import UNLISTED, UNSORTABLE
from core.views.describe import plain
from core.views.nodes import Element, stamp

if TYPE_CHECKING:
    from core.orm.assemble import ModelInfo
    from core.orm.fields import Field

COLUMNS = 8
FILE = "(generated)"
_PLACES = ("sequence", "position", "place")
_LONG = frozenset({"text", "richtext", "json"})
_NAMING = ("number", "code", "name", "title", "subject", "label")
_RANK = {"state": 1, "many2one": 2, "date": 3, "datetime": 4, "selection": 5, "money": 6, "quantity": 6, "char": 7}


def generated(info: ModelInfo, kind: str) -> Element:
    """The tree of a view of ``kind`` for a model without one."""
    return {"form": _form, "list": _list, "search": _search}[kind](info)


def _list(info: ModelInfo) -> Element:
    tree = _view(info, "list")
    listed = [one for one in info.fields.values() if one.kind not in UNLISTED | {"text", "many2many"}]
    listed = [one for one in listed if one.name not in (info.owner, "company")] or list(info.fields.values())[:1]
    ranked = sorted(listed, key=lambda one: _importance(one))[:COLUMNS]
    for one in ranked:
        _add(tree, one, "field", name=one.name)
    return tree


def _importance(one: Field[Any]) -> tuple[int, int]:
    if one.name in _NAMING:
        return 0, _NAMING.index(one.name)
    return _RANK.get(one.kind, 8) + (0 if one.required else 3), 0


def _form(info: ModelInfo) -> Element:
    tree = _view(info, "form")
    fields = list(info.fields.values())
    _header(tree, info, fields)
    amounts = [one for one in fields if one.kind == "money" and one.readonly]
    lines = [one for one in fields if one.kind == "one2many"]
    rest = [one for one in fields if one not in amounts and one not in lines and one.kind != "state"]
    short = [one for one in rest if one.kind not in _LONG]
    if short:
        group = _box(tree, info, "group", name="main")
        for one in short:
            _add(group, one, "field", name=one.name)
    if long := [one for one in rest if one.kind in _LONG]:
        group = _box(tree, info, "group", name="texts", columns="1")
        for one in long:
            _add(group, one, "field", name=one.name)
    if lines:
        tabs = _box(tree, info, "tabs", name="tabs")
        for one in lines:
            page = _add(tabs, one, "page", name=one.name, label=plain(one.label) or one.name)
            _lines(page, one, info)
    if amounts:
        totals = _box(tree, info, "totals", name="totals")
        for one in amounts:
            _add(totals, one, "field", name=one.name)
    return tree


def _header(tree: Element, info: ModelInfo, fields: Iterable[Field[Any]]) -> None:
    states = [one for one in fields if one.kind == "state"]
    buttons = [*info.transitions, *info.actions]
    if not states and not buttons:
        return
    header = _box(tree, info, "header")
    for one in states:
        _add(header, one, "statusbar", field=one.name)
    for button in buttons:
        _box(header, info, "button", name=button)


def _lines(page: Element, one: Field[Any], info: ModelInfo) -> None:
    target = info.models[str(one.target)]
    node = _add(page, one, "lines", field=one.name)
    columns = [other for other in target.fields.values() if other.kind not in UNLISTED and other.name != one.inverse]
    columns = [other for other in columns if other.kind != "many2many" and other.name != "company"]
    place = next((other for other in columns if other.kind == "integer" and other.name in _PLACES), None)
    if place is not None and one.owned:
        node.set("sort", place.name)
        columns.remove(place)
    for other in columns[:COLUMNS] or list(target.fields.values())[:1]:
        column = _add(node, other, "field", name=other.name)
        if other.kind == "money" and other.readonly:
            column.set("sum", "yes")


def _search(info: ModelInfo) -> Element:
    tree = _view(info, "search")
    fields = list(info.fields.values())
    words = [one for one in fields if one.kind in ("char", "text")]
    words = [one for one in words if one.searchable] or [one for one in words if one.name in _NAMING] or words[:3]
    for one in (*words, *(one for one in fields if one.kind == "many2one")):
        _add(tree, one, "field", name=one.name)
    for one in fields:
        if one.kind == "state":
            _box(tree, info, "separator")
            for value, label in one.choices.items():
                condition = f"record.{one.name} == '{value}'"
                _add(tree, one, "filter", name=f"{one.name}_{value}", label=plain(label), where=condition)
    for one in fields:
        if one.kind == "boolean":
            _box(tree, info, "separator")
            _add(tree, one, "filter", name=one.name, label=plain(one.label), where=f"record.{one.name}")
    for one in fields:
        if one.kind in ("state", "selection", "many2one", "date", "boolean") and one.kind not in UNSORTABLE:
            _add(tree, one, "group-by", name=one.name, field=one.name)
    return tree


def _view(info: ModelInfo, kind: str) -> Element:
    tree = etree.Element(kind, {"model": info.name})
    stamp(tree, info.addon, FILE)
    return tree


def _box(parent: Element, info: ModelInfo, tag: str, **attributes: str) -> Element:
    node = etree.SubElement(parent, tag, attributes)
    stamp(node, info.addon, FILE)
    return node


def _add(parent: Element, one: Field[Any], tag: str, **attributes: str) -> Element:
    node = etree.SubElement(parent, tag, attributes)
    stamp(node, one.addon, FILE)
    return node
