"""An addon set: everything that follows from which addons are installed, built once and shared by all databases.

    manifests ─► hooks ─► models (orm) ─► security ─► jobs ─► parts: views, web (builders) ─► kontor_checks

A set knows no database and never changes: classes, tables, hooks, rights, compiled views and the web application.
Views and web register themselves as builders when they are imported, so that this file imports neither.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from core.addon.graph import depends_on
from core.addon.manifest import Manifest
from core.addon.plugins import Hooks, build_plugins
from core.errors import AssemblyError, NotActive, Where
from core.orm.assemble import ModelInfo, Models, assemble
from core.orm.handles import active
from core.orm.security import Security, compile_security, recorded

Builder = Callable[["AddonSet"], Any]
_BUILDERS: dict[str, Builder] = {}


def builder(name: str) -> Callable[[Builder], Builder]:
    """Registers a function that builds ``set.parts[name]``; parts are built when they are first asked for."""

    def register(function: Builder) -> Builder:
        _BUILDERS[name] = function
        return function

    return register


@dataclass
class AddonSet:
    """Immutable once built. ``parts`` holds what builders made of it, each made once, under a lock."""

    addons: tuple[Manifest, ...]
    hooks: Hooks
    models: Models
    security: Security
    jobs: dict[str, Any] = field(default_factory=dict)
    _parts: dict[str, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        return set_key(self.addons)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.addons)

    @property
    def metadata(self) -> sa.MetaData:
        return self.models.metadata

    @property
    def groups(self) -> dict[str, Any]:
        return dict(self.security.groups)

    def model(self, name: str) -> ModelInfo:
        """The assembled model; NotActive when its addon is not in this set."""
        found = self.models.get(name)
        if found is None:
            raise NotActive(f"model '{name}' is not installed here")
        return found

    def part(self, name: str) -> Any:
        """What the builder called ``name`` made for this set."""
        if name not in self._parts:
            with self._lock:
                if name not in self._parts:
                    if name not in _BUILDERS:
                        raise KeyError(f"no builder '{name}'; is its package imported?")
                    with active(self.models):
                        self._parts[name] = _BUILDERS[name](self)
        return self._parts[name]

    @property
    def parts(self) -> dict[str, Any]:
        return {name: self.part(name) for name in _BUILDERS}

    def addon(self, name: str) -> Manifest:
        return next(one for one in self.addons if one.name == name)

    def depends(self, later: str, earlier: str) -> bool:
        """Whether addon ``later`` needs ``earlier``, directly or not."""
        return later == earlier or depends_on(self.addons, later, earlier)

    @cached_property
    def company_model(self) -> str | None:
        """The model that links called ``company`` lead to."""
        links = (info.fields.get("company") for info in self.models.values() if info.owner is None)
        found = {link.target for link in links if link is not None and link.kind == "many2one"}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def user_model(self) -> str | None:
        """The model of the people who log in: the one that says so by ``principals = True``."""
        return next((info.name for info in self.models.values() if getattr(info.cls, "principals", False)), None)

    def translate(self, text: str, language: str) -> str:
        """``text`` in ``language`` by the catalogues of these addons; the last addon that knows it wins."""
        return self._catalogues.get(language, {}).get(text, text)

    @cached_property
    def _catalogues(self) -> dict[str, dict[str, str]]:
        from core.i18n import read_catalogues

        return read_catalogues([one.path / "locale" for one in self.addons])


def set_key(manifests: Sequence[Manifest]) -> tuple[tuple[str, str], ...]:
    """Equal for databases that can share one set."""
    return tuple((one.name, one.version) for one in manifests)


def build_set(manifests: Sequence[Manifest]) -> AddonSet:
    """Assemble the set of ``manifests``, which are in dependency order (``graph.closure``). Raises AssemblyError."""
    hooks = build_plugins(manifests)
    fragments = []
    for manifest in manifests:
        classes = hooks.collect("kontor_models", addon=manifest)
        fragments.append((manifest.name, [one for one in classes if "__fragment__" in one.__dict__]))
    models = assemble(fragments, lambda later, earlier: later == earlier or depends_on(manifests, later, earlier))
    declared: list[tuple[str, Any]] = []
    for manifest in manifests:
        for module in hooks.collect("kontor_rules", addon=manifest):
            declared.extend((manifest.name, one) for one in recorded(module.__name__))
    security = compile_security(models, declared)
    addon_set = AddonSet(tuple(manifests), hooks, models, security)
    for manifest in manifests:
        for module in hooks.collect("kontor_jobs", addon=manifest):
            from core.jobs.outbox import jobs_of

            addon_set.jobs.update(jobs_of(manifest.name, module))
    if "views" in _BUILDERS:
        _index_sort_columns(addon_set)
    faults = hooks.collect("kontor_checks", set=addon_set)
    if faults:
        raise AssemblyError("; ".join(faults), Where(None))
    return addon_set


def _index_sort_columns(addon_set: AddonSet) -> None:
    """Every column that a list is sorted by without being asked gets an index, with the id that pages go by."""
    sorts = addon_set.part("views").sorts()
    for info in addon_set.models.values():
        for name in {*(one.lstrip("-") for one in info.order), *sorts.get(info.name, ())}:
            one = info.fields.get(name)
            if one is None or not one.stored or one.kind in ("one2many", "many2many", "json", "file", "image"):
                continue
            if one.translate or one.searchable:
                continue  # sorted by the folded shadow, which has its index
            column = info.table.c[one.column_name]
            key = f"ix_{info.table.name}_{column.name}_id"
            if not any(index.name == key for index in info.table.indexes):
                sa.Index(key, column, info.table.c.id)
