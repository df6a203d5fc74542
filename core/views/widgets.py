"""Names of widgets and panels that views may ask for.

The web layer makes widgets; views only name them. So that a typo is found at assembly although this layer knows no
web, whoever makes widgets or panels says here what there is, for each addon set::

    @widget_source
    def _adapters(addon_set): return {"stars": {"integer"}, …}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.registry.addonset import AddonSet

Widgets = Mapping[str, Iterable[str]]

_NUMBERS = frozenset({"integer", "decimal", "money", "quantity"})
_CHOICES = frozenset({"selection", "state"})

#: what the kernel's own web layer has: widget -> kinds of field that it can show
KERNEL: dict[str, frozenset[str]] = {
    "text": frozenset({"char", "text"}),
    "textarea": frozenset({"char", "text"}),
    "richtext": frozenset({"richtext"}),
    "email": frozenset({"char"}),
    "phone": frozenset({"char"}),
    "url": frozenset({"char"}),
    "code": frozenset({"char", "text", "json"}),
    "number": _NUMBERS,
    "percent": _NUMBERS,
    "progress": _NUMBERS,
    "checkbox": frozenset({"boolean"}),
    "switch": frozenset({"boolean"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"datetime"}),
    "since": frozenset({"date", "datetime"}),
    "select": _CHOICES | {"many2one"},
    "radio": _CHOICES,
    "badge": _CHOICES | {"char", "many2one", "boolean"},
    "lookup": frozenset({"many2one", "reference"}),
    "tags": frozenset({"many2many", "one2many"}),
    "checkboxes": frozenset({"many2many"}),
    "file": frozenset({"file", "image"}),
    "image": frozenset({"image"}),
    "json": frozenset({"json"}),
}

_widgets: list[Callable[[AddonSet], Widgets]] = []
_panels: list[Callable[[AddonSet], Iterable[str]]] = []


def widget_source(source: Callable[[AddonSet], Widgets]) -> Callable[[AddonSet], Widgets]:
    """Register a function that tells which widgets an addon set has, each with the kinds of field it can show."""
    _widgets.append(source)
    return source


def panel_source(source: Callable[[AddonSet], Iterable[str]]) -> Callable[[AddonSet], Iterable[str]]:
    """Register a function that tells which panels an addon set has."""
    _panels.append(source)
    return source


def known_widgets(addon_set: AddonSet) -> dict[str, frozenset[str]]:
    """Every widget that a view of this set may name, with the kinds of field it can show."""
    known = dict(KERNEL)
    for source in _widgets:
        for name, kinds in source(addon_set).items():
            known[name] = known.get(name, frozenset()) | frozenset(kinds)
    return known


def known_panels(addon_set: AddonSet) -> frozenset[str] | None:
    """Every panel that a view of this set may name, or None while nobody supplies panels at all."""
    if not _panels:
        return None
    return frozenset(name for source in _panels for name in source(addon_set))
