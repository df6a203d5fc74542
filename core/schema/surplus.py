"""What a database has beyond its addon set, and how it is kept from standing in the way.

Uninstalling drops nothing, and neither does a field that leaves an addon: columns, tables and rows stay. But a column
that nobody fills any more must not be NOT NULL, a rule that nobody knows any more must not refuse records, and a link
from a forgotten table must not keep others from deleting theirs. These *obstacles* are relaxed after every change.

When the addon comes back, its links are checked again: rows whose target was deleted meanwhile (*orphans*) lose the
link, or go with it where the link cannot be empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from core.schema.apply import relax
from core.schema.diff import Step, constraint_named


@dataclass
class Obstacle:
    """What has to be relaxed in one table."""

    table: str
    columns: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.columns or self.constraints or self.indexes)

    def lines(self) -> Iterator[str]:
        for column in self.columns:
            yield f"{self.table}.{column} may be empty: no installed addon fills it"
        for name in (*self.constraints, *self.indexes):
            yield f"{name} of {self.table} ends: no installed addon knows it"


@dataclass(frozen=True)
class Orphans:
    """Rows that link to records that are gone. ``emptied``: the link becomes empty; else the rows are removed."""

    table: str
    column: str
    target: str
    count: int
    emptied: bool

    def __str__(self) -> str:
        fate = "lose the link" if self.emptied else "are removed"
        return f"{self.count} rows of {self.table} {fate}: what {self.column} pointed to in {self.target} was deleted"


def obstacles(connection: sa.Connection, metadatas: Sequence[sa.MetaData]) -> list[Obstacle]:
    """What stands in the way of the structure ``metadatas``."""
    known = {name: table for metadata in metadatas for name, table in metadata.tables.items()}
    inspector = sa.inspect(connection)
    found = []
    for name in sorted(inspector.get_table_names()):
        table = known.get(name)
        if table is None:
            one = Obstacle(name, constraints=_blocking_links(inspector, name, set(known)))
        else:
            one = _in_known_table(connection, inspector, table)
        if one:
            found.append(one)
    return found


def clear(connection: sa.Connection, found: Sequence[Obstacle]) -> None:
    """Relax all of them."""
    for one in found:
        relax(connection, one.table, one.columns, one.constraints, one.indexes)


def orphans(connection: sa.Connection, metadatas: Sequence[sa.MetaData], steps: Sequence[Step]) -> list[Orphans]:
    """Rows that break the foreign keys which ``steps`` would add."""
    known = {name: table for metadata in metadatas for name, table in metadata.tables.items()}
    inspector = sa.inspect(connection)
    found = []
    for step in steps:
        if step.kind != "foreign key" or not inspector.has_table(step.table):
            continue
        table = known[step.table]
        element = constraint_named(connection, table, step.subject).elements[0]
        column, target = element.parent, element.column
        existing = {one["name"] for one in inspector.get_columns(table.name)}
        if column.name not in existing or not inspector.has_table(target.table.name):
            continue
        condition = _orphaned(column, target)
        count = connection.scalar(sa.select(sa.func.count()).select_from(table).where(condition))
        if count:
            found.append(Orphans(table.name, column.name, target.table.name, count, bool(column.nullable)))
    return found


def settle(connection: sa.Connection, metadatas: Sequence[sa.MetaData], found: Sequence[Orphans]) -> None:
    """Empty the links, or remove the rows."""
    known = {name: table for metadata in metadatas for name, table in metadata.tables.items()}
    for one in found:
        table = known[one.table]
        column: sa.Column[Any] = table.c[one.column]
        condition = _orphaned(column, next(iter(column.foreign_keys)).column)
        if one.emptied:
            connection.execute(sa.update(table).where(condition).values({column: None}))
        else:
            connection.execute(sa.delete(table).where(condition))


def _orphaned(column: sa.Column[Any], target: sa.Column[Any]) -> sa.ColumnElement[bool]:
    other = target.table.alias()
    return sa.and_(column.is_not(None), ~sa.exists().where(other.c[target.name] == column))


def _blocking_links(inspector: sa.Inspector, name: str, known: set[str]) -> list[str]:
    """Foreign keys of a forgotten table that would refuse the deletion of a known record."""
    return [
        str(one["name"])
        for one in inspector.get_foreign_keys(name)
        if one["name"]
        and one["referred_table"] in known
        and str(one.get("options", {}).get("ondelete", "")).upper() not in ("CASCADE", "SET NULL")
    ]


def _in_known_table(connection: sa.Connection, inspector: sa.Inspector, table: sa.Table) -> Obstacle:
    one = Obstacle(table.name)
    own = {column.name for column in table.columns}
    stored = inspector.get_columns(table.name)
    foreign = {column["name"] for column in stored} - own
    one.columns = [
        column["name"]
        for column in stored
        if column["name"] in foreign and not column["nullable"] and column["default"] is None
    ]

    def is_ours(name: str | None) -> bool:
        return name is None or constraint_named(connection, table, name) is not None

    uniques = inspector.get_unique_constraints(table.name)
    links = inspector.get_foreign_keys(table.name)
    one.constraints = [
        str(rule["name"]) for rule in uniques if not is_ours(rule["name"]) and own >= {*rule["column_names"]}
    ]
    one.constraints += [
        str(rule["name"]) for rule in links if not is_ours(rule["name"]) and own >= {*rule["constrained_columns"]}
    ]
    for check in inspector.get_check_constraints(table.name):
        words = set(re.findall(r"\w+", check["sqltext"]))
        if not is_ours(check["name"]) and not words & foreign:
            one.constraints.append(str(check["name"]))
    names = {index.name for index in table.indexes} | {rule["name"] for rule in uniques}
    one.indexes = [
        str(index["name"])
        for index in inspector.get_indexes(table.name)
        if index["unique"] and index["name"] not in names and own >= {str(column) for column in index["column_names"]}
    ]
    return one
