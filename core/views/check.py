"""The rules of a view: what it names must exist, fit, and belong to an addon that the author builds on.

``Checker`` answers with what was named (a field, an expression, …) or raises ``AssemblyError`` at the node. Building a
``View`` (describe.py) goes through these answers, so a view that exists has been checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any

from core.errors import AssemblyError, close_match
from core.orm.expressions import Expression, parse
from core.orm.expressions.kinds import COMPANY_MODEL, USER_MODEL
from core.views.nodes import Element, addon_of, key, where, words
from core.views.parse import CUSTOM
from core.views.widgets import known_panels, known_widgets

if TYPE_CHECKING:
    from core.orm.assemble import ModelInfo
    from core.orm.fields import Field
    from core.registry.addonset import AddonSet

#: looks that a decoration may give
STYLES = ("danger", "warning", "success", "info", "muted", "strong")
#: kinds that are no value of one row, or none that can be compared
UNSORTABLE = frozenset({"one2many", "many2many", "json", "file", "image", "richtext", "text", "reference"})
UNLISTED = frozenset({"one2many", "json", "richtext", "file", "image"})
LINKS = frozenset({"many2one", "reference"})

Hops = tuple[tuple[str, str], ...]


class Checker:
    """What the views of one addon set may name. ``depends(a, b)``: does addon a build on b?"""

    def __init__(self, addon_set: AddonSet, depends: Callable[[str, str], bool]) -> None:
        self.set = addon_set
        self.depends = depends
        self.widgets = known_widgets(addon_set)
        self.panels = known_panels(addon_set)

    # -- models and fields -------------------------------------------------------------------------------------------

    def model(self, node: Element) -> ModelInfo:
        name = str(node.get("model"))
        info = self.set.models.get(name)
        if info is None:
            raise AssemblyError(
                f"there is no model '{name}' in this set", where(node, "model"), close_match(name, self.set.models)
            )
        self._belongs(info.addon, f"model '{name}'", node, "model")
        return info

    def path(self, node: Element, info: ModelInfo, attribute: str = "name") -> tuple[Field[Any], Hops]:
        """The field at the end of a path, and each (model, field) on the way; all but the last are links."""
        text = str(node.get(attribute))
        names = text.split(".")
        hops: list[tuple[str, str]] = []
        for position, name in enumerate(names):
            found = self._field(node, info, name, text, attribute)
            hops.append((info.name, name))
            if position + 1 == len(names):
                return found, tuple(hops)
            if found.kind != "many2one":
                raise AssemblyError(
                    f"path '{text}': '{name}' of '{info.name}' is {found.kind}, only links can be followed",
                    where(node, attribute),
                )
            info = self.set.models[str(found.target)]
        raise AssemblyError(f"{attribute} is empty", where(node, attribute))

    def _field(self, node: Element, info: ModelInfo, name: str, text: str, attribute: str) -> Field[Any]:
        found = info.fields.get(name)
        if found is None:
            said = f"path '{text}': " if text != name else ""
            raise AssemblyError(
                f"{said}'{info.name}' has no field '{name}'",
                where(node, attribute),
                close_match(name, info.fields) or f"it has {', '.join(sorted(info.fields))}",
            )
        self._belongs(found.addon, f"field '{name}' of '{info.name}'", node, attribute)
        return found

    def _belongs(self, owner: str, what: str, node: Element, attribute: str) -> None:
        user = addon_of(node, attribute)
        if user and user != CUSTOM and owner and user != owner and not self.depends(user, owner):
            raise AssemblyError(
                f"{what} comes from addon '{owner}', on which '{user}' does not depend",
                where(node, attribute),
                f"add '{owner}' to depends of '{user}'",
            )

    def own_field(self, node: Element, info: ModelInfo, attribute: str, kinds: Iterable[str], what: str) -> Field[Any]:
        """A field of the model itself that is of one of ``kinds``."""
        found, _hops = self.path(node, info, attribute)
        if found.kind not in kinds:
            fitting = [one.name for one in info.fields.values() if one.kind in kinds]
            raise AssemblyError(
                f"'{found.name}' of '{info.name}' is {found.kind}, {what} is needed here",
                where(node, attribute),
                f"there is {', '.join(fitting)}" if fitting else None,
            )
        return found

    def column(self, node: Element, info: ModelInfo) -> tuple[Field[Any], Hops]:
        found, hops = self.path(node, info)
        if found.kind in UNLISTED:
            raise AssemblyError(f"'{node.get('name')}' is {found.kind} and cannot be a column", where(node, "name"))
        return found, hops

    def sort(self, node: Element, info: ModelInfo) -> tuple[str, ...]:
        keys = tuple(one.strip() for one in (node.get("sort") or "").split(",") if one.strip())
        for one in keys:
            probe = _probe(node, "sort", one.removeprefix("-"))
            found, _hops = self.path(probe, info, "sort")
            if found.kind in UNSORTABLE:
                raise AssemblyError(f"a list cannot be sorted by '{one}', it is {found.kind}", where(node, "sort"))
        return keys

    # -- names -------------------------------------------------------------------------------------------------------

    def widget(self, node: Element, found: Field[Any]) -> str | None:
        name = node.get("widget")
        if name is None:
            return None
        if name not in self.widgets:
            raise AssemblyError(
                f"there is no widget '{name}'",
                where(node, "widget"),
                close_match(name, self.widgets) or f"there is {', '.join(sorted(self.widgets))}",
            )
        if found.kind not in self.widgets[name]:
            fitting = sorted(one for one, kinds in self.widgets.items() if found.kind in kinds)
            raise AssemblyError(
                f"widget '{name}' cannot show '{found.name}', which is {found.kind}",
                where(node, "widget"),
                f"for that there is {', '.join(fitting)}",
            )
        return name

    def panel(self, node: Element) -> str:
        name = str(node.get("name"))
        if self.panels is not None and name not in self.panels:
            raise AssemblyError(f"there is no panel '{name}'", where(node, "name"), close_match(name, self.panels))
        return name

    def groups(self, node: Element) -> tuple[str, ...]:
        names = words(node, "groups")
        for name in names:
            if name not in self.set.groups:
                raise AssemblyError(
                    f"there is no group '{name}'", where(node, "groups"), close_match(name, self.set.groups)
                )
        return names

    def button(self, node: Element, info: ModelInfo) -> Any:
        """The Transition or Action that a button stands for."""
        name = str(node.get("name"))
        found = info.transitions.get(name) or info.actions.get(name)
        if found is None:
            known = [*info.transitions, *info.actions]
            raise AssemblyError(
                f"'{info.name}' has no transition or action '{name}'",
                where(node, "name"),
                close_match(name, known) or (f"it has {', '.join(sorted(known))}" if known else "it has none"),
            )
        return found

    def states(self, node: Element, found: Field[Any]) -> tuple[str, ...]:
        given = words(node, "states") or tuple(found.choices)
        for one in given:
            if one not in found.choices:
                raise AssemblyError(
                    f"'{found.name}' has no state '{one}'", where(node, "states"), close_match(one, found.choices)
                )
        return given

    # -- expressions -------------------------------------------------------------------------------------------------

    def expression(self, node: Element, attribute: str, info: ModelInfo, text: str | None = None) -> Expression:
        """A condition over records of ``info``: readable, its fields exist, its value is yes or no."""
        place = where(node, attribute)
        expression = parse(text if text is not None else str(node.get(attribute)), place)
        people = self.set.user_model or USER_MODEL
        expression.check(self.set.models, info.name, "boolean", people, self.set.company_model or COMPANY_MODEL)
        for used in expression.used:
            for name, model, found in zip(used.names, used.models, used.fields, strict=True):
                self._belongs(getattr(found, "addon", ""), f"field '{name}' of '{model}'", node, attribute)
        return expression

    def decorations(self, node: Element, info: ModelInfo) -> list[tuple[str, Expression]]:
        """``decorate="danger: due < today; muted: closed"`` as (look, expression), the first that holds wins."""
        found = []
        for part in split_outside_quotes(node.get("decorate") or "", ";"):
            style, colon, text = part.partition(":")
            if not colon or style.strip() not in STYLES:
                raise AssemblyError(
                    f"decorate: '{part.strip()}' does not begin with a look and a colon",
                    where(node, "decorate"),
                    close_match(style.strip(), STYLES) or f"looks are {', '.join(STYLES)}",
                )
            found.append((style.strip(), self.expression(node, "decorate", info, text)))
        return found

    # -- trees -------------------------------------------------------------------------------------------------------

    def unique(self, nodes: Iterable[Element]) -> None:
        """No two nodes answer to one anchor."""
        seen: dict[str, Element] = {}
        for node in nodes:
            name = key(node)
            if "[" not in name and name != "header":
                continue
            other = seen.setdefault(name, node)
            if other is not node:
                raise AssemblyError(f"'{name}' is there twice; the other is at {where(other)}", where(node))


def split_outside_quotes(text: str, separator: str) -> Iterator[str]:
    """The parts of ``text``; a separator between quotes separates nothing. Empty parts are left out."""
    part, quote = "", ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == separator:
            if part.strip():
                yield part
            part = ""
            continue
        part += letter
    if part.strip():
        yield part


def _probe(node: Element, attribute: str, value: str) -> Element:
    """A copy of ``node`` with one attribute changed: one name out of several, with the provenance of all."""
    probe = copy(node)
    probe.set(attribute, value)
    return probe
