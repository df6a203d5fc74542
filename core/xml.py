"""The one door through which XML comes in: views, data files, menus, customisations.

What always holds: no entity is expanded, no DTD is read, nothing is fetched, no file is larger than ``LIMIT``, the
text is UTF-8, and whatever is wrong becomes an ``AssemblyError`` with addon, file and line. Code elsewhere never makes
an ``etree.XMLParser`` of its own.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from lxml import etree

from core.errors import AssemblyError, Where, close_match

#: bytes; a data file beyond this belongs into an import, not into an addon
LIMIT = 8 * 1024 * 1024

Element = etree._Element
Tree = etree._ElementTree


def parser() -> etree.XMLParser:
    """A fresh parser with everything dangerous switched off (parsers are not shared between threads)."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def parse(source: Path | bytes, where: Where | None = None) -> Tree:
    """Read a file, or bytes that came from ``where``.

    Comments and processing instructions are dropped. Raises ``AssemblyError`` for anything that is not plain,
    well-formed XML in UTF-8.
    """
    where = _place(source, where)
    content = _content(source, where)
    doctype = _doctype_line(content)
    if doctype:
        raise AssemblyError("a DOCTYPE is not allowed", Where(where.addon, where.file, doctype), "remove the line")
    try:
        root = etree.fromstring(content, parser())
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        message = (error.msg or "not well-formed XML").removesuffix(f", line {line}, column {error.offset}")
        raise AssemblyError(f"not well-formed: {message}", Where(where.addon, where.file, line)) from None
    return root.getroottree()


def validate(tree: Tree, grammar: Path, where: Where | str | None = None) -> None:
    """Check ``tree`` against the RelaxNG file ``grammar``; ``where`` is the place of the tree, or its addon's name.

    Raises ``AssemblyError`` with the line of the first fault.
    """
    if not isinstance(where, Where):
        where = Where(addon=where, file=tree.docinfo.URL)
    rng = _relaxng(grammar, grammar.stat().st_mtime_ns)
    checker = etree.RelaxNG(rng)
    if checker.validate(tree):
        return
    faults = [entry for entry in checker.error_log if entry.line]
    fault = next((entry for entry in faults if not entry.message.startswith("Extra element")), None) or faults[0]
    words = sorted(_words(rng))
    wrong = _named(fault.message)
    hint = close_match(wrong, words) if wrong and wrong not in words else None
    raise AssemblyError(fault.message, Where(where.addon, where.file, fault.line), hint)


def _place(source: Path | bytes, where: Where | None) -> Where:
    if where is None:
        where = Where()
    if where.file is None and isinstance(source, Path):
        where = Where(where.addon, source, where.line)
    return where


def _content(source: Path | bytes, where: Where) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            content = source.read_bytes()
        except OSError as error:
            raise AssemblyError(f"cannot be read: {error.strerror}", where) from None
    if len(content) > LIMIT:
        raise AssemblyError(f"larger than {LIMIT // 1024 // 1024} MB", where, "split the file, or import the data")
    return content


def _doctype_line(content: bytes) -> int | None:
    """Line of a DOCTYPE before the first element, found without giving the text to the XML library."""
    position = 0
    while True:
        position = content.find(b"<", position)
        if position < 0:
            return None
        if content.startswith(b"<!DOCTYPE", position):
            return content.count(b"\n", 0, position) + 1
        if content.startswith(b"<!--", position):
            end = content.find(b"-->", position + 4)
        elif content.startswith(b"<?", position):
            end = content.find(b"?>", position + 2)
        else:
            return None
        if end < 0:
            return None
        position = end


@lru_cache(maxsize=64)
def _relaxng(grammar: Path, changed: int) -> Element:
    """The grammar's tree; ``changed`` (its time of change) keeps a developer's cache honest."""
    loader = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    tree = etree.parse(str(grammar), loader)
    tree.xinclude()
    return tree.getroot()


def _words(rng: Element) -> set[str]:
    names = {str(node.get("name")) for node in rng.iter("{*}element", "{*}attribute") if node.get("name")}
    return names | {(node.text or "").strip() for node in rng.iter("{*}value")}


def _named(message: str) -> str | None:
    """The element or attribute that a libxml2 message complains of."""
    words = message.split()
    for before in ("attribute", "got", "element"):
        if before in words[:-1]:
            return words[words.index(before) + 1].rstrip(",:")
    return None
