"""The XML door: what it lets in, what it refuses, and where it points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core import xml
from core.errors import AssemblyError, Where

GRAMMAR = """<grammar xmlns="http://relaxng.org/ns/structure/1.0"><start><element name="kontor">
<zeroOrMore><element name="record"><attribute name="id"/><optional><attribute name="model"/></optional></element>
</zeroOrMore>
</element></start></grammar>"""


def test_reads_a_file_and_keeps_lines(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_text("<kontor>\n\n<record id='å'/></kontor>")
    root = xml.parse(file).getroot()
    assert root[0].get("id") == "å"
    line: Any = root[0].sourceline
    assert line == 3


def test_not_well_formed_names_addon_file_and_line() -> None:
    with pytest.raises(AssemblyError) as caught:
        xml.parse(b"<kontor>\n<record>\n</kontor>", Where("orders", "views/a.xml"))
    assert str(caught.value).startswith("addon 'orders', views/a.xml:3: not well-formed")


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE kontor [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<kontor>&a;</kontor>',
        b'<?xml version="1.0"?>\n<!-- - -- ->-->\n<!DOCTYPE kontor>\n<kontor/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE kontor><kontor/>'.encode("utf-16"),
        b"\xff\xfe<\x00!\x00",
    ],
)
def test_doctype_and_other_encodings_are_refused(text: bytes) -> None:
    with pytest.raises(AssemblyError):
        xml.parse(text)


def test_a_doctype_inside_text_is_only_text() -> None:
    assert xml.parse(b"<kontor><![CDATA[<!DOCTYPE x>]]></kontor>").getroot().text == "<!DOCTYPE x>"


def test_size_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "LIMIT", 10)
    with pytest.raises(AssemblyError, match="larger than"):
        xml.parse(b"<kontor>         </kontor>")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="cannot be read"):
        xml.parse(tmp_path / "no.xml", Where("orders"))


def test_grammar_faults_have_line_and_close_match(tmp_path: Path) -> None:
    grammar = tmp_path / "g.rng"
    grammar.write_text(GRAMMAR)
    xml.validate(xml.parse(b"<kontor><record id='a'/></kontor>"), grammar)
    with pytest.raises(AssemblyError) as caught:
        xml.validate(xml.parse(b"<kontor>\n<record id='a' modle='b'/></kontor>"), grammar, Where("base", "d.xml"))
    assert str(caught.value).startswith("addon 'base', d.xml:2: ")
    assert caught.value.hint == "did you mean 'model'?"
    with pytest.raises(AssemblyError) as caught:
        xml.validate(xml.parse(b"<kontor>\n<recrd id='a'/></kontor>"), grammar, Where("base", "d.xml"))
    assert caught.value.hint == "did you mean 'record'?"
