"""What a view names must exist: every typo stops with a hint."""

from __future__ import annotations

import pytest

from core.errors import AssemblyError
from tests.views.conftest import SEARCH, Build


def form(inside: str) -> str:
    return f'<form model="orders.order"><group name="main">\n{inside}\n</group></form>'


def orders_list(inside: str, attributes: str = "") -> str:
    return f'<list model="orders.order" {attributes}>\n{inside}\n</list>'


def search(inside: str) -> str:
    return f'<search model="orders.order">\n{inside}\n</search>'


LINE = '<lines field="lines"><field name="article"/>{}</lines>'

CASES = {
    "field": (form('<field name="partnr"/>'), "has no field 'partnr'", "'partner'"),
    "hop": (form('<field name="partner.cty"/>'), "has no field 'cty'", "'city'"),
    "no link": (form('<field name="number.city"/>'), "'number' of 'orders.order' is char, only links", ""),
    "model": ('<form model="orders.ordr"/>', "there is no model 'orders.ordr'", "'orders.order'"),
    "many": (form('<field name="lines"/>'), "holds many records", '<lines field="lines">'),
    "widget": (form('<field name="note" widget="textaera"/>'), "no widget 'textaera'", "'textarea'"),
    "widget kind": (form('<field name="note" widget="date"/>'), "cannot show 'note', which is text", "textarea"),
    "button": (form('<button name="confrm"/>'), "no transition or action 'confrm'", "'confirm'"),
    "group": (form('<field name="note" groups="orders.usr"/>'), "no group 'orders.usr'", "'orders.user'"),
    "state": (
        form('<statusbar field="state" states="draft don"/>').replace("group", "header").replace(' name="main"', ""),
        "has no state 'don'",
        "'done'",
    ),
    "expression field": (form('<field name="note" visible-if="stat == \'draft\'"/>'), "stat", "'state'"),
    "expression choice": (form('<field name="note" visible-if="state == \'daft\'"/>'), "daft", "'draft'"),
    "expression kind": (form('<field name="note" visible-if="net + 1"/>'), "condition is wanted", ""),
    "expression syntax": (form('<field name="note" visible-if="state = \'draft\'"/>'), "not readable", "=="),
    "lines": (form('<lines field="partner"><field name="name"/></lines>'), "a One2many is needed here", "lines"),
    "line column": (form(LINE.format('<field name="pric"/>')), "'orders.line' has no field 'pric'", "'price'"),
    "line condition": (form(LINE.format('<field name="price" readonly-if="urgent"/>')), "urgent", ""),
    "column twice": (form(LINE.format('<field name="article"/>')), "'field[article]' is there twice", ""),
    "no columns": (form('<lines field="lines"/>'), "has no columns", ""),
    "sort field": (
        form(LINE.format("").replace('"lines">', '"lines" sort="text">')),
        "an Integer is needed",
        "sequence",
    ),
    "sum": (form(LINE.format('<field name="text" sum="yes"/>')), "is text and has no sum", ""),
    "note": (form('<note text="A" visible-if="urgent"/>'), "with a condition needs a name", ""),
    "column": (orders_list('<field name="lines"/>'), "one2many and cannot be a column", ""),
    "empty list": (orders_list(""), "needs at least one column", ""),
    "sorted by": (orders_list('<field name="number"/>', 'sort="-dat"'), "no field 'dat'", "'date'"),
    "unsortable": (orders_list('<field name="number"/>', 'sort="note"'), "cannot be sorted by 'note'", ""),
    "look": (orders_list('<field name="number" decorate="red: urgent"/>'), "does not begin with a look", "danger"),
    "decoration": (orders_list('<field name="number" decorate="danger: urgnt"/>'), "urgnt", "'urgent'"),
    "open": (orders_list('<field name="number"/>', 'open="date"'), "a Many2one is needed", "partner"),
    "filter": (search('<filter name="a" label="A" where="urgnt"/>'), "urgnt", "'urgent'"),
    "group by": (search('<group-by name="a" field="note"/>'), "cannot be grouped by", ""),
    "by month": (search('<group-by name="a" field="partner" by="month"/>'), "only dates have a month", ""),
    "menu parent": (
        '\n<menu name="a" label="A" parent="sale"/><menu name="sales" label="S"/>',
        "no menu 'sale'",
        "'sales'",
    ),
    "menu model": ('\n<menu name="a" label="A" model="orders.ordr"/>', "no model 'orders.ordr'", "'orders.order'"),
    "menu twice": ('\n<menu name="a" label="A"/><menu name="a" label="A"/>', "menu 'a' is there twice", ""),
    "menu view": (
        '\n<menu name="a" label="A" model="orders.order" view="orders.order.list.x"/>',
        "there is no list",
        "",
    ),
    "menu where": ('\n<menu name="a" label="A" where="urgent"/>', "needs a model", ""),
    "menu filter": (
        SEARCH + '<menu name="a" label="A" model="orders.order" filter="draf"/>',
        "no filter 'draf'",
        "'draft'",
    ),
    "menu in itself": (
        '\n<menu name="a" label="A" parent="b"/><menu name="b" label="B" parent="a"/>',
        "stands in itself",
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_typo_is_found(build: Build, case: str) -> None:
    text, message, hint = CASES[case]
    with pytest.raises(AssemblyError) as caught:
        build(orders=text)
    assert message in str(caught.value)
    assert hint in str(caught.value)
    assert caught.value.where.addon == "orders"
    assert str(caught.value.where.file).endswith("views.xml")
    assert caught.value.where.line and caught.value.where.line >= 2


def test_a_field_of_an_addon_that_one_does_not_depend_on(build: Build) -> None:
    with pytest.raises(AssemblyError) as caught:
        build(orders=form('<field name="points"/>'))
    assert "field 'points' of 'orders.order' comes from addon 'loyalty'" in caught.value.message
    assert caught.value.hint == "add 'loyalty' to depends of 'orders'"


def test_nor_in_an_expression(build: Build) -> None:
    with pytest.raises(AssemblyError, match="comes from addon 'loyalty'"):
        build(orders=form('<field name="note" visible-if="points &gt; 3"/>'))


def test_a_menu_below_that_of_a_stranger(build: Build) -> None:
    with pytest.raises(AssemblyError, match="menu 'sales' comes from addon 'orders', on which 'crm'"):
        build(orders='<menu name="sales" label="Sales"/>', crm='<menu name="deals" label="Deals" parent="sales"/>')


def test_a_panel_that_nobody_supplies(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.views import widgets

    monkeypatch.setattr(widgets, "_panels", [lambda addon_set: ["thread"]])
    with pytest.raises(AssemblyError, match="no panel 'thred'"):
        build(orders=form('<panel name="thred"/>'))


def test_a_widget_of_an_addon(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.views import widgets

    monkeypatch.setattr(widgets, "_widgets", [lambda addon_set: {"stars": ["integer"]}])
    build(loyalty=form('<field name="points" widget="stars"/>'))
