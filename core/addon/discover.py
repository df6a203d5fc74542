"""Which addons exist here: folders that hold an ``addon.toml``, and packages that say so by an entry point.

A partner's distribution announces its addons in the entry-point group ``kontor.addons``, one line for each, with the
import name of the addon's package as value::

    [options.entry_points]
    kontor.addons =
        loyalty = addons_contrib.loyalty

No code of an addon runs here: manifests are files, and a package's folder is found without importing it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path

from core.addon.manifest import FILE, Manifest, read_manifest
from core.errors import AssemblyError, Where

GROUP = "kontor.addons"
ROOT = Path(__file__).resolve().parents[2]
#: folders that are searched when nothing else is said
FOLDERS = (ROOT / "addons", ROOT / "addons_contrib")


def discover(paths: Sequence[Path] | None = None, entry_points: bool = True) -> dict[str, Manifest]:
    """The catalogue: every addon found, by name, in the order of names.

    ``paths`` are folders of addon folders, by default those of the repository. An addon that is found twice at
    different places is an error naming both; a broken manifest is one, too.
    """
    catalogue: dict[str, Manifest] = {}
    for folder in FOLDERS if paths is None else paths:
        for manifest in _folder(folder):
            _add(catalogue, manifest)
    if entry_points:
        for point in metadata.entry_points(group=GROUP):
            _add(catalogue, _entry_point(point))
    return dict(sorted(catalogue.items()))


def _folder(folder: Path) -> Iterator[Manifest]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if (path / FILE).is_file():
            yield read_manifest(path.resolve())


def _entry_point(point: EntryPoint) -> Manifest:
    folder = _package_folder(point.value)
    if folder is None or not (folder / FILE).is_file():
        owner = point.dist.name if point.dist else "unknown"
        what = "no such package" if folder is None else f"no {FILE} in {folder}"
        raise AssemblyError(
            f"entry point {point.name} = {point.value} of the distribution '{owner}': {what}",
            Where(point.name),
        )
    return read_manifest(folder.resolve(), point.value)


def _package_folder(package: str) -> Path | None:
    """Folder of a package, parents included, without importing any of them."""
    path: Sequence[str] | None = None
    name = ""
    for part in package.split("."):
        name = f"{name}.{part}" if name else part
        finders = (getattr(finder, "find_spec", None) for finder in sys.meta_path)
        specs = (find(name, path) for find in finders if find is not None)
        spec = next((one for one in specs if one is not None), None)
        if spec is None or spec.submodule_search_locations is None:
            return None
        path = list(spec.submodule_search_locations)
    return Path(path[0]) if path else None


def _add(catalogue: dict[str, Manifest], manifest: Manifest) -> None:
    known = catalogue.get(manifest.name)
    if known is not None and known.path != manifest.path:
        raise AssemblyError(
            f"two addons are named '{manifest.name}': the other is in {known.path}",
            manifest.where(),
            "remove one, or leave its folder out of the search",
        )
    catalogue.setdefault(manifest.name, manifest)
