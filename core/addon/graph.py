"""What an addon needs, and in which order addons come.

    base ──► partners ──► offers ──► orders        depends: must be there, and comes first
                            ▲
                crm ┈┈┈┈┈┈┈┈┘                      with, and [load."crm+offers"]: comes first if it is there

The order is a function of the set alone: dependencies first, equal ones by name. Every refusal explains itself: a
cycle as the path that closes it, an addon nobody asked for by the chain that brought it in.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import metadata

from packaging.requirements import Requirement as PythonRequirement

from core.addon.manifest import Manifest
from core.errors import AssemblyError, Where, close_match
from core.version import VERSION

Catalogue = Mapping[str, Manifest]


def closure(catalogue: Catalogue, names: Iterable[str]) -> tuple[Manifest, ...]:
    """The named addons and everything that they depend on, in dependency order. Raises ``AssemblyError``."""
    chains = _chains(catalogue, names)
    chosen = {name: catalogue[name] for name in chains}
    _refuse_cycle(chosen, _needs(chosen))
    for manifest in chosen.values():
        _check_kernel(manifest)
        _check_versions(manifest, chosen)
        _check_exclusions(manifest, chosen, chains)
        _check_python(manifest)
    return _ordered(chosen)


def dependents(catalogue: Catalogue, name: str) -> tuple[str, ...]:
    """Names of all addons in the catalogue that need ``name``, directly or not, in the order of names."""
    found = {name}
    grown = True
    while grown:
        more = {one.name for one in catalogue.values() if one.name not in found and found & set(one.needs)}
        grown = bool(more)
        found |= more
    return tuple(sorted(found - {name}))


def depends_on(manifests: Sequence[Manifest], addon: str, other: str) -> bool:
    """Whether ``addon`` may build on ``other`` in this set: through ``depends``, or an active ``[load]`` part."""
    return other in ancestors(tuple(manifests)).get(addon, frozenset())


@lru_cache(maxsize=64)
def ancestors(manifests: tuple[Manifest, ...]) -> Mapping[str, frozenset[str]]:
    """For each addon of an ordered set, all those it builds on."""
    installed = frozenset(one.name for one in manifests)
    above: dict[str, frozenset[str]] = {}
    for manifest in manifests:
        direct = {*manifest.needs, *_beside(manifest, installed)} & above.keys()
        above[manifest.name] = frozenset(direct).union(*(above[name] for name in direct))
    return above


def _chains(catalogue: Catalogue, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each needed addon with the chain of names that leads to it from one that was asked for."""
    chains: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in sorted(set(names))]
    while waiting:
        name, chain = waiting.pop(0)
        if name in chains:
            continue
        if name not in catalogue:
            raise _missing(catalogue, name, chain)
        chains[name] = (*chain, name)
        waiting += [(needed, chains[name]) for needed in catalogue[name].needs]
    return chains


def _missing(catalogue: Catalogue, name: str, chain: tuple[str, ...]) -> AssemblyError:
    hint = close_match(name, catalogue)
    if not chain:
        return AssemblyError(
            f"there is no addon '{name}'",
            None,
            hint or f"there are: {', '.join(sorted(catalogue))}",
        )
    last = catalogue[chain[-1]]
    requirement = next(str(one) for one in last.depends if one.name == name)
    return AssemblyError(
        f"'{last.name}' depends on '{name}', which does not exist here",
        last.where("depends", requirement),
        hint or "install the distribution that has it, or add its folder",
    )


def _check_kernel(manifest: Manifest) -> None:
    if not manifest.kernel.contains(VERSION, prereleases=True):
        raise AssemblyError(
            f"'{manifest.name}' {manifest.version} needs the kernel {manifest.kernel}, this is {VERSION}",
            manifest.where("kernel"),
        )


def _check_versions(manifest: Manifest, chosen: Catalogue) -> None:
    for requirement in manifest.depends:
        found = chosen[requirement.name]
        if not requirement.accepts(found.version):
            raise AssemblyError(
                f"'{manifest.name}' needs {requirement}, but there is {found.version} in {found.path}",
                manifest.where("depends", str(requirement)),
            )


