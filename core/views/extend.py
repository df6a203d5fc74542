"""Extensions: operations on named nodes of somebody else's view.

    <extend view="orders.order.form">
      <after anchor="field[partner]"> <field name="points"/> </after>
      <inside anchor="lines[lines]" at="end"> <field name="margin"/> </inside>
      <set anchor="field[due]" label="Due on" help=""/>                     an empty attribute is taken away
      <move anchor="group[terms]" to="page[more]" place="inside"/>
      <hide anchor="field[reference]"/>                                     the node stays an anchor for others
      <replace anchor="panel[map]" reason="our own map"> … </replace>
      <alias from="group[terms]" to="group[payment]"/>                      a name that was changed
    </extend>

What always holds: an anchor matches exactly one node; the node was put there by an addon that the extending addon
depends on, so an extension never works by the luck of an order; extensions run in dependency order, then in the
order of files and lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field

from core.errors import AssemblyError, Where, close_match
from core.views.nodes import (
    Element,
    addon_of,
    anchor,
    anchors,
    key,
    plain_attributes,
    reachable,
    stamp_attribute,
    where,
)
from core.views.parse import view_name

_STEP = re.compile(r"(?P<tag>[a-z-]+)(?:\[(?P<name>[a-z0-9_.]+)\])?")
#: what tells a node from others and so cannot be set
_IDENTITY = frozenset({"name", "field", "model"})


@dataclass
class Target:
    """A view that is being extended: its tree, the names that changed, and what was replaced by whom."""

    tree: Element
    aliases: dict[str, str] = field(default_factory=dict)
    gone: dict[str, tuple[Where, str]] = field(default_factory=dict)

    def copy(self) -> Target:
        return Target(deepcopy(self.tree), dict(self.aliases), dict(self.gone))


def apply(target: Target, extension: Element, allowed: Iterable[str] | None) -> None:
    """Do what ``extension`` says. ``allowed``: addons that its addon builds on, or None where all are (a database's
    own customisations). Raises ``AssemblyError`` at the first operation that cannot be done."""
    may_use = frozenset(allowed) if allowed is not None else None
    for operation in extension:
        if operation.tag != "alias":
            _OPERATIONS[str(operation.tag)](target, operation, may_use)


def collect_aliases(target: Target, trees: Iterable[Element]) -> None:
    """Learn all renamed anchors before anything is applied, so that the order of addons does not matter."""
    for tree in trees:
        for alias in tree.findall("alias"):
            old, new = str(alias.get("from")), str(alias.get("to"))
            if old in anchors(target.tree):
                raise AssemblyError(f"alias from '{old}': there still is a node of that name", where(alias))
            if target.aliases.get(old, new) != new:
                raise AssemblyError(f"'{old}' has two new names: '{target.aliases[old]}' and '{new}'", where(alias))
            target.aliases[old] = new


def check_aliases(target: Target, trees: Iterable[Element]) -> None:
    """Every alias leads to a node in the end."""
    known = anchors(target.tree)
    for tree in trees:
        for alias in tree.findall("alias"):
            if str(alias.get("to")) not in known:
                raise _unmatched(target, alias, str(alias.get("to")), "to")


_Allowed = frozenset[str] | None


def _find(target: Target, operation: Element, attribute: str, allowed: _Allowed) -> Element:
    wanted = str(operation.get(attribute))
    text = target.aliases.get(wanted, wanted)
    matches = _matches(target.tree, text)
    if len(matches) != 1:
        raise _unmatched(target, operation, wanted, attribute, matches)
    found = matches[0]
    _check_closure(found, operation, wanted, allowed)
    return found


def _matches(tree: Element, text: str) -> list[Element]:
    reached = [tree]
    for step in text.split("/"):
        match = _STEP.fullmatch(step)
        if match is None:
            return []
        wanted = step
        if wanted == tree.tag and reached == [tree]:
            continue
        reached = [node for top in reached for node in reachable(top) if key(node) == wanted]
    return reached


def _unmatched(
    target: Target, operation: Element, wanted: str, attribute: str, matches: list[Element] | None = None
) -> AssemblyError:
    place = where(operation)
    name = view_name(target.tree)
    if matches:
        places = "; ".join(str(where(one)) for one in matches)
        return AssemblyError(f"{attribute}=\"{wanted}\" matches {len(matches)} nodes of '{name}': {places}", place)
    candidates = sorted(anchors(target.tree))
    message = f"{attribute}=\"{wanted}\" matches nothing in '{name}'; there is {', '.join(candidates)}"
    if wanted in target.gone:
        by, reason = target.gone[wanted]
        return AssemblyError(message, place, f"it was replaced by {by}: {reason}")
    inside = [one for one in candidates if one.endswith(f"/{wanted}")]
    return AssemblyError(message, place, f"did you mean '{inside[0]}'?" if inside else close_match(wanted, candidates))


def _check_closure(node: Element, operation: Element, wanted: str, allowed: _Allowed) -> None:
    owner, user = addon_of(node), addon_of(operation)
    if allowed is None or owner == user or owner in allowed:
        return
    raise AssemblyError(
        f"'{wanted}' was put there by addon '{owner}' ({where(node)}), on which '{user}' does not depend",
        where(operation),
        f"anchor to something that '{user}' builds on, or add '{owner}' to its depends",
    )


def _inserted(operation: Element) -> list[Element]:
    return [deepcopy(child) for child in operation]


def _parent(node: Element, operation: Element) -> Element:
    parent = node.getparent()
    if parent is None:
        raise AssemblyError(f"<{operation.tag}> cannot be done to the view itself", where(operation), "use <inside>")
    return parent


def _before(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    parent = _parent(found, operation)
    for offset, node in enumerate(_inserted(operation), parent.index(found)):
        parent.insert(offset, node)


def _after(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    parent = _parent(found, operation)
    for offset, node in enumerate(_inserted(operation), parent.index(found) + 1):
        parent.insert(offset, node)


def _inside(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    start = 0 if operation.get("at") == "start" else len(found)
    for offset, node in enumerate(_inserted(operation), start):
        found.insert(offset, node)


def _set(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    for name, value in plain_attributes(operation).items():
        if name == "anchor":
            continue
        if name in _IDENTITY:
            raise AssemblyError(
                f"'{name}' tells a node from others and cannot be set", where(operation), "use <replace> or <alias>"
            )
        if value:
            found.set(name, value)
        elif name in found.attrib:
            del found.attrib[name]
        stamp_attribute(found, name, where(operation))


def _move(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    to = _find(target, operation, "to", allowed)
    parent = _parent(found, operation)
    if to is found or found in to.iterancestors():
        raise AssemblyError(f"'{anchor(found)}' cannot be moved into itself", where(operation))
    parent.remove(found)
    place = operation.get("place", "inside")
    if place == "inside":
        to.append(found)
        return
    beside = _parent(to, operation)
    beside.insert(beside.index(to) + (place == "after"), found)


def _hide(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    _parent(found, operation)
    found.set("hidden", "yes")
    stamp_attribute(found, "hidden", where(operation))


def _replace(target: Target, operation: Element, allowed: _Allowed) -> None:
    found = _find(target, operation, "anchor", allowed)
    parent = _parent(found, operation)
    for node in [found, *reachable(found)]:
        target.gone[anchor(node)] = where(operation), str(operation.get("reason"))
    position = parent.index(found)
    parent.remove(found)
    for offset, node in enumerate(_inserted(operation), position):
        parent.insert(offset, node)


_OPERATIONS: Mapping[str, Callable[[Target, Element, _Allowed], None]] = {
    "before": _before,
    "after": _after,
    "inside": _inside,
    "set": _set,
    "move": _move,
    "hide": _hide,
    "replace": _replace,
}
