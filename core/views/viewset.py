"""All views and menus of an addon set.

    files of all addons ─► views by name ─► extensions, in dependency order ─► grammar, checks ─► View
                                                                     custom.py ──┘ (rows of one database, last)

What nobody wrote is generated when it is first asked for. A set is immutable but for that, and safe to share.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from core.errors import AssemblyError, close_match
from core.views import defaults, fits
from core.views.check import Checker
from core.views.describe import describe
from core.views.extend import Target, apply, check_aliases, collect_aliases
from core.views.menus import Menu, build_menus
from core.views.nodes import KINDS, Element, addon_of, where
from core.views.parse import ViewFile, read_views, view_name
from core.views.view import View

if TYPE_CHECKING:
    from core.registry.addonset import AddonSet
    from core.views.custom import Broken, Customisation


class ViewSet:
    """``menus``: the first level, each with its children. ``broken``: customisations that were switched off."""

    def __init__(
        self,
        checker: Checker,
        targets: Mapping[str, Target],
        views: Mapping[str, View],
        menus: tuple[Menu, ...] = (),
        broken: tuple[Broken, ...] = (),
    ) -> None:
        self.checker = checker
        self.targets = dict(targets)
        self.menus = menus
        self.broken = broken
        self._views = dict(views)
        self._first: dict[tuple[str, str], str] = {}
        for name, view in self._views.items():
            self._first.setdefault((view.model, view.kind), name)
        self._lock = threading.Lock()

    def get(self, model: str, kind: str, name: str | None = None) -> View:
        """The view of ``kind`` for ``model``: the one called ``name``, or else the plain one, or else the first that
        was written, or else a generated one. ``LookupError`` for a name, kind or model that there is not."""
        if name:
            return self.named(f"{model}.{kind}.{name}")
        plain = f"{model}.{kind}"
        found = self._views.get(plain) or self._views.get(self._first.get((model, kind), ""))
        return found or self._generate(plain, model, kind)

    def named(self, name: str) -> View:
        """The view called ``orders.order.list`` or ``orders.order.list.short``."""
        found = self._views.get(name)
        if found is not None:
            return found
        model, _dot, kind = name.rpartition(".")
        if kind in KINDS and model in self.checker.set.models:
            return self._generate(name, model, kind)
        raise LookupError(f"there is no view '{name}'; {close_match(name, self._views) or 'none is like it'}")

    def _generate(self, name: str, model: str, kind: str) -> View:
        info = self.checker.set.models.get(model)
        if info is None or kind not in KINDS:
            raise LookupError(f"there is no {kind} of '{model}'")
        with self._lock:
            if name not in self._views:
                self._views[name] = describe(defaults.generated(info, kind), self.checker, generated=True)
            return self._views[name]

    @property
    def names(self) -> tuple[str, ...]:
        """All views that somebody wrote or extended."""
        return tuple(self._views)

    def sorts(self) -> dict[str, set[str]]:
        """For each model the fields of its own that lists are sorted by unasked: those want an index."""
        found: dict[str, set[str]] = {}
        for view in self._views.values():
            if view.kind == "list":
                fields = (one.removeprefix("-") for one in view.sort)
                found.setdefault(view.model, set()).update(one for one in fields if "." not in one)
        return found

    def menu(self, name: str) -> Menu | None:
        return next((one for top in self.menus for one in top.walk() if one.name == name), None)

    def extend_custom(self, rows: Iterable[Customisation]) -> ViewSet:
        """This set with the customisations of one database applied last; what fails is in ``broken``."""
        from core.views.custom import customised

        return customised(self, rows)

    def replaced(self, targets: Mapping[str, Target], views: Mapping[str, View], broken: Sequence[Broken]) -> ViewSet:
        """A copy in which some views are others; everything else is shared."""
        return ViewSet(self.checker, {**self.targets, **targets}, {**self._views, **views}, self.menus, tuple(broken))


def build_views(addon_set: AddonSet) -> ViewSet:
    """Read, extend and check all views of ``addon_set``. Raises ``AssemblyError`` for the first fault."""
    files = _read(addon_set)
    checker = Checker(addon_set, cache(addon_set.depends))
    targets = _targets(files, addon_set)
    changed = _extend(files, targets, checker.depends, addon_set)
    for name in changed:
        fits.check_view(targets[name].tree)
    views = {name: describe(target.tree, checker, _is_generated(target)) for name, target in targets.items()}
    built = ViewSet(checker, targets, views)
    menus = [tree for file in files for tree in file.menus]
    built.menus = build_menus(menus, checker, views, lambda model: built.get(model, "search"))
    return built


def generated_target(addon_set: AddonSet, name: str) -> Target | None:
    """What stands behind the name of a view that nobody wrote, so that it can be extended nevertheless."""
    model, _dot, kind = name.rpartition(".")
    info = addon_set.models.get(model)
    return Target(defaults.generated(info, kind)) if info is not None and kind in KINDS else None


def _read(addon_set: AddonSet) -> list[ViewFile]:
    files = []
    for hook in ("kontor_views", "kontor_menus"):
        for manifest in addon_set.addons:
            paths = addon_set.hooks.collect(hook, addon=manifest)
            files += [read_views(path, manifest.name) for path in paths]
    return files


def _targets(files: Iterable[ViewFile], addon_set: AddonSet) -> dict[str, Target]:
    targets: dict[str, Target] = {}
    for file in files:
        for tree in file.views:
            name = view_name(tree)
            if name in targets:
                raise AssemblyError(
                    f"view '{name}' is there twice; the other is at {where(targets[name].tree)}",
                    where(tree),
                    "give this one a name of its own, or write <extend>",
                )
            targets[name] = Target(tree)
    return targets


def _extend(
    files: Sequence[ViewFile], targets: dict[str, Target], depends: Callable[[str, str], bool], addon_set: AddonSet
) -> set[str]:
    """Apply all extensions in order; answers the names of the views that they changed."""
    extensions: dict[str, list[Element]] = {}
    for file in files:
        for extension in file.extensions:
            name = str(extension.get("view"))
            targets[name] = _target(targets, extension, name, depends, addon_set)
            extensions.setdefault(name, []).append(extension)
    for name, target in targets.items():
        trees = [target.tree, *extensions.get(name, ())]
        collect_aliases(target, trees)
        for extension in extensions.get(name, ()):
            user = addon_of(extension)
            apply(target, extension, frozenset(one for one in addon_set.names if depends(user, one)))
        check_aliases(target, trees)
    return set(extensions)


def _target(
    targets: Mapping[str, Target],
    extension: Element,
    name: str,
    depends: Callable[[str, str], bool],
    addon_set: AddonSet,
) -> Target:
    target = targets.get(name) or generated_target(addon_set, name)
    if target is None:
        near = close_match(name, _names(targets, addon_set))
        raise AssemblyError(f"there is no view '{name}' to extend", where(extension, "view"), near)
    owner, user = addon_of(target.tree), addon_of(extension)
    if not depends(user, owner):
        raise AssemblyError(
            f"view '{name}' comes from addon '{owner}', on which '{user}' does not depend",
            where(extension, "view"),
            f"add '{owner}' to depends of '{user}'",
        )
    return target


def _names(targets: Mapping[str, Target], addon_set: AddonSet) -> list[str]:
    return [*targets, *(f"{model}.{kind}" for model in addon_set.models for kind in KINDS)]


def _is_generated(target: Target) -> bool:
    return where(target.tree).file == defaults.FILE