def _check_exclusions(manifest: Manifest, chosen: Catalogue, chains: Mapping[str, tuple[str, ...]]) -> None:
    for other in manifest.excludes:
        if other in chosen:
            ways = " and ".join(
                f"'{name}' (needed: {' -> '.join(chains[name])})" if len(chains[name]) > 1 else f"'{name}'"
                for name in (manifest.name, other)
            )
            raise AssemblyError(
                f"{ways} exclude each other",
                manifest.where("excludes", other),
                "choose one of them",
            )


def _check_python(manifest: Manifest) -> None:
    for text in manifest.python:
        requirement = PythonRequirement(text)
        if requirement.marker and not requirement.marker.evaluate():
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            found = ""
        if not found or not requirement.specifier.contains(found, prereleases=True):
            there = f"there is {found}" if found else "it is not installed"
            raise AssemblyError(
                f"'{manifest.name}' needs the Python package {text}; {there}",
                manifest.where("python", text),
                f"pip install '{text}'",
            )


def _needs(chosen: Catalogue) -> dict[str, dict[str, str]]:
    """Hard edges: addon -> those it comes after, with the word that explains the edge."""
    return {name: dict.fromkeys((one for one in manifest.needs), "depends") for name, manifest in chosen.items()}


def _beside(manifest: Manifest, installed: frozenset[str]) -> frozenset[str]:
    """The other addons that the active ``[load]`` parts of ``manifest`` build on."""
    active = [part.when for part in manifest.load if part.when <= installed]
    return frozenset().union(*active) - {manifest.name}


def _ordered(chosen: Catalogue) -> tuple[Manifest, ...]:
    installed = frozenset(chosen)
    hard, edges = _needs(chosen), _needs(chosen)
    for manifest in chosen.values():
        after = edges[manifest.name]
        for other in manifest.with_:
            if other in chosen:
                after.setdefault(other, "with")
        for other in _beside(manifest, installed):
            # a part for an addon that is built on this one cannot come after it as a whole; it is merely a part
            if manifest.name not in _reach(hard, other):
                after.setdefault(other, "load")
    _refuse_cycle(chosen, edges)
    missing = {name: len(after) for name, after in edges.items()}
    ready = [name for name, count in missing.items() if not count]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for other, after in edges.items():
            if name in after:
                missing[other] -= 1
                if not missing[other]:
                    heapq.heappush(ready, other)
    return tuple(chosen[name] for name in order)


def _reach(edges: Mapping[str, Mapping[str, str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for other in edges[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _refuse_cycle(chosen: Catalogue, edges: Mapping[str, Mapping[str, str]]) -> None:
    path = _cycle(edges)
    if not path:
        return
    steps = path[0]
    for one, other in itertools.pairwise(path):
        word = edges[one][other]
        steps += f" -> {other}" if word == "depends" else f" -({word})-> {other}"
    first, second = path[0], path[1]
    key = edges[first][second]
    where = chosen[first].where(key, _written(chosen[first], second) if key == "depends" else second)
    raise AssemblyError(
        f"addons need each other in a circle: {steps}",
        where,
        "one of them must do without",
    )


def _written(manifest: Manifest, name: str) -> str:
    return next(str(one) for one in manifest.depends if one.name == name)


def _cycle(edges: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A cycle as a path that ends where it begins, starting at the first name of it; empty when there is none."""
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> list[str]:
        if name in path:
            found = path[path.index(name) :]
            first = found.index(min(found))
            return [*found[first:], *found[:first], found[first]]
        if name in done:
            return []
        path.append(name)
        for other in sorted(edges[name]):
            found = visit(other)
            if found:
                return found
        done.add(path.pop())
        return []

    return next((found for found in map(visit, sorted(edges)) if found), [])


def named(manifests: Iterable[Manifest], name: str) -> Manifest:
    """The manifest of that name. Raises ``AssemblyError`` with the nearest name."""
    known = {one.name: one for one in manifests}
    if name not in known:
        raise AssemblyError(f"there is no addon '{name}'", Where(name), close_match(name, known))
    return known[name]
