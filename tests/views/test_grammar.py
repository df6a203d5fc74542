"""A file that does not fit the grammar: the message names the line, the fault and the nearest word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.errors import AssemblyError
from core.views.parse import read_views

CASES = [
    ('<form model="orders.order"><grup name="a"/></form>', "<grup> cannot stand in <form>", "did you mean 'group'?"),
    ('<frm model="orders.order"/>', "<frm> cannot stand in <kontor>", "did you mean 'form'?"),
    ('<form model="orders.order"><group name="a" lable="A"/></form>', "no attribute 'lable'", "did you mean 'label'?"),
    ('<form model="orders.order"><group/></form>', "<group> needs the attribute 'name'", None),
    (
        '<form model="orders.order"><tabs name="t"><page label="A"/></tabs></form>',
        "<page> needs the attribute 'name'",
        None,
    ),
    (
        '<form model="orders.order"><field name="Partner"/></form>',
        'name="Partner" of <field> is not well-formed',
        "lower-case",
    ),
    (
        '<list model="orders.order"><field name="net" sum="ja"/></list>',
        'sum="ja" of <field> is not one of: yes, no',
        None,
    ),
    ('<list model="orders.order"><field name="net" colspan="2"/></list>', "<field> has no attribute 'colspan'", None),
    ("<list/>", "<list> needs the attribute 'model'", None),
    ('<search model="a.b"><filter name="x" label="X"/></search>', "<filter> needs the attribute 'where'", None),
    ('<menu name="a" label="A" model="a.b" sequence="first"/>', "sequence", None),
    ('<extend view="a.b.form"><afte anchor="field[x]"/></extend>', "<afte> cannot stand in <extend>", "'after'?"),
    ('<extend view="a.b.form"><replace anchor="field[x]"/></extend>', "needs the attribute 'reason'", None),
    ('<extend view="a.b.form"><hide anchor="//field"/></extend>', "anchor", None),
    ('<form model="orders.order"><header/><header/></form>', "header", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), CASES)
def test_a_fault_is_explained(tmp_path: Path, text: str, message: str, hint: str | None) -> None:
    path = tmp_path / "order.xml"
    path.write_text(f"<kontor>\n\n{text}\n</kontor>", encoding="utf-8")
    with pytest.raises(AssemblyError) as caught:
        read_views(path, "orders")
    assert message in caught.value.message
    assert caught.value.where.addon == "orders"
    assert str(caught.value.where.file) == str(path)
    assert caught.value.where.line == 3
    if hint:
        assert hint in (caught.value.hint or "")


def test_a_view_says_where_each_node_comes_from(tmp_path: Path) -> None:
    path = tmp_path / "order.xml"
    path.write_text('<kontor>\n<form model="a.b">\n<field name="x"/></form></kontor>', encoding="utf-8")
    (view,) = read_views(path, "orders").views
    field = view[0]
    assert re.fullmatch(r"addon 'orders', .*order\.xml:3", str(_where(field)))


def _where(node: object) -> object:
    from core.views.nodes import where

    return where(node)  # type: ignore[arg-type]


def test_a_doctype_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "order.xml"
    path.write_text('<!DOCTYPE kontor [<!ENTITY a "b">]>\n<kontor/>', encoding="utf-8")
    with pytest.raises(AssemblyError, match="DOCTYPE"):
        read_views(path, "orders")
