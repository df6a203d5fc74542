"""Addon sets made of the sample addons in ``tests/sample_addons``."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.addon.graph import closure
from core.addon.manifest import Manifest, read_manifest

SAMPLES = Path(__file__).parent / "sample_addons"


def sample(*names: str) -> tuple[Manifest, ...]:
    """The sample addons with these names, and what they depend on, in order."""
    folders = [one for one in sorted(SAMPLES.iterdir()) if (one / "addon.toml").is_file()]
    catalogue = {one.name: read_manifest(one, f"tests.sample_addons.{one.name}") for one in folders}
    return closure(catalogue, names)


@pytest.fixture(scope="module")
def addons(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The sample addons of a test module: its ``ADDONS``, else trade alone."""
    return tuple(getattr(request.module, "ADDONS", ("trade",)))


@pytest.fixture(scope="module")
def manifests(addons: tuple[str, ...]) -> tuple[Manifest, ...]:
    return sample(*addons)
