"""Addons made on the spot, in a folder whose import name no other test uses."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.addon.manifest import Manifest, read_manifest

_numbers = itertools.count()
Make = Callable[..., Manifest]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for addons; what they imported is forgotten afterwards."""
    name = f"made_addons_{next(_numbers)}"
    path = tmp_path / name
    path.mkdir()
    before = list(sys.path)
    yield path
    sys.path[:] = before
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[module]


@pytest.fixture
def make(folder: Path) -> Make:
    """``make("orders", 'depends = ["offers"]', {"plugin.py": "…"})`` writes an addon and reads its manifest."""

    def write(name: str, keys: str = "", files: dict[str, str] | None = None, version: str = "1.0") -> Manifest:
        addon = folder / name
        addon.mkdir(exist_ok=True)
        (addon / "addon.toml").write_text(
            f'name = "{name}"\nversion = "{version}"\ntitle = "{name.title()}"\n{keys}', encoding="utf-8"
        )
        for file, text in (files or {}).items():
            path = addon / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_manifest(addon)

    return write
