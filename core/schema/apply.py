"""Changes the structure of a database, as ``diff`` found it lacking.

    with changing(engine) as connection:                 one transaction, alone; undone as a whole by any error
        apply(connection, metadatas, Phase.OPEN)
        …data, scripts…
        apply(connection, metadatas, Phase.TIGHTEN)

PostgreSQL alters tables in place. SQLite can only add columns; for the rest the table is built anew beside the old one,
filled, and renamed (rebuild.py). That needs foreign keys switched off, which SQLite allows only outside of a
transaction; switched on, dropping an owner's table would delete its lines. So ``changing`` switches them off before it
begins, checks all of them before it commits, and copies the file first.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from core.errors import KontorError
from core.schema.diff import Phase, Step, constraint_named, difference
from core.schema.engines import WRITING
from core.schema.rebuild import loosen, rebuild

#: any number, the same for every process that changes a structure
_LOCK = 0x6B6F6E746F72
#: fills the empty values of (table, column) before it becomes NOT NULL; answers whether it could
Fill = Callable[[sa.Connection, sa.Table, sa.Column[Any]], bool]


class StructureError(KontorError):
    """The structure cannot be changed as wanted; the text says which data stands in the way."""


@contextlib.contextmanager
def changing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection in a transaction in which nobody else changes the structure. Commits at the end."""
    if engine.dialect.name == "sqlite":
        with _changing_sqlite(engine) as connection:
            yield connection
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '60s'")
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection


def apply(
    connection: sa.Connection, metadatas: Sequence[sa.MetaData], phase: Phase, fill: Fill | None = None
) -> list[Step]:
    """Take the steps of ``phase`` and answer them. Raises ``StructureError`` when data stands in the way."""
    steps = [one for one in difference(connection, metadatas) if one.phase is phase]
    tables = {name: table for metadata in metadatas for name, table in metadata.tables.items()}
    for step in steps:
        if step.kind == "not null":
            _check_filled(connection, tables[step.table], step, fill)
        elif step.kind == "type":
            _check_convertible(connection, step)
    change = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    try:
        change(connection, tables, steps)
    except sa.exc.IntegrityError as error:
        reason = str(error.orig).strip().replace("\n", "; ")
        raise StructureError(f"the data breaks a rule that is to hold from now on: {reason}") from error
    return steps


def finish(connection: sa.Connection, metadatas: Sequence[sa.MetaData], fill: Fill | None = None) -> list[Step]:
    """The last phase, and the proof that nothing is lacking any more."""
    steps = apply(connection, metadatas, Phase.TIGHTEN, fill)
    rest = difference(connection, metadatas)
    if rest:
        raise StructureError(f"the database still lacks: {', '.join(map(str, rest))}")
    return steps


def relax(
    connection: sa.Connection,
    table: str,
    columns: Sequence[str] = (),
    constraints: Sequence[str] = (),
    indexes: Sequence[str] = (),
) -> None:
    """Let ``columns`` be empty; drop constraints and indexes by name. The table may belong to no installed addon."""
    operations = Operations(MigrationContext.configure(connection))
    for name in indexes:
        operations.drop_index(name, table)
    if connection.dialect.name == "sqlite":
        if columns or constraints:
            loosen(connection, table, columns, constraints)
        return
    for column in columns:
        operations.alter_column(table, column, nullable=True)
    for name in constraints:
        operations.drop_constraint(name, table)


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


def _postgresql(connection: sa.Connection, tables: dict[str, sa.Table], steps: Sequence[Step]) -> None:
    operations = Operations(MigrationContext.configure(connection))
    made = [tables[step.table] for step in steps if step.kind == "table"]
    for table in made:
        connection.execute(CreateTable(table, include_foreign_key_constraints=[]))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            connection.execute(CreateIndex(index))
    for step in steps:
        if step.kind != "table":
            _alter(connection, operations, tables, step)
    for table in made:  # last, so that tables may refer to each other in a circle
        for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.name)):
            connection.execute(AddConstraint(constraint, isolate_from_table=False))


def _alter(connection: sa.Connection, operations: Operations, tables: dict[str, sa.Table], step: Step) -> None:
    table = tables.get(step.table)
    column = step.subject.rpartition(".")[2]
    if step.kind == "column" and table is not None:
        operations.add_column(step.table, bare_column(table.c[column]))
    elif step.kind == "nullable":
        operations.alter_column(step.table, column, nullable=True)
    elif step.kind == "not null":
        operations.alter_column(step.table, column, nullable=False)
    elif step.kind == "type" and table is not None:
        operations.alter_column(step.table, column, type_=table.c[column].type)
    elif step.kind in ("index", "unique index") and table is not None:
        connection.execute(CreateIndex(_index(table, step.subject)))
    elif step.kind.startswith("drop"):
        operations.invoke(step.op)
    elif table is not None:
        connection.execute(AddConstraint(constraint_named(connection, table, step.subject), isolate_from_table=False))


