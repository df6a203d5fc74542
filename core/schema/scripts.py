"""Scripts that move data when an addon is upgraded.

    addons/orders/migrations/1.1/pre_01_rename_ref.py      before the structure changes; SQL on the old structure
    addons/orders/migrations/1.1/post_01_fill_terms.py     after structure and data; the ORM through ctx.env

Each defines ``def run(ctx)``, and runs once in each database: when it is upgraded from a version below the folder's. A
journal (``kernel_script``) keeps what has run, with the checksum of the file at that time. Scripts run in the order of
versions, then of numbers, in the one transaction of the upgrade: a script that raises undoes all of it. A database in
which the addon is installed afresh needs none of them.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from packaging.version import InvalidVersion, Version

from core.addon.manifest import Manifest
from core.addon.plugins import fault_place, load_file
from core.errors import AssemblyError, KontorError, Where
from core.schema import tables

if TYPE_CHECKING:
    from core.env import Env

FOLDER = "migrations"
_NAME = re.compile(r"(pre|post)_(\d\d)_([a-z0-9_]+)\.py")


@dataclass(frozen=True)
class Script:
    """One script of an addon; ``name`` is its path below ``migrations``, and what the journal knows it by."""

    addon: str
    version: Version
    stage: str  # "pre" or "post"
    number: int
    name: str
    path: Path

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


class ScriptContext:
    """What a script gets: the connection in the upgrade's transaction, and in a post script the elevated ``env``."""

    def __init__(self, connection: sa.Connection, script: Script, env: Env | None = None) -> None:
        self.connection = connection
        self.script = script
        self._env = env

    @property
    def env(self) -> Env:
        """The environment with the new addon set. Raises ``AssemblyError`` in a pre script."""
        if self._env is None:
            raise AssemblyError(
                "a pre script has no env: the structure is still the old one",
                Where(self.script.addon, self.script.path),
                "use ctx.execute, or make it a post script",
            )
        return self._env

    def execute(self, statement: str | sa.Executable, **values: Any) -> sa.CursorResult[Any]:
        """Run SQL; ``:name`` in a text stands for the value given as ``name``."""
        return self.connection.execute(sa.text(statement) if isinstance(statement, str) else statement, values)

    def has_table(self, table: str) -> bool:
        return sa.inspect(self.connection).has_table(table)

    def has_column(self, table: str, column: str) -> bool:
        inspector = sa.inspect(self.connection)
        return inspector.has_table(table) and any(one["name"] == column for one in inspector.get_columns(table))

    def rename_table(self, old: str, new: str) -> None:
        rename_table(self.connection, old, new)

    def rename_column(self, table: str, old: str, new: str) -> None:
        rename_column(self.connection, table, old, new)


def scripts_of(manifest: Manifest) -> tuple[Script, ...]:
    """All scripts of an addon in the order in which they run. Raises ``AssemblyError`` for a file with another name."""
    found = []
    for folder in sorted(path for path in (manifest.path / FOLDER).glob("*") if path.is_dir()):
        if folder.name != "__pycache__":
            found += _scripts(manifest, folder)
    return tuple(sorted(found, key=lambda one: (one.version, one.number, one.name)))


def pending(connection: sa.Connection, manifest: Manifest, installed: str) -> list[Script]:
    """The scripts that an upgrade from version ``installed`` has to run."""
    journal = sa.select(tables.script.c.script).where(tables.script.c.addon == manifest.name)
    done = set(connection.scalars(journal)) if sa.inspect(connection).has_table(tables.script.name) else set()
    low, high = Version(installed), Version(manifest.version)
    return [one for one in scripts_of(manifest) if low < one.version <= high and one.name not in done]


def run(connection: sa.Connection, manifest: Manifest, script: Script, env: Env | None = None) -> None:
    """Run ``script`` and write it into the journal. An error that is none of Kontor's becomes an ``AssemblyError``."""
    function = getattr(load_file(manifest, script.path), "run", None)
    if not callable(function):
        raise AssemblyError("has no function run(ctx)", Where(manifest.name, script.path))
    try:
        function(ScriptContext(connection, script, env))
        if env is not None:
            env.session.flush()
    except KontorError:
        raise
    except Exception as error:
        message = f"script {script.name} failed with {type(error).__name__}: {error}"
        raise AssemblyError(message, fault_place(manifest, error)) from error
    connection.execute(
        tables.script.insert().values(
            addon=manifest.name, script=script.name, checksum=script.checksum, at=datetime.datetime.now(datetime.UTC)
        )
    )


def rename_table(connection: sa.Connection, old: str, new: str) -> None:
    """Rename a table with its indexes and constraints, whose names begin with the table's."""
    Operations(MigrationContext.configure(connection)).rename_table(old, new)
    _rename_names(connection, new, f"_{old}_", f"_{new}_")


def rename_column(connection: sa.Connection, table: str, old: str, new: str) -> None:
    """Rename a column, with the indexes and constraints that are named after it."""
    quote = connection.dialect.identifier_preparer.quote
    connection.exec_driver_sql(f"ALTER TABLE {quote(table)} RENAME COLUMN {quote(old)} TO {quote(new)}")
    _rename_names(connection, table, f"_{table}_{old}", f"_{table}_{new}")


def _rename_names(connection: sa.Connection, table: str, old: str, new: str) -> None:
    """On SQLite only drop the indexes with old names: they are made again with the new ones."""
    quote = connection.dialect.identifier_preparer.quote
    inspector = sa.inspect(connection)
    run = connection.exec_driver_sql
    uniques = {one["name"] for one in inspector.get_unique_constraints(table)}
    for index in inspector.get_indexes(table):
        name = str(index["name"])
        if old not in name or name in uniques:
            continue
        if connection.dialect.name == "sqlite":
            run(f"DROP INDEX {quote(name)}")
        else:
            run(f"ALTER INDEX {quote(name)} RENAME TO {quote(name.replace(old, new))}")
    if connection.dialect.name == "sqlite":
        return
    constraints = [
        *inspector.get_foreign_keys(table),
        *inspector.get_unique_constraints(table),
        *inspector.get_check_constraints(table),
        inspector.get_pk_constraint(table),
    ]
    for name in {str(one["name"]) for one in constraints if one["name"]}:
        if old in name:
            renamed = quote(name.replace(old, new))
            run(f"ALTER TABLE {quote(table)} RENAME CONSTRAINT {quote(name)} TO {renamed}")


def _scripts(manifest: Manifest, folder: Path) -> list[Script]:
    try:
        version = Version(folder.name)
    except InvalidVersion:
        hint = "name it like 1.1"
        raise AssemblyError(f"'{folder.name}' is no version", Where(manifest.name, folder), hint) from None
    if version > Version(manifest.version):
        raise AssemblyError(f"scripts of {version}, but the addon is {manifest.version}", Where(manifest.name, folder))
    found = []
    for path in sorted(folder.glob("*.py")):
        match = _NAME.fullmatch(path.name)
        if not match:
            where = Where(manifest.name, path)
            raise AssemblyError(f"'{path.name}' is no name of a script", where, "name it like post_01_fill_terms.py")
        name = f"{folder.name}/{path.name}"
        found.append(Script(manifest.name, version, match[1], int(match[2]), name, path))
    return found
