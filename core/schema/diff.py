"""What a database lacks of the structure that its addon set needs, as a list of steps, each owned by an addon.

Alembic's autogenerate compares; this file asks it the right question and sorts the answer. What always holds:

* Nothing is ever dropped because nobody declares it: a database may have more than the set needs, from addons that
  were uninstalled. Only what *replaces* something drops it (an index with other columns under the same name).
* Every step knows its addon (``Table.info["addon"]``, ``Column.info["addon"]``), and whether it is additive: whether
  a server that knows nothing of it goes on working.
* Steps fall into two phases. OPEN makes what scripts and data files need: tables, columns (without NOT NULL), types,
  plain indexes. TIGHTEN comes when they have run: NOT NULL, unique, foreign keys, checks.
"""

from __future__ import annotations

import enum
import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy.schema import CreateIndex, CreateTable

PLUGINS = ("alembic.autogenerate.*", "alembic.ext.checkconstraint_byname")


class Phase(enum.Enum):
    """When a step is taken: before data and scripts, or after them."""

    OPEN = "open"
    TIGHTEN = "tighten"


@dataclass(frozen=True)
class Step:
    """One change of structure. ``subject`` is a table, ``table.column``, or the name of an index or constraint."""

    addon: str
    kind: str
    table: str
    subject: str
    phase: Phase
    additive: bool
    op: ops.MigrateOperation
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}" + (f" {self.detail}" if self.detail else "")


def difference(connection: sa.Connection, metadatas: Sequence[sa.MetaData]) -> list[Step]:
    """The steps from the database to ``metadatas``; empty when nothing is lacking."""
    context = MigrationContext.configure(
        connection,
        opts={
            "target_metadata": list(metadatas),
            "include_object": _include,
            "compare_type": _type_differs,
            "compare_server_default": False,
            "autogenerate_plugins": list(PLUGINS),
        },
    )
    with warnings.catch_warnings():  # tables may refer to each other in a circle; apply.py sees to their order
        warnings.filterwarnings("ignore", "Cannot correctly sort tables", sa.exc.SAWarning)
        script = produce_migrations(context, list(metadatas))  # type: ignore[arg-type]  # several are allowed
    found = list(_flat(script.upgrade_ops.ops if script.upgrade_ops else []))
    return _Sorter(connection, metadatas, found).steps()


def fingerprint(metadatas: Sequence[sa.MetaData]) -> str:
    """A short hash of a structure, the same for the same declarations whatever their order."""
    digest = hashlib.sha256()
    for table in sorted((one for metadata in metadatas for one in metadata.tables.values()), key=lambda one: one.name):
        digest.update(str(CreateTable(table)).encode())
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            digest.update(str(CreateIndex(index)).encode())
    return digest.hexdigest()[:32]


