"""View files: read, checked against the grammar, and taken apart into views, extensions and menus.

    addons/orders/views/order.xml ──► ViewFile(addon, path, views, extensions, menus), every node with its origin

A view is called ``<model>.<kind>``, a second one of the same kind ``<model>.<kind>.<name>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core import xml
from core.errors import Where
from core.views import fits
from core.views.nodes import KINDS, Element, stamp


@dataclass(frozen=True)
class ViewFile:
    """What one file says."""

    addon: str
    path: Path
    views: tuple[Element, ...]
    extensions: tuple[Element, ...]
    menus: tuple[Element, ...]


def read_views(path: Path, addon: str) -> ViewFile:
    """One file of ``addon``. Raises ``AssemblyError`` with the line of the first fault."""
    return _taken_apart(xml.parse(path, Where(addon, path)), addon, path)


def read_customisation(text: str, name: str) -> ViewFile:
    """Extensions kept as a row of a database; ``name`` stands for the file in errors."""
    return _taken_apart(xml.parse(f"<kontor>{text}</kontor>".encode(), Where(CUSTOM, name)), CUSTOM, Path(name))


#: what customisations of a database have instead of an addon; they may build on all that is installed
CUSTOM = "custom"


def view_name(view: Element) -> str:
    """``orders.order.form``, or ``orders.order.form.short`` for one that has a name of its own."""
    name = view.get("name")
    return f"{view.get('model')}.{view.tag}.{name}" if name else f"{view.get('model')}.{view.tag}"


def _taken_apart(tree: xml.Tree, addon: str, path: Path) -> ViewFile:
    fits.check_file(tree, Where(addon, path))
    root = tree.getroot()
    stamp(root, addon, path)
    return ViewFile(
        addon,
        path,
        tuple(_apart(node) for node in root if node.tag in KINDS),
        tuple(_apart(node) for node in root if node.tag == "extend"),
        tuple(_apart(node) for node in root if node.tag == "menu"),
    )


def _apart(node: Element) -> Element:
    """``node`` as the root of its own tree."""
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)
    return node