def bare_column(column: sa.Column[Any]) -> sa.Column[Any]:
    """The column as it is first added: empty in all rows, unless the database has a default for it."""
    loose = column.nullable or column.server_default is None
    return sa.Column(column.name, column.type, nullable=loose, server_default=column.server_default)


def _index(table: sa.Table, name: str) -> sa.Index:
    return next(one for one in table.indexes if one.name == name)


# -- SQLite ------------------------------------------------------------------------------------------------------------


def _sqlite(connection: sa.Connection, tables: dict[str, sa.Table], steps: Sequence[Step]) -> None:
    for name in dict.fromkeys(step.table for step in steps):
        mine = [step for step in steps if step.table == name]
        kinds = {step.kind for step in mine}
        if "table" in kinds:
            connection.execute(CreateTable(tables[name]))
        elif kinds - {"column", "index", "unique index", "drop index"}:
            rebuild(connection, tables[name], mine)
        else:
            _alter_in_place(connection, tables[name], mine)
        indexes = {step.subject for step in mine if step.kind in ("index", "unique index")}
        for index in sorted(tables[name].indexes, key=lambda one: str(one.name)):
            if "table" in kinds or index.name in indexes:
                connection.execute(CreateIndex(index))


def _alter_in_place(connection: sa.Connection, table: sa.Table, steps: Sequence[Step]) -> None:
    operations = Operations(MigrationContext.configure(connection))
    for step in steps:
        if step.kind == "column":
            operations.add_column(table.name, bare_column(table.c[step.subject.rpartition(".")[2]]))
        elif step.kind == "drop index":
            operations.invoke(step.op)


@contextlib.contextmanager
def _changing_sqlite(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect().execution_options(**WRITING) as connection:
        raw: Any = connection.connection.driver_connection
        copy = _copy(raw, engine.url.database)
        raw.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                _check_foreign_keys(connection)
        except BaseException:
            if raw.in_transaction and copy:  # not even the rollback worked
                _restore(copy, raw)
            raise
        finally:
            raw.execute("PRAGMA foreign_keys = ON")


def copy_path(database: str | None) -> Path | None:
    """Where the copy of an SQLite file lies that was taken before its structure was last changed."""
    if not database or database == ":memory:":
        return None
    return Path(f"{database}.before-apply")


def _copy(raw: sqlite3.Connection, database: str | None) -> Path | None:
    path = copy_path(database)
    if path is None or not raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return None
    path.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as target:
        raw.backup(target)
    return path


def _restore(copy: Path, raw: sqlite3.Connection) -> None:
    with contextlib.closing(sqlite3.connect(copy)) as source:
        source.backup(raw)


def _check_foreign_keys(connection: sa.Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(5)
    if broken:
        places = ", ".join(f"{row[0]} row {row[1]} to {row[2]}" for row in broken)
        raise StructureError(f"records would point to others that do not exist: {places}")


# -- data in the way ---------------------------------------------------------------------------------------------------


def _check_filled(connection: sa.Connection, table: sa.Table, step: Step, fill: Fill | None) -> None:
    column = table.c[step.subject.rpartition(".")[2]]
    empty = sa.select(sa.func.count()).select_from(table).where(column.is_(None))
    count = connection.scalar(empty)
    if count and fill is not None and fill(connection, table, column):
        count = connection.scalar(empty)
    if count:
        raise StructureError(
            f"addon '{step.addon}': {step.subject} must not be empty, but is in {count} rows; "
            "give the field a default, or fill it in a script migrations/<version>/post_…py"
        )


def _check_convertible(connection: sa.Connection, step: Step) -> None:
    """Refuse a change of type that the database would do with a loss, or cannot do."""
    op = step.op
    if not isinstance(op, ops.AlterColumnOp) or step.additive:
        return
    old, new = op.existing_type, op.modify_type
    table = sa.table(op.table_name, sa.column(op.column_name, old))
    column = table.c[op.column_name]
    lossy: Any
    if isinstance(old, sa.String) and isinstance(new, sa.String):
        lossy = sa.func.length(column) > new.length
    elif hasattr(old, "scale") and hasattr(new, "scale"):
        lossy = _loses_digits(connection, op.column_name, old, new)
    else:
        raise StructureError(
            f"addon '{step.addon}': {step.subject} cannot change from {old} to {new} by itself; "
            "write a script migrations/<version>/pre_…py that does it"
        )
    count = connection.scalar(sa.select(sa.func.count()).select_from(table).where(lossy))
    if count:
        raise StructureError(f"addon '{step.addon}': {step.subject} does not fit into {new} in {count} rows")


def _loses_digits(connection: sa.Connection, column: str, old: Any, new: Any) -> sa.ColumnElement[bool]:
    value: sa.ColumnElement[Any] = sa.literal_column(connection.dialect.identifier_preparer.quote(column))
    limit = 10 ** (new.precision - new.scale)
    if connection.dialect.name == "sqlite":
        step = 10 ** max(old.scale - new.scale, 0)
        return sa.or_(value % step != 0, sa.func.abs(value) >= limit * 10**old.scale)
    return sa.or_(value != sa.func.round(value, new.scale), sa.func.abs(value) >= limit)
