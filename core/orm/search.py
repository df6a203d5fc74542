"""Free-text search over the searchable fields of a model, by their folded shadows.

    "aero 12"  ─fold─►  every word must occur in one of the fields

A word is found anywhere in the text. Where the database has trigrams that costs an index look-up: on SQLite an FTS5
table beside the model's, kept by triggers; on PostgreSQL a pg_trgm index on the shadow (core/schema/search.py makes
both). Elsewhere, and for words of one or two letters, the shadows are scanned, so ``starting`` is asked first: a prefix
is served by a plain index on every database.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.orm.folding import after, fold

if TYPE_CHECKING:
    from core.orm.assemble import ModelInfo

#: a trigram index knows nothing shorter
SHORTEST = 3
MAX_WORDS = 8


def searched_columns(info: ModelInfo) -> list[sa.Column[Any]]:
    """The shadow columns of a model."""
    return [info.table.c[f"{name}_folded"] for name in info.searchable]


def fts_table(info: ModelInfo) -> sa.Table:
    """The FTS5 table of a model, as SQLite sees it: one column per shadow, ``rowid`` is the record's id."""
    tables: dict[str, sa.Table] = info.models.plans.setdefault("fts", {})
    if info.name not in tables:
        name = f"{info.table.name}_fts"
        columns = [sa.Column(column.name, sa.Text()) for column in searched_columns(info)]
        tables[info.name] = sa.Table(
            name, sa.MetaData(), sa.Column("rowid", sa.Integer()), sa.Column(name, sa.Text()), *columns
        )
    return tables[info.name]


def starting(info: ModelInfo, text: str, entity: Any = None) -> Any:
    """Records of which a searchable field begins with ``text``; served by an index. False without such fields."""
    prefix = fold(text)
    if not prefix:
        return sa.true()
    conditions = []
    for name in info.searchable:
        shadow = info.folded(name, entity)
        end = after(prefix)
        conditions.append(sa.and_(shadow >= prefix, shadow < end) if end is not None else shadow >= prefix)
    return sa.or_(*conditions) if conditions else sa.false()


def containing(info: ModelInfo, text: str, dialect: str, entity: Any = None) -> Any:
    """Records of which the searchable fields together contain every word of ``text``."""
    words = fold(text).split()[:MAX_WORDS]
    if not words:
        return sa.true()
    if not info.searchable:
        return sa.false()
    indexed = dialect == "sqlite" and has_trigram_tokenizer()
    long = [word for word in words if len(word) >= SHORTEST] if indexed else []
    parts: list[Any] = []
    if long:
        table = fts_table(info)
        wanted = " AND ".join(f'"{_quoted(word)}"' for word in long)
        key = (info.cls if entity is None else entity).id
        parts.append(key.in_(sa.select(table.c.rowid).where(table.c[table.name].op("MATCH")(wanted))))
    for word in words:
        if word not in long:
            pattern = f"%{_escaped(word)}%"
            parts.append(
                sa.or_(*(info.folded(name, entity).like(pattern, escape="\\") for name in info.searchable))
            )
    return sa.and_(*parts)


@cache
def has_trigram_tokenizer() -> bool:
    """Whether this Python's SQLite has FTS5 with trigrams (3.34 and later, where FTS5 was compiled in)."""
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute("CREATE VIRTUAL TABLE t USING fts5(a, tokenize='trigram')")
    except sqlite3.OperationalError:
        return False
    finally:
        memory.close()
    return True


def _quoted(word: str) -> str:
    return word.replace('"', '""')


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
