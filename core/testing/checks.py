"""What every addon is checked for without writing a test: alone with what it needs, and beside all others.

An addon's own tests get them by one class::

    # addons_contrib/loyalty/tests/test_addon.py
    from core.testing.checks import AddonChecks

    class TestAddon(AddonChecks):
        addon = "loyalty"

The same functions run in Kontor's own tests for each addon there is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from webtest import TestApp

import core.web.app  # noqa: F401  registers the builders of views and pages
from core.addon.discover import discover
from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.env import Env
from core.errors import AccessError
from core.orm.assemble import ModelInfo
from core.orm.relations import Reference
from core.orm.security import EVERYONE, OPERATIONS, SYSTEM, Principal
from core.registry.addonset import AddonSet
from core.registry.database import Database, open_database, set_for
from core.registry.lifecycle import apply, lacking, plan
from core.testing.databases import fresh
from core.testing.form import Client
from core.testing.kit import DoomedDatabase, counting
from core.web.dispatch import Dispatcher
from core.web.visits import principals

#: SQL statements of a page, with session and menus: the budget of every list and form
LIST_BUDGET, FORM_BUDGET = 5, 8
#: keyword arguments and positions whose text a user reads
_SHOWN = frozenset({"label", "help", "title", "plural", "confirm", "message"})


def files_that_nobody_reads(manifest: Manifest) -> list[str]:
    """Files in ``data`` and ``demo`` that the manifest does not name, and what an addon's folder must have."""
    listed = {path.resolve() for path in (*manifest.data, *manifest.demo)}
    found = [
        str(path.relative_to(manifest.path))
        for folder in ("data", "demo")
        for path in sorted((manifest.path / folder).glob("*.xml"))
        if path.resolve() not in listed
    ]
    return found + [name for name in ("__init__.py", "py.typed") if not (manifest.path / name).is_file()]


def texts_without_gettext(manifest: Manifest) -> Iterator[str]:
    """Texts for users in the addon's Python that are not marked with ``_("…")``."""
    for file in sorted(manifest.path.rglob("*.py")):
        if "tests" in file.relative_to(manifest.path).parts:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from (f"{file}:{one.lineno}: {ast.unparse(one)}" for one in _shown(node))
            elif isinstance(node, ast.ClassDef):
                for keyword in node.keywords:
                    if keyword.arg in ("title", "plural") and _is_text(keyword.value):
                        yield f"{file}:{node.lineno}: {keyword.arg}={ast.unparse(keyword.value)}"


def _shown(call: ast.Call) -> Iterator[ast.expr]:
    name = ast.unparse(call.func)
    if name.startswith("fields."):
        yield from (one for one in call.args if _is_text(one) and " " in str(getattr(one, "value", "")))
    if name.startswith("fields.") or name in ("transition", "action", "check", "unique", "UserError", "Refusal"):
        yield from (one.value for one in call.keywords if one.arg in _SHOWN and _is_text(one.value))
    if name == "UserError":
        yield from (one for one in call.args if _is_text(one))
    if name == "Refusal":
        yield from (one for one in call.args[1:] if _is_text(one))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value.strip())


def models_without_words(addon_set: AddonSet, addon: str) -> list[str]:
    """Models and fields that the addon shows without a name of their own."""
    found = []
    for info in addon_set.models.values():
        if info.addon == addon and not str(info.title).strip():
            found.append(info.name)
        found += [
            f"{info.name}.{one.name}" for one in info.fields.values() if one.addon == addon and not str(one.label)
        ]
    return found


def channels_open_to_nobody(db: Database, addon: str) -> list[str]:
    """Models of the addon that somebody without any group can read although no right says so."""
    found = []
    nobody = Principal("staff", name="nobody", groups=frozenset({str(EVERYONE)}))
    security = db.set.security
    for info in db.set.models.values():
        if info.addon != addon or security.may(nobody, info.name, "read"):
            continue
        with db.transaction(nobody, writing=False) as env:
            for statement in (sa.select(info.cls), sa.select(sa.func.count(info.cls.id)), sa.select(info.cls.id)):
                try:
                    env.session.execute(statement)
                except AccessError:
                    continue
                found.append(f"{info.name}: {statement}")
    return found


def rules_that_do_not_compile(db: Database, addon: str) -> None:
    """Run the conditions of every model in every mode for principals with and without groups; raises what is wrong."""
    security = db.set.security
    people = [Principal("staff", 1, "all", frozenset(security.groups), (1, 2), 1)]
    people += [Principal("staff", 1, name, security.expand([name]), (1,), 1) for name in security.groups]
    for info in db.set.models.values():
        if info.addon != addon:
            continue
        with db.transaction(SYSTEM, writing=False) as env:
            for principal in people:
                for mode in OPERATIONS:
                    condition = security.criteria(principal, info.name, mode)
                    if condition is not None:
                        env.session.execute(sa.select(info.cls.id).where(condition).limit(1))


