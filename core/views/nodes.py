"""The nodes of a view tree: what each is called, and which addon put it there.

A tree is plain lxml. Every node carries where it comes from in three attributes of the namespace ``FROM``, and each
attribute that an extension set carries the place of that extension, so that an error always points at the line to
be changed. Provenance never reaches a page.

    <field name="points" k:addon="loyalty" k:file=".../order.xml" k:line="7" k:visible-if="crm&#9;.../deal.xml&#9;12"/>
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from core.errors import Where

Element = etree._Element

FROM = "urn:kontor:from"
_ADDON, _FILE, _LINE = f"{{{FROM}}}addon", f"{{{FROM}}}file", f"{{{FROM}}}line"
_SET = f"{{{FROM}}}set-"

KINDS = ("form", "list", "search")
#: containers that are reached through an anchor of two steps only: lines[lines]/field[article]
CLOSED = frozenset({"lines"})
_SAID_BY_FIELD = frozenset({"statusbar", "lines"})


def stamp(node: Element, addon: str, file: str | Path, line: int | None = None) -> None:
    """Write into ``node`` and all in it where they come from; lines are those of the file unless given."""
    for one in node.iter():
        one.set(_ADDON, addon)
        one.set(_FILE, str(file))
        number = line if line is not None else one.sourceline
        if number:
            one.set(_LINE, str(number))


def stamp_attribute(node: Element, name: str, place: Where) -> None:
    node.set(_SET + name, f"{place.addon or ''}\t{place.file or ''}\t{place.line or ''}")


def where(node: Element, attribute: str | None = None) -> Where:
    """The place that ``node``, or this attribute of it, comes from."""
    changed = node.get(_SET + attribute) if attribute else None
    if changed:
        addon, file, line = changed.split("\t")
    else:
        addon, file, line = node.get(_ADDON, ""), node.get(_FILE, ""), node.get(_LINE, "")
    return Where(addon or None, file or None, int(line) if line else None)


def addon_of(node: Element, attribute: str | None = None) -> str:
    return where(node, attribute).addon or ""


def plain_attributes(node: Element) -> dict[str, str]:
    """The attributes as the author wrote them, without provenance."""
    return {str(name): str(value) for name, value in node.attrib.items() if not str(name).startswith("{")}


def name_of(node: Element) -> str | None:
    """What stands in the brackets of an anchor."""
    tag = str(node.tag)
    if tag in _SAID_BY_FIELD:
        return node.get("field")
    return node.get("name") if tag not in KINDS else None


def key(node: Element) -> str:
    """``field[partner]``, ``group[totals]``; ``header`` and the view itself need no name."""
    name = name_of(node)
    return f"{node.tag}[{name}]" if name and node.tag != "header" else str(node.tag)


def anchor(node: Element) -> str:
    """The shortest anchor that reaches ``node`` from its view: ``lines[lines]/field[article]``."""
    steps = [key(node)]
    for above in node.iterancestors(*CLOSED):
        steps.insert(0, key(above))
    return "/".join(steps)


def root_of(node: Element) -> Element:
    return node.getroottree().getroot()


def is_hidden(node: Element) -> bool:
    return node.get("hidden") == "yes"


def shown_children(node: Element) -> Iterator[Element]:
    """Children that are to be shown, with slots replaced by what others put into them."""
    for child in node:
        if is_hidden(child) or child.tag == "alias":
            continue
        if child.tag == "slot":
            yield from shown_children(child)
        else:
            yield child


def yes(node: Element, attribute: str, default: bool = False) -> bool:
    value = node.get(attribute)
    return default if value is None else value == "yes"


def words(node: Element, attribute: str) -> tuple[str, ...]:
    return tuple((node.get(attribute) or "").split())


def reachable(top: Element) -> Iterator[Element]:
    """All nodes below ``top`` that an anchor of one step reaches: those in lines are not among them."""
    for child in top:
        if child.tag == "alias":
            continue
        yield child
        if child.tag not in CLOSED:
            yield from reachable(child)


def anchors(view: Element) -> Mapping[str, Element]:
    """Every anchor of a view: what other addons may hold on to."""
    found: dict[str, Element] = {str(view.tag): view}
    for node in reachable(view):
        if name_of(node) or node.tag == "header":
            found[key(node)] = node
        if node.tag in CLOSED:
            found.update({anchor(column): column for column in reachable(node)})
    return found
