"""Menus as one principal sees them: by the groups of the menu and the right to read its model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from core.i18n import translate

if TYPE_CHECKING:
    from core.env import Env
    from core.views import Menu, ViewSet


@dataclass(frozen=True)
class Entry:
    """A heading (no ``url``) or a list. ``current``: the page shown belongs to it."""

    name: str
    label: str
    url: str | None
    model: str | None
    children: tuple[Entry, ...] = ()

    def holds(self, name: str | None) -> bool:
        """Whether the entry called ``name`` is this one or below it."""
        return name is not None and (self.name == name or any(one.holds(name) for one in self.children))


def menus_of(env: Env, views: ViewSet, cache: dict[object, tuple[Entry, ...]], app: str) -> tuple[Entry, ...]:
    """The menus of ``env``'s principal, in its language; made once for each combination of groups."""
    key = (id(views), env.principal.groups, env.principal.elevated, env.language, app)
    found = cache.get(key)
    if found is None:
        found = cache[key] = tuple(_entries(env, views.menus, app))
    return found


def _entries(env: Env, menus: Iterable[Menu], app: str) -> Iterable[Entry]:
    for menu in menus:
        if menu.groups and not any(env.has_group(one) for one in menu.groups):
            continue
        if menu.model is not None and not env.may(menu.model, "read"):
            continue
        children = tuple(_entries(env, menu.children, app))
        if menu.model is None and not children:
            continue
        url = f"{app}/{menu.model}?menu={quote(menu.name)}" if menu.model else None
        yield Entry(menu.name, translate(menu.label), url, menu.model, children)


def entry_for(entries: Iterable[Entry], model: str, name: str | None = None) -> Entry | None:
    """The entry called ``name``, or else the first one that opens ``model``."""
    flat = [one for top in entries for one in _flat(top)]
    by_name = next((one for one in flat if one.name == name and one.model == model), None)
    return by_name or next((one for one in flat if one.model == model), None)


def _flat(entry: Entry) -> Iterable[Entry]:
    yield entry
    for child in entry.children:
        yield from _flat(child)
