"""Every addon there is: alone with what it needs on SQLite, and all together on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.addon.discover import discover
from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.env import Env
from core.registry.database import set_for
from core.testing import checks
from core.testing.databases import fresh
from core.testing.kit import DoomedDatabase

CATALOGUE = discover(entry_points=False)
NAMES = list(CATALOGUE)


@pytest.fixture(scope="module")
def addons() -> tuple[str, ...]:
    return tuple(NAMES)


@pytest.fixture(scope="module")
def manifests() -> tuple[Manifest, ...]:
    return closure(CATALOGUE, NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_read(name: str) -> None:
    assert checks.files_that_nobody_reads(CATALOGUE[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_text_can_be_translated(name: str) -> None:
    assert list(checks.texts_without_gettext(CATALOGUE[name])) == []


@pytest.mark.parametrize("name", NAMES)
def test_alone(name: str, tmp_path: Path) -> None:
    """Install, upgrade, uninstall with nothing but what it depends on."""
    manifests = closure(CATALOGUE, [name])
    made = set_for(manifests)
    assert set(made.parts) >= {"views", "web"}
    assert checks.models_without_words(made, name) == []
    with fresh("sqlite", tmp_path) as url:
        checks.upgraded_and_removed(url, manifests, name, tmp_path / "files")


def test_all_together_upgraded_and_removed(database_kind: str, manifests: tuple[Manifest, ...], tmp_path: Path) -> None:
    with fresh(database_kind, tmp_path) as url:
        last = manifests[-1].name
        checks.upgraded_and_removed(url, manifests, last, tmp_path / "files")


@pytest.mark.parametrize("name", NAMES)
def test_nobody_reads_without_a_right(db: DoomedDatabase, name: str) -> None:
    assert checks.channels_open_to_nobody(db, name) == []


@pytest.mark.parametrize("name", NAMES)
def test_rules_compile(db: DoomedDatabase, name: str) -> None:
    checks.rules_that_do_not_compile(db, name)


def test_pages_open_within_their_budget(db: DoomedDatabase, env: Env) -> None:
    app = checks.desk(db, env).app
    assert [one for name in NAMES for one in checks.pages_over_budget(db, app, name)] == []
