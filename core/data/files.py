"""Data files as they are written: records and number series, with the place of everything.

    <kontor>
      <record model="base.unit" id="unit_pcs">
        <field name="code">C62</field>
        <field name="name">Piece</field>
        <field name="name" lang="da">Stk.</field>
        <field name="category" ref="count"/>              another record of this addon; "base.count" of another
        <field name="tags" refs="small crm.important"/>   several
        <field name="picture" file="static/piece.png"/>
      </record>
      <sequence code="orders.order" pattern="SO{year}-" padding="5" gap-free="no"/>
    </kontor>

A value is plain text, read by the type of its field: 1234.50, 2026-01-31, 2026-01-31T09:15:00+01:00, yes, no, JSON; an
empty element empties the field. An id with another addon's name before it changes a record of that addon. Records are
declared before they are referred to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import xml
from core.addon.manifest import Manifest
from core.errors import AssemblyError, Where
from core.i18n import DEFAULT_LANGUAGE

GRAMMAR = Path(__file__).with_name("records.rng")


@dataclass(frozen=True)
class Given:
    """One ``<field>``: a text, or what ``ref``, ``refs`` or ``file`` names."""

    name: str
    where: Where
    text: str = ""
    lang: str | None = None
    refs: tuple[str, ...] | None = None
    many: bool = False
    file: str | None = None

    @property
    def key(self) -> str:
        """What the value is merged under: each language of a text by itself."""
        return f"{self.name}@{self.lang}" if self.lang else self.name


@dataclass(frozen=True)
class DataRecord:
    """One ``<record>``; ``id`` as written, ``full`` with its addon before it."""

    model: str
    id: str
    full: str
    fields: tuple[Given, ...]
    where: Where


@dataclass(frozen=True)
class DataSeries:
    """One ``<sequence>``."""

    code: str
    pattern: str
    padding: int
    start: int
    gap_free: bool
    where: Where


@dataclass(frozen=True)
class DataFile:
    """One file of one addon."""

    path: Path
    records: tuple[DataRecord, ...]
    series: tuple[DataSeries, ...]


def full_id(addon: str, written: str) -> str:
    """``unit_pcs`` in addon base is ``base.unit_pcs``; what has an addon's name stays."""
    return written if "." in written else f"{addon}.{written}"


def read_data(path: Path, manifest: Manifest) -> DataFile:
    """Read and check the form of a data file. Raises ``AssemblyError``."""
    where = Where(manifest.name, path)
    tree = xml.parse(path, where)
    xml.validate(tree, GRAMMAR, where)
    records, series = [], []
    for node in tree.getroot():
        place = Where(manifest.name, path, _line(node))
        if node.tag == "record":
            records.append(_record(node, manifest.name, place))
        else:
            series.append(_series(node, place))
    return DataFile(path, tuple(records), tuple(series))


def read_all(paths: Iterable[Path], manifest: Manifest) -> list[DataFile]:
    """Several files of one addon; an id that stands twice is an error."""
    found = [read_data(path, manifest) for path in paths]
    known: dict[str, Where] = {}
    for record in (record for file in found for record in file.records):
        if record.full in known:
            raise AssemblyError(f"id '{record.id}' stands twice: also in {known[record.full]}", record.where)
        known[record.full] = record.where
    return found


def _line(node: xml.Element) -> int | None:
    line: Any = node.sourceline  # untyped in the stubs
    return line or None


def _record(node: xml.Element, addon: str, where: Where) -> DataRecord:
    fields: dict[str, Given] = {}
    for child in node:
        given = _given(child, Where(addon, where.file, _line(child)))
        if given.key in fields:
            raise AssemblyError(f"field '{given.name}' stands twice in record '{node.get('id')}'", given.where)
        fields[given.key] = given
    written = str(node.get("id"))
    return DataRecord(str(node.get("model")), written, full_id(addon, written), tuple(fields.values()), where)


def _given(node: xml.Element, where: Where) -> Given:
    name = str(node.get("name"))
    if node.get("ref") is not None:
        return Given(name, where, refs=(str(node.get("ref")),))
    if node.get("refs") is not None:
        return Given(name, where, refs=tuple(str(node.get("refs")).split()), many=True)
    if node.get("file") is not None:
        return Given(name, where, file=str(node.get("file")))
    lang = node.get("lang")
    return Given(name, where, text=node.text or "", lang=None if lang == DEFAULT_LANGUAGE else lang)


def _series(node: xml.Element, where: Where) -> DataSeries:
    return DataSeries(
        code=str(node.get("code")),
        pattern=node.get("pattern") or "",
        padding=int(node.get("padding") or 5),
        start=int(node.get("start") or 1),
        gap_free=node.get("gap-free") == "yes",
        where=where,
    )
