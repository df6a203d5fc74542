"""Carries out a plan (lifecycle.py), in one transaction:

    before_uninstall, before_install, before_upgrade       hooks; may refuse
    pre scripts, renames                                   old structure
    OPEN          tables, columns, types                   all that data and scripts need
    obstacles     what no installed addon fills any more   surplus.py
    data files    addon by addon, merged                   core/data
    post scripts, after_install, after_upgrade             new structure, ORM
    kontor_applied
    TIGHTEN       NOT NULL, unique, links, checks          and the proof that nothing is lacking
    trigram indexes                                        after the last rebuild of a table, which drops triggers

An error anywhere undoes everything. On SQLite a copy of the file was taken first.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.addon.graph import closure
from core.addon.manifest import Manifest
from core.data.loader import Report, load_data
from core.env import Env
from core.orm.files import FolderStore
from core.orm.security import SYSTEM
from core.registry.addonset import AddonSet
from core.registry.database import Database, default_files, set_for
from core.registry.lifecycle import (
    INSTALL,
    STRUCTURE,
    UNINSTALL,
    UPGRADE,
    Outcome,
    Plan,
    PlanError,
    metadatas_of,
    read_installed,
    renames,
    unreachable,
)
from core.schema import scripts, tables
from core.schema.apply import apply, changing, finish
from core.schema.diff import Phase, difference, fingerprint
from core.schema.engines import make_engine
from core.schema.search import make_search_indexes
from core.schema.surplus import clear, obstacles, orphans, settle


class Applying:
    """One application of one plan."""

    def __init__(self, plan: Plan, files: Path | None = None, progress: Callable[[str], None] | None = None) -> None:
        self.plan = plan
        self.set = plan.set
        self.metadatas = metadatas_of(plan.set)
        self.tell = progress or (lambda _text: None)
        self.engine = make_engine(plan.url)
        self.files = FolderStore(files or default_files(self.engine.url))
        self.now = datetime.datetime.now(datetime.UTC)
        self.data: dict[str, Report] = {}
        self.relaxed: list[str] = []

    def run(self) -> Outcome:
        try:
            with changing(self.engine) as connection:
                self._check_still_true(connection)
                self._work(connection)
        except sa.exc.OperationalError as error:
            told = unreachable(error)
            if told is None:
                raise
            raise told from error
        finally:
            self.engine.dispose()
        return Outcome(self.plan, self.data, self.relaxed)

    def _work(self, connection: sa.Connection) -> None:
        apply(connection, [tables.metadata], Phase.OPEN)
        finish(connection, [tables.metadata])
        self._hooks_before(connection)
        self._run_scripts(connection, "pre", None)
        for one in renames(connection, self.set):
            scripts.rename_column(connection, one.table, one.old, one.new)
        self.tell("structure")
        apply(connection, self.metadatas, Phase.OPEN)
        found = obstacles(connection, self.metadatas)
        clear(connection, found)
        self.relaxed = [line for one in found for line in one.lines()]
        settle(connection, self.metadatas, self._orphans(connection))
        with self._env(connection, self.set) as env:
            self._load(env)
            self._run_scripts(connection, "post", env)
            self._hooks_after(env)
            self._write_addons(connection)
            self.set.hooks.call("kontor_applied", env=env)
            env.flush()
        self.tell("rules of the structure")
        finish(connection, self.metadatas, self._fill)
        make_search_indexes(connection, self.set.models)
        self._write_settings(connection)

    def _check_still_true(self, connection: sa.Connection) -> None:
        if read_installed(connection) != self.plan.known:
            raise PlanError("the database has changed since the plan was made; make a new plan")

    def _changed(self, *actions: str) -> Iterator[Manifest]:
        for manifest in self.set.addons:
            if self.plan.action_of(manifest.name) in actions:
                yield manifest

    def _before(self, name: str) -> str:
        return next(str(one.before) for one in self.plan.changes if one.name == name)

    # -- hooks and scripts ------------------------------------------------------------------------------------------

    def _hooks_before(self, connection: sa.Connection) -> None:
        """Each hook gets the models that can be used at this moment: those of the addons that are installed."""
        leaving = [one.name for one in self.plan.changes if one.action == UNINSTALL]
        with self._env(connection, self._old_set()) as env:
            for name in leaving:
                manifest = next((one for one in env.set.addons if one.name == name), None)
                if manifest is not None:
                    self.tell(f"uninstall {name}")
                    env.set.hooks.call("kontor_before_uninstall", env=env, addon=manifest)
            for manifest in self._changed(INSTALL):
                self.set.hooks.call("kontor_before_install", env=env, addon=manifest)
            for manifest in self._changed(UPGRADE):
                version = self._before(manifest.name)
                self.set.hooks.call("kontor_before_upgrade", env=env, addon=manifest, version=version)
            env.flush()

    def _hooks_after(self, env: Env) -> None:
        for manifest in self._changed(INSTALL, UPGRADE):
            if self.plan.action_of(manifest.name) == INSTALL:
                self.set.hooks.call("kontor_after_install", env=env, addon=manifest)
            else:
                version = self._before(manifest.name)
                self.set.hooks.call("kontor_after_upgrade", env=env, addon=manifest, version=version)
            env.flush()

    def _old_set(self) -> AddonSet:
        """The addons that are installed, as far as their code is still here."""
        names = [name for name in self.plan.before if name in self.plan.catalogue]
        return set_for(closure(self.plan.catalogue, names))

    def _run_scripts(self, connection: sa.Connection, stage: str, env: Env | None) -> None:
        for one in self.plan.scripts:
            if one.stage == stage:
                self.tell(f"{one.addon}: {one.name}")
                scripts.run(connection, self.set.addon(one.addon), one, env)

    # -- records ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _env(self, connection: sa.Connection, addon_set: AddonSet) -> Iterator[Env]:
        """An elevated environment behind a savepoint, since an environment ends the transaction that it works in."""
        database = Database(self.plan.url, self.engine, addon_set, self.files)
        connection.begin_nested()
        with database.env(connection, SYSTEM) as env:
            yield env
            env.session.commit()

    def _load(self, env: Env) -> None:
        for manifest in self._changed(INSTALL, UPGRADE):
            self.tell(f"data of {manifest.name}")
            self.data[manifest.name] = load_data(env, manifest, demo=self.plan.demo_of(manifest.name))

    def _orphans(self, connection: sa.Connection) -> list[Any]:
        if not self.plan.orphans:
            return []
        return orphans(connection, self.metadatas, difference(connection, self.metadatas))

    def _fill(self, connection: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> bool:
        """Give the default of its field to rows that were there before the column was."""
        info = self.set.models.tables.get(table)
        field = info.fields.get(str(column.info.get("field", ""))) if info is not None else None
        if field is None or not field.has_default or field.target or field.translate:
            return False
        with self._env(connection, self.set) as env:
            value = field.default_for(env)
        if value is None:
            return False
        connection.execute(sa.update(table).where(column.is_(None)).values({column: value}))
        return True

    # -- what the database knows of its addons ----------------------------------------------------------------------

    def _write_addons(self, connection: sa.Connection) -> None:
        here = tables.addon
        for one in self.plan.changes:
            values: dict[str, Any] = {"version": one.version, "state": "installed", "upgraded_at": self.now}
            if one.action == UNINSTALL:
                values = {"state": "uninstalled", "uninstalled_at": self.now}
            elif one.action == INSTALL:
                values |= {"installed_at": self.now, "upgraded_at": None, "uninstalled_at": None}
                values["demo"] = self.plan.demo_of(one.name)
            if one.action != UNINSTALL:
                values["title"] = str(one.title)
            if one.name in self.plan.known:
                connection.execute(sa.update(here).where(here.c.name == one.name).values(values))
            else:
                connection.execute(sa.insert(here).values(name=one.name, **values))
        for requested in (True, False):
            names = here.c.name.in_(self.plan.requested)
            connection.execute(sa.update(here).where(names if requested else ~names).values(requested=requested))

    def _write_settings(self, connection: sa.Connection) -> None:
        bump(connection, "addons")
        here = tables.setting
        connection.execute(sa.delete(here).where(here.c.key == STRUCTURE))
        connection.execute(sa.insert(here).values(key=STRUCTURE, value=fingerprint(self.metadatas)))


def bump(connection: sa.Connection, topic: str) -> None:
    """Tell every process, at the commit of this transaction, that what it remembers of ``topic`` is outdated."""
    here = tables.signal
    changed = connection.execute(sa.update(here).where(here.c.topic == topic).values(generation=here.c.generation + 1))
    if not changed.rowcount:
        connection.execute(sa.insert(here).values(topic=topic, generation=1))