def _include(found: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """Leave out what only the database has."""
    return not (reflected and compare_to is None)


def _type_differs(
    context: MigrationContext, inspected: Any, declared: Any, inspected_type: Any, declared_type: Any
) -> bool:
    return type_text(inspected_type, context.dialect) != type_text(declared_type, context.dialect)


def type_text(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> str:
    """The type as DDL writes it, comparable between declaration and database."""
    text = re.sub(r"\s+", " ", kind.compile(dialect)).replace(", ", ",").upper()
    return re.sub(r" COLLATE \S+", "", text) if dialect.name == "sqlite" else text.replace('"', "")


def constraint_named(connection: sa.Connection, table: sa.Table, name: str) -> Any:
    """The constraint that bears ``name`` in the database, by its metadata's naming convention; None if none does."""
    preparer = connection.dialect.identifier_preparer
    names = (name, preparer.quote(name))
    return next((one for one in table.constraints if preparer.format_constraint(one) in names), None)


def _flat(found: Iterable[Any]) -> Iterator[Any]:
    for op in found:
        if isinstance(op, ops.ModifyTableOps):
            yield from op.ops
        else:
            yield op


class _Sorter:
    """Names, attributes and classifies Alembic's operations."""

    def __init__(self, connection: sa.Connection, metadatas: Sequence[sa.MetaData], found: list[Any]) -> None:
        self.connection = connection
        self.found = found
        self.tables = {name: table for metadata in metadatas for name, table in metadata.tables.items()}
        self.new_tables = {op.table_name for op in found if isinstance(op, ops.CreateTableOp)}
        self.new_columns = {(op.table_name, op.column.name) for op in found if isinstance(op, ops.AddColumnOp)}

    def steps(self) -> list[Step]:
        order = {name: number for number, name in enumerate(self.tables)}
        steps = [step for op in self.found for step in self._step(op)]
        # what replaces something drops it first; the rest keeps the order of declaration
        return sorted(steps, key=lambda one: (one.kind[:4] != "drop", order.get(one.table, 0)))

    def _step(self, op: Any) -> Iterator[Step]:
        if isinstance(op, ops.CreateTableOp):
            table = self.tables[op.table_name]
            detail = f"({len(table.columns)} columns)"
            yield self._made(op, "table", op.table_name, op.table_name, Phase.OPEN, detail)
        elif isinstance(op, ops.AddColumnOp):
            name = f"{op.table_name}.{op.column.name}"
            yield self._made(op, "column", op.table_name, name, Phase.OPEN, str(op.column.type))
            if not op.column.nullable and op.column.server_default is None:
                yield self._made(op, "not null", op.table_name, name, Phase.TIGHTEN, columns=(op.column.name,))
        elif isinstance(op, ops.AlterColumnOp):
            yield from self._altered(op)
        elif isinstance(op, ops.CreateIndexOp):
            if op.table_name not in self.new_tables:
                columns = _names(op.columns)
                phase = Phase.TIGHTEN if op.unique else Phase.OPEN
                kind = "unique index" if op.unique else "index"
                yield self._made(op, kind, op.table_name, str(op.index_name), phase, columns=columns)
        elif isinstance(op, ops.AddConstraintOp):
            yield self._constraint(op)
        elif isinstance(op, ops.DropIndexOp):
            yield self._made(op, "drop index", str(op.table_name), str(op.index_name), Phase.OPEN, additive=False)
        elif isinstance(op, ops.DropConstraintOp):
            name = str(op.constraint_name)
            yield self._made(op, "drop constraint", op.table_name, name, Phase.OPEN, additive=False)

    def _altered(self, op: ops.AlterColumnOp) -> Iterator[Step]:
        name = f"{op.table_name}.{op.column_name}"
        columns = (op.column_name,)
        if op.modify_type is not None:
            wider = _is_wider(op.existing_type, op.modify_type)
            detail = f"{op.existing_type} to {op.modify_type}"
            # never later: scripts and data files already read and write the new type
            yield self._made(op, "type", op.table_name, name, Phase.OPEN, detail, wider, columns)
        if op.modify_nullable is True:
            yield self._made(op, "nullable", op.table_name, name, Phase.OPEN, additive=True, columns=columns)
        elif op.modify_nullable is False:
            yield self._made(op, "not null", op.table_name, name, Phase.TIGHTEN, additive=False, columns=columns)

    def _constraint(self, op: ops.AddConstraintOp) -> Step:
        name = str(op.constraint_name)  # type: ignore[attr-defined]  # every kind of them has it
        table = str(op.to_constraint().table.name)
        constraint = constraint_named(self.connection, self.tables[table], name)
        columns = tuple(column.name for column in getattr(constraint, "columns", ()))
        kind = {
            sa.UniqueConstraint: "unique",
            sa.ForeignKeyConstraint: "foreign key",
            sa.CheckConstraint: "check",
        }.get(type(constraint), "constraint")
        return self._made(op, kind, table, name, Phase.TIGHTEN, columns=columns)

    def _made(
        self,
        op: Any,
        kind: str,
        table: str,
        subject: str,
        phase: Phase,
        detail: str = "",
        additive: bool | None = None,
        columns: tuple[str, ...] | None = None,
    ) -> Step:
        if additive is None:
            strict = kind in ("not null", "unique", "unique index", "foreign key", "check", "constraint")
            fresh = all((table, column) in self.new_columns for column in columns or ())
            additive = not strict or (fresh and kind != "not null")
        if kind == "column":
            columns = (op.column.name,)
        return Step(self._addon(table, columns or ()), kind, table, subject, phase, additive, op, detail)

    def _addon(self, name: str, columns: tuple[str, ...]) -> str:
        """The addon behind it: the one that extended the table, where one of the columns is an extension's."""
        table = self.tables.get(name)
        if table is None:
            return ""
        owner = str(table.info.get("addon", ""))
        owners = [str(table.c[one].info.get("addon", owner)) for one in columns if one in table.c]
        return next((one for one in reversed(owners) if one != owner), owner)


def _names(columns: Sequence[Any]) -> tuple[str, ...]:
    return tuple(one if isinstance(one, str) else str(getattr(one, "name", "")) for one in columns)


def _is_wider(old: Any, new: Any) -> bool:
    """Whether every old value fits unchanged."""
    if isinstance(old, sa.String) and isinstance(new, sa.String):
        return new.length is None or (old.length is not None and new.length >= old.length)
    digits = [(one.precision, one.scale) for one in (old, new) if hasattr(one, "scale") and one.precision is not None]
    if len(digits) == 2:
        (old_precision, old_scale), (precision, scale) = digits
        return bool(scale >= old_scale and precision - scale >= old_precision - old_scale)
    return isinstance(old, sa.Integer) and isinstance(new, sa.BigInteger) and not isinstance(old, sa.BigInteger)
