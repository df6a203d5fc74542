"""Builds a table of SQLite anew, since SQLite alters little more than names.

The way is the one that https://www.sqlite.org/lang_altertable.html#otheralter prescribes: make the new table beside
the old one, copy the rows, drop the old one, rename the new one, make its indexes and triggers again. Kept besides the
rows: columns and constraints of addons that are no longer installed, and the counter of AUTOINCREMENT, so that the id
of a deleted record is never given again. (Alembic's batch mode keeps neither the counter nor collations.) Foreign keys
must be off (``apply.changing`` sees to that).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from core.schema.diff import Step, constraint_named, type_text

_NEW = "kernel_new_"


@dataclass
class _Shape:
    """The table as it will be: columns, and constraints by name."""

    columns: dict[str, sa.Column[Any]] = field(default_factory=dict)
    constraints: dict[str, sa.Constraint] = field(default_factory=dict)
    referred: set[tuple[str, str]] = field(default_factory=set)  # table, column
    sources: dict[str, str] = field(default_factory=dict)  # column -> SQL that fills it


def rebuild(connection: sa.Connection, table: sa.Table, steps: Sequence[Step]) -> None:
    """Give the existing ``table`` the changes of ``steps``, all of which are about it. Indexes to add are not made."""
    inspector = sa.inspect(connection)
    dropped = {step.subject for step in steps if step.kind.startswith("drop")}
    shape = _shape(connection, inspector, table, steps)
    if not any(step.kind == "type" for step in steps):
        _make(connection, table.name, shape, dropped)
        return
    # numbers in checks and in conditions of indexes are scaled like their columns
    _renew_checks(connection, table, shape)
    known = {one["name"] for one in inspector.get_indexes(table.name)} - dropped
    renewed = [one for one in table.indexes if one.name in known]
    _make(connection, table.name, shape, dropped | {str(one.name) for one in renewed})
    for index in renewed:
        connection.execute(CreateIndex(index))


def loosen(connection: sa.Connection, name: str, columns: Sequence[str], constraints: Sequence[str]) -> None:
    """Let ``columns`` be empty and drop ``constraints`` by name, in a table that no metadata may know."""
    inspector = sa.inspect(connection)
    shape = _current(inspector, name)
    for column in columns:
        shape.columns[column].nullable = True
    for constraint in constraints:
        shape.constraints.pop(constraint)
    _make(connection, name, shape, set())


def _shape(connection: sa.Connection, inspector: sa.Inspector, table: sa.Table, steps: Sequence[Step]) -> _Shape:
    shape = _current(inspector, table.name)
    subjects = {kind: {one.subject for one in steps if one.kind == kind} for kind in {one.kind for one in steps}}
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        known = shape.columns.get(column.name)
        if known is None:
            if name in subjects.get("column", ()):
                shape.columns[column.name] = _copied(
                    column, nullable=bool(column.nullable) or column.server_default is None
                )
            continue
        nullable = (bool(known.nullable) and name not in subjects.get("not null", ())) or name in subjects.get(
            "nullable", ()
        )
        if name in subjects.get("type", ()):
            shape.sources[column.name] = _converted(connection, known, column)
            known = column
        elif type_text(known.type, connection.dialect) == type_text(column.type, connection.dialect):
            known = column  # reflection loses what SQLite does not tell, such as a collation
        shape.columns[column.name] = _copied(known, nullable=nullable)
    for name in subjects.get("drop constraint", ()):
        shape.constraints.pop(name, None)
    for kind in ("unique", "foreign key", "check", "constraint"):
        for name in subjects.get(kind, ()):
            _add_constraint(connection, table, name, shape)
    return shape


def _current(inspector: sa.Inspector, name: str) -> _Shape:
    """The table as the database has it."""
    shape = _Shape()
    key = inspector.get_pk_constraint(name)
    for one in inspector.get_columns(name):
        default = sa.text(one["default"].replace(":", r"\:")) if one["default"] is not None else None
        shape.columns[one["name"]] = sa.Column(
            one["name"], one["type"], nullable=one["nullable"], server_default=default
        )
        shape.sources[one["name"]] = _quoted(inspector, one["name"])
    shape.constraints[key["name"] or "pk"] = sa.PrimaryKeyConstraint(*key["constrained_columns"], name=key["name"])
    for unique in inspector.get_unique_constraints(name):
        if unique["name"]:
            shape.constraints[unique["name"]] = sa.UniqueConstraint(*unique["column_names"], name=unique["name"])
    for check in inspector.get_check_constraints(name):
        if check["name"]:
            text: sa.ColumnElement[Any] = sa.literal_column(check["sqltext"])
            shape.constraints[check["name"]] = sa.CheckConstraint(text, name=check["name"])
    for link in inspector.get_foreign_keys(name):
        if link["name"]:
            options: Mapping[str, Any] = link.get("options", {})
            targets = [(link["referred_table"], column) for column in link["referred_columns"]]
            shape.constraints[link["name"]] = _link(link["name"], link["constrained_columns"], targets, options)
            shape.referred.update(targets)
    return shape


def _add_constraint(connection: sa.Connection, table: sa.Table, name: str, shape: _Shape) -> None:
    wanted = constraint_named(connection, table, name)
    columns = [column.name for column in getattr(wanted, "columns", ())]
    if isinstance(wanted, sa.ForeignKeyConstraint):
        targets = [(one.column.table.name, one.column.name) for one in wanted.elements]
        options = {key: getattr(wanted, key) for key in ("ondelete", "onupdate") if getattr(wanted, key)}
        shape.constraints[name] = _link(name, columns, targets, options)
        shape.referred.update(targets)
    elif isinstance(wanted, sa.UniqueConstraint):
        shape.constraints[name] = sa.UniqueConstraint(*columns, name=name)
    elif isinstance(wanted, sa.CheckConstraint):
        text = wanted.sqltext.compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True, "include_table": False}
        )
        shape.constraints[name] = sa.CheckConstraint(sa.literal_column(str(text)), name=name)


def _renew_checks(connection: sa.Connection, table: sa.Table, shape: _Shape) -> None:
    """Take the table's own checks from their declaration, where their columns have the declared types by now."""

    def text(column: sa.Column[Any]) -> str:
        return type_text(column.type, connection.dialect)

    for name, known in list(shape.constraints.items()):
        if not isinstance(known, sa.CheckConstraint):
            continue
        wanted = constraint_named(connection, table, name)
        if wanted is not None and all(text(one) == text(shape.columns[one.name]) for one in wanted.columns):
            _add_constraint(connection, table, name, shape)


