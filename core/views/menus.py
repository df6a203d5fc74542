"""Menus: headings and lists, put together from all addons to one tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.errors import AssemblyError, close_match
from core.views.nodes import Element, addon_of, where, words

if TYPE_CHECKING:
    from core.orm.expressions import Expression
    from core.views.check import Checker
    from core.views.view import View

_LAST = 1000
#: the search of a model
Search = Callable[[str], "View"]


@dataclass(frozen=True)
class Menu:
    """``model`` and ``view`` (name of a list): what it opens; both None for a heading. ``filters``: names in the
    model's search that are on at first. ``groups``: who sees it; rights on the model are asked besides."""

    name: str
    label: str
    addon: str
    model: str | None = None
    view: str | None = None
    parent: str | None = None
    groups: tuple[str, ...] = ()
    sequence: int = _LAST
    condition: Expression | None = None
    filters: tuple[str, ...] = ()
    icon: str | None = None
    children: tuple[Menu, ...] = field(default=())

    def walk(self) -> Iterator[Menu]:
        yield self
        for child in self.children:
            yield from child.walk()


def build_menus(
    trees: Sequence[Element], checker: Checker, views: Mapping[str, View], search: Search
) -> tuple[Menu, ...]:
    """The headings of the first level, each with its children in order. Raises ``AssemblyError``."""
    nodes: dict[str, tuple[Element, str | None]] = {}
    for tree in trees:
        for node, parent in _flat(tree, None):
            name = str(node.get("name"))
            if name in nodes:
                other = where(nodes[name][0])
                raise AssemblyError(f"menu '{name}' is there twice; the other is at {other}", where(node))
            nodes[name] = node, parent
    menus = {name: _menu(node, parent, checker, views, search) for name, (node, parent) in nodes.items()}
    for name, (node, parent) in nodes.items():
        _check_parent(name, node, parent, nodes, checker)
    children: dict[str | None, list[str]] = {}
    for name, menu in menus.items():
        children.setdefault(menu.parent, []).append(name)
    return _level(None, menus, children)


def _flat(node: Element, parent: str | None) -> Iterator[tuple[Element, str | None]]:
    if parent is not None and node.get("parent"):
        raise AssemblyError("a menu inside another has that one as its parent", where(node, "parent"))
    yield node, parent or node.get("parent")
    for child in node:
        yield from _flat(child, str(node.get("name")))


def _menu(node: Element, parent: str | None, checker: Checker, views: Mapping[str, View], search: Search) -> Menu:
    info = checker.model(node) if node.get("model") else None
    for attribute in ("view", "where", "filter"):
        if node.get(attribute) and info is None:
            raise AssemblyError(f"a menu with '{attribute}' needs a model", where(node, attribute))
    if node.get("view"):
        _check_view(node, views)
    filters = words(node, "filter")
    if info is not None and filters:
        known = search(info.name).filters
        for one in filters:
            if one not in known:
                raise AssemblyError(
                    f"the search of '{info.name}' has no filter '{one}'", where(node, "filter"), close_match(one, known)
                )
    return Menu(
        name=str(node.get("name")),
        label=str(node.get("label")),
        addon=addon_of(node),
        model=info.name if info else None,
        view=node.get("view"),
        parent=parent,
        groups=checker.groups(node),
        sequence=int(node.get("sequence") or _LAST),
        condition=checker.expression(node, "where", info) if info and node.get("where") else None,
        filters=filters,
        icon=node.get("icon"),
    )


def _check_view(node: Element, views: Mapping[str, View]) -> None:
    name = str(node.get("view"))
    lists = [view.name for view in views.values() if view.kind == "list"]
    if name not in lists:
        raise AssemblyError(f"there is no list '{name}'", where(node, "view"), close_match(name, lists))
    if views[name].model != node.get("model"):
        raise AssemblyError(f"'{name}' is a list of '{views[name].model}'", where(node, "view"))


def _check_parent(
    name: str, node: Element, parent: str | None, nodes: Mapping[str, tuple[Element, str | None]], checker: Checker
) -> None:
    if parent is None:
        return
    if parent not in nodes:
        raise AssemblyError(f"there is no menu '{parent}'", where(node, "parent"), close_match(parent, nodes))
    owner, user = addon_of(nodes[parent][0]), addon_of(node)
    if owner != user and not checker.depends(user, owner):
        raise AssemblyError(
            f"menu '{parent}' comes from addon '{owner}', on which '{user}' does not depend",
            where(node, "parent"),
            f"add '{owner}' to depends of '{user}'",
        )
    seen = {name}
    above: str | None = parent
    while above is not None:
        if above in seen:
            raise AssemblyError(f"menu '{name}' stands in itself: its parent '{parent}' leads back to it", where(node))
        seen.add(above)
        above = nodes[above][1] if above in nodes else None


def _level(parent: str | None, menus: Mapping[str, Menu], children: Mapping[str | None, list[str]]) -> tuple[Menu, ...]:
    # equal sequences keep the order of addons and files
    names = sorted(children.get(parent, ()), key=lambda name: menus[name].sequence)
    return tuple(replace(menus[name], children=_level(name, menus, children)) for name in names)
