"""Trigram indexes on the folded shadows of searchable fields, where the database has them.

SQLite: an FTS5 table with the trigram tokenizer over each model's shadows. It keeps no texts of its own (external
content) and follows its table by triggers. PostgreSQL: a GIN index with pg_trgm, when the extension is there or may be
created. Both are made after the structure has changed, outside of the comparison with the models, and again whenever
the columns differ; a database without them works, only slower (core/orm/search.py).
"""

from __future__ import annotations

import sqlalchemy as sa

from core.orm.assemble import ModelInfo, Models
from core.orm.search import has_trigram_tokenizer, searched_columns


def make_search_indexes(connection: sa.Connection, models: Models) -> None:
    """Make what is missing and remake what does not fit any more; in the transaction of ``connection``."""
    searched = [info for info in models.values() if info.searchable]
    if connection.dialect.name == "sqlite" and has_trigram_tokenizer():
        for info in searched:
            _sqlite(connection, info)
    elif connection.dialect.name == "postgresql" and searched and _has_trigrams(connection):
        listed = sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
        existing = set(connection.scalars(listed))
        for info in searched:
            for column in searched_columns(info):
                name = f"tg_{info.table.name}_{column.name}"[:63]
                if name not in existing:
                    connection.exec_driver_sql(
                        f'CREATE INDEX "{name}" ON "{info.table.name}" USING gin ("{column.name}" gin_trgm_ops)'
                    )


def _has_trigrams(connection: sa.Connection) -> bool:
    """Whether pg_trgm is there, after an attempt to create it: it is a trusted extension since PostgreSQL 13."""
    if connection.scalar(sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        return True
    if not connection.scalar(sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")):
        return False
    try:
        with connection.begin_nested():
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:
        return False
    return True


def _sqlite(connection: sa.Connection, info: ModelInfo) -> None:
    table, columns = info.table.name, [column.name for column in searched_columns(info)]
    fts = f"{table}_fts"
    names = ", ".join(f'"{one}"' for one in columns)
    make = (
        f"CREATE VIRTUAL TABLE \"{fts}\" USING fts5({names}, content='{table}', content_rowid='id', "
        f"tokenize='trigram', detail=full)"
    )
    master = sa.text("SELECT sql FROM sqlite_master WHERE name = :name")
    old = connection.scalar(master, {"name": fts})
    triggers = _triggers(table, fts, columns)
    listed = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name")
    there = set(connection.scalars(listed, {"name": table}))
    if old == make and there >= set(triggers):
        return
    for name in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER IF EXISTS "{name}"')
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{fts}"')
    connection.exec_driver_sql(make)
    for statement in triggers.values():
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(f'INSERT INTO "{fts}"("{fts}") VALUES (\'rebuild\')')  # noqa: S608 - names of our own tables


def _triggers(table: str, fts: str, columns: list[str]) -> dict[str, str]:
    names = ", ".join(f'"{one}"' for one in columns)
    new = ", ".join(f'new."{one}"' for one in columns)
    old = ", ".join(f'old."{one}"' for one in columns)
    add = f'INSERT INTO "{fts}"(rowid, {names}) VALUES (new.id, {new});'  # noqa: S608 - names of our own columns
    remove = f'INSERT INTO "{fts}"("{fts}", rowid, {names}) VALUES (\'delete\', old.id, {old});'  # noqa: S608
    return {
        f"{fts}_insert": f'CREATE TRIGGER "{fts}_insert" AFTER INSERT ON "{table}" BEGIN {add} END',
        f"{fts}_delete": f'CREATE TRIGGER "{fts}_delete" AFTER DELETE ON "{table}" BEGIN {remove} END',
        f"{fts}_update": f'CREATE TRIGGER "{fts}_update" AFTER UPDATE OF {names} ON "{table}" BEGIN {remove} {add} END',
    }