def desk(db: DoomedDatabase, env: Env) -> Client:
    """A client logged in as somebody who is in every group."""
    password = "check-every-page-1"  # noqa: S105  of a user who lives as long as the test
    principals(env).add("checker", "Checker", password, [one for one in db.set.groups if one != str(EVERYONE)])
    env.flush()
    return Client(Dispatcher.serving(db)).log_in("checker", password)


def pages_over_budget(db: DoomedDatabase, app: TestApp, addon: str) -> list[str]:
    """Lists and new forms of the addon's models that do not open, or take more statements than they may."""
    found = []
    for info in db.set.models.values():
        if info.addon != addon or info.owner is not None:
            continue
        pages = [(f"/app/{info.name}", LIST_BUDGET + _models_referred_to(db, info))]
        if any((info.name, "create") == key for key in db.set.security.allowed):
            pages.append((f"/app/{info.name}/new", FORM_BUDGET))
        for url, budget in pages:
            app.get(url, expect_errors=True)  # the first one compiles
            with counting(db) as statements:
                answer = app.get(url, expect_errors=True)
            if len(statements) > budget:  # the rights of the session may just have been read anew
                with counting(db) as statements:
                    answer = app.get(url, expect_errors=True)
            if answer.status_int != 200:
                found.append(f"{url}: {answer.status}")
            elif len(statements) > budget:
                found.append(f"{url}: {len(statements)} statements, {budget} are allowed:\n" + "\n".join(statements))
    return found


def _models_referred_to(db: Database, info: ModelInfo) -> int:
    """A column of references takes one statement more for each model that it leads to."""
    columns = [info.table.c[one.model_column] for one in info.fields.values() if isinstance(one, Reference)]
    if not columns:
        return 0
    with db.connection(writing=False) as (connection, _begun):
        return sum(connection.scalar(sa.select(sa.func.count(column.distinct()))) or 0 for column in columns)


def upgraded_and_removed(url: sa.URL, manifests: tuple[Manifest, ...], addon: str, files: Path) -> None:
    """Install, upgrade: nothing lacks. Uninstall: the others work, and nothing was dropped."""
    catalogue = {one.name: one for one in manifests}
    apply(plan(url, catalogue, install=[addon]), files=files)
    apply(plan(url, catalogue, upgrade=[]), files=files)
    with closing(open_database(url, catalogue, files)) as database, database.engine.connect() as connection:
        assert lacking(connection, database.set) == []
        before = set(sa.inspect(connection).get_table_names())
    rest = [one.name for one in manifests if one.name != addon]
    if not rest:
        return
    apply(plan(url, catalogue, uninstall=[addon]), files=files)
    with closing(open_database(url, catalogue, files)) as database:
        assert addon not in database.set.names
        with database.engine.connect() as connection:
            assert before <= set(sa.inspect(connection).get_table_names())
        with database.transaction(writing=False) as env:
            for info in database.set.models.values():
                env.session.execute(sa.select(info.cls).limit(1))


class AddonChecks:
    """Tests of one addon, for its own test folder; ``addon`` is its name."""

    addon = ""

    @pytest.fixture(scope="class")
    def addons(self) -> tuple[str, ...]:
        return (self.addon,)

    @pytest.fixture(scope="class")
    def manifests(self) -> tuple[Manifest, ...]:
        return closure(discover(), [self.addon])

    @pytest.fixture
    def manifest(self, manifests: tuple[Manifest, ...]) -> Manifest:
        return next(one for one in manifests if one.name == self.addon)

    def test_every_file_is_read(self, manifest: Manifest) -> None:
        assert files_that_nobody_reads(manifest) == []

    def test_every_text_can_be_translated(self, manifest: Manifest) -> None:
        assert list(texts_without_gettext(manifest)) == []

    def test_it_assembles_alone_and_says_what_things_are(self, manifests: tuple[Manifest, ...]) -> None:
        made = set_for(manifests)
        assert made.parts
        assert models_without_words(made, self.addon) == []

    def test_nobody_reads_without_a_right(self, db: DoomedDatabase) -> None:
        assert channels_open_to_nobody(db, self.addon) == []

    def test_rules_compile(self, db: DoomedDatabase) -> None:
        rules_that_do_not_compile(db, self.addon)

    def test_pages_open_within_their_budget(self, db: DoomedDatabase, env: Env) -> None:
        assert pages_over_budget(db, desk(db, env).app, self.addon) == []

    def test_install_upgrade_uninstall(self, manifests: tuple[Manifest, ...], tmp_path: Path) -> None:
        with fresh("sqlite", tmp_path) as url:
            upgraded_and_removed(url, manifests, self.addon, tmp_path / "files")