def _link(
    name: str, columns: Sequence[str], targets: Sequence[tuple[str, str]], options: Mapping[str, Any]
) -> sa.ForeignKeyConstraint:
    kept = {key: value for key, value in options.items() if key in ("ondelete", "onupdate", "deferrable", "initially")}
    return sa.ForeignKeyConstraint(list(columns), [f"{table}.{column}" for table, column in targets], name=name, **kept)


def _copied(column: sa.Column[Any], *, nullable: bool) -> sa.Column[Any]:
    return sa.Column(column.name, column.type, nullable=nullable, server_default=column.server_default)


def _converted(connection: sa.Connection, old: sa.Column[Any], new: sa.Column[Any]) -> str:
    """SQL that gives the old values the new type; ``apply`` has checked that nothing is lost."""
    value = connection.dialect.identifier_preparer.quote(old.name)
    kind = new.type.dialect_impl(connection.dialect)
    kind = getattr(kind, "impl_instance", kind)
    old_scale, new_scale = getattr(old.type, "scale", None), getattr(kind, "scale", None)
    if old_scale is None or new_scale is None or old_scale == new_scale:
        return value
    return (
        f"{value} * {10 ** (new_scale - old_scale)}"
        if new_scale > old_scale
        else (f"{value} / {10 ** (old_scale - new_scale)}")
    )


def _make(connection: sa.Connection, name: str, shape: _Shape, dropped: set[str]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    kept = _kept(connection, name, dropped)
    counts = "AUTOINCREMENT" in str(_master(connection, "sql", "type = 'table' AND name = ?", name)[0]).upper()
    counter = _counter(connection, name) if counts else None
    metadata = sa.MetaData()
    for other in {table for table, _ in shape.referred}:
        columns = sorted({column for table, column in shape.referred if table == other})
        sa.Table(other, metadata, *(sa.Column(column, sa.Integer()) for column in columns))
    new = sa.Table(
        f"{_NEW}{name}", metadata, *shape.columns.values(), *shape.constraints.values(), sqlite_autoincrement=counts
    )
    connection.execute(CreateTable(new))
    targets = ", ".join(quote(column) for column in shape.sources)
    values = ", ".join(shape.sources.values())
    run = connection.exec_driver_sql
    run(f"INSERT INTO {quote(new.name)} ({targets}) SELECT {values} FROM {quote(name)}")  # noqa: S608 - own names
    run(f"DROP TABLE {quote(name)}")
    run(f"ALTER TABLE {quote(new.name)} RENAME TO {quote(name)}")
    if counter is not None:
        run("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, counter))
    for statement in kept:
        run(statement)


def _kept(connection: sa.Connection, name: str, dropped: set[str]) -> list[str]:
    """The statements that made the table's indexes and triggers."""
    rows = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        (name,),
    )
    return [row.sql for row in rows if row.name not in dropped]


def _master(connection: sa.Connection, column: str, condition: str, value: str) -> list[Any]:
    statement = f"SELECT {column} FROM sqlite_master WHERE {condition}"  # noqa: S608 - constants
    return list(connection.exec_driver_sql(statement, (value,)).scalars())


def _counter(connection: sa.Connection, name: str) -> int | None:
    found = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,)).scalar()
    return None if found is None else int(found)


def _quoted(inspector: sa.Inspector, name: str) -> str:
    return str(inspector.dialect.identifier_preparer.quote(name))
