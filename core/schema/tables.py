"""The few tables of the kernel itself: plain SQLAlchemy Core, outside the addon mechanism.

They exist in every database before the first addon does, and no addon extends them; ``base`` shows some of them as
read-only models. All names begin with ``kernel_``; every constraint and index has a name, by the convention ``NAMING``
that addon sets use, too. ``info["addon"]`` is ``"kernel"``, which is how a plan attributes a change to them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from core.orm.types import JsonType, UtcDateTime

NAMING = {
    "pk": "pk_%(table_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
}
OWNER = "kernel"
#: bigint; on SQLite the only type that counts by itself, and never counts back
Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

metadata = sa.MetaData(naming_convention=NAMING)


def _table(name: str, *columns: Any) -> sa.Table:
    return sa.Table(name, metadata, *columns, sqlite_autoincrement=_counts(columns), info={"addon": OWNER})


def _counts(columns: tuple[Any, ...]) -> bool:
    return any(isinstance(one, sa.Column) and one.name == "id" for one in columns)


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True, autoincrement=True)


def _text(name: str, length: int = 200, nullable: bool = False, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable, **options)


def _time(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _json(name: str, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, JsonType(), nullable=nullable)


def _count(name: str, nullable: bool = False, default: int | None = 0) -> sa.Column[int]:
    server_default = None if default is None else str(default)
    return sa.Column(name, sa.BigInteger(), nullable=nullable, server_default=server_default)


#: addons that were ever installed here. state: "installed", or "uninstalled" with its data kept
addon = _table(
    "kernel_addon",
    _text("name", 64, primary_key=True),
    _text("version", 40),
    _text("state", 20),
    _text("title"),
    _time("installed_at"),
    _time("upgraded_at", nullable=True),
    _time("uninstalled_at", nullable=True),
    # who needs it: asked for by name, or there because another addon depends on it
    sa.Column("requested", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()),
)

#: migration scripts that have run; checksum is the SHA-256 of the script then
script = _table(
    "kernel_script",
    _id(),
    _text("addon", 64),
    _text("script", 200),
    _text("checksum", 64),
    _time("at"),
    sa.UniqueConstraint("addon", "script"),
)

#: external ids: which record a data file's id stands for, and its values as they were loaded (not as they are now)
record = _table(
    "kernel_record",
    _id(),
    _text("addon", 64),
    _text("xmlid"),
    _text("model", 100),
    sa.Column("record_id", sa.BigInteger(), nullable=False),
    _json("values", nullable=False),
    _text("checksum", 64),
    sa.Column("demo", sa.Boolean(), nullable=False, server_default=sa.false()),
    # "present", or why it is no longer in the files: "archived", "kept"; "deleted" by a user and not made again
    _text("state", 20, server_default="present"),
    sa.UniqueConstraint("addon", "xmlid"),
    sa.Index(None, "model", "record_id"),
)

#: what changed. position: order of commits, given by the first reader that sees the row committed
journal = _table(
    "kernel_journal",
    _id(),
    sa.Column("position", sa.BigInteger(), nullable=True),
    _text("model", 100),
    sa.Column("record_id", sa.BigInteger(), nullable=False),
    _text("operation", 60),
    _text("actor_kind", 20),
    sa.Column("actor_id", sa.BigInteger(), nullable=True),
    _time("at"),
    _json("changes"),
    sa.Index(None, "model", "record_id"),
    sa.Index(None, "position", unique=True),
)

#: work to do after the transaction. state: "todo", "doing", "done", "failed"
outbox = _table(
    "kernel_outbox",
    _id(),
    _text("job"),
    _json("args"),
    _text("idempotency_key", nullable=True),
    _text("state", 20),
    _time("run_at"),
    _count("attempts"),
    _time("lease_until", nullable=True),
    _text("lease_token", 64, nullable=True),
    sa.Column("error", sa.Text(), nullable=True),
    _json("principal"),
    _time("created_at"),
    _time("done_at", nullable=True),
    sa.UniqueConstraint("idempotency_key"),
    sa.Index(None, "state", "run_at"),
)

#: number series. company_id 0: the series of all companies together
sequence = _table(
    "kernel_sequence",
    _id(),
    _text("code", 100),
    _count("company_id"),
    _text("pattern", 100),
    _count("padding"),
    sa.Column("next", sa.BigInteger(), nullable=False, server_default="1"),
    sa.Column("gap_free", sa.Boolean(), nullable=False, server_default=sa.false()),
    # "" for the series itself; a row for each period that it counts in ("2026", "2026-01")
    _text("period", 10, server_default=""),
    sa.UniqueConstraint("code", "company_id", "period"),
)

#: generations: a number goes up in the transaction that changes what caches hold
signal = _table("kernel_signal", _text("topic", 60, primary_key=True), _count("generation"))

#: how people prove who they are: a hash of the password, outside the models so that nothing can read or export it
credential = _table(
    "kernel_credential",
    sa.Column("user_id", sa.BigInteger(), primary_key=True, autoincrement=False),
    _text("hash", 255),
    _time("changed_at"),
)

#: sessions of the web; the cookie holds the token, this table its SHA-256
session = _table(
    "kernel_session",
    _text("token_hash", 64, primary_key=True),
    sa.Column("user_id", sa.BigInteger(), nullable=True),
    _time("created"),
    _time("seen"),
    _time("expires"),
    _json("data"),
    sa.Index(None, "user_id"),
    sa.Index(None, "expires"),
)

#: answers to creating requests, so that a repeated one gets the first answer
idempotency = _table(
    "kernel_idempotency",
    _text("key", 200, primary_key=True),
    _text("principal", 100, primary_key=True),
    _text("body_hash", 64),
    sa.Column("status", sa.Integer(), nullable=True),
    _json("headers"),
    sa.Column("body", sa.LargeBinary(), nullable=True),
    _time("created_at"),
    sa.Index(None, "created_at"),
)

#: contents in the file store; a name is that of the first upload
file = _table(
    "kernel_file",
    _text("sha256", 64, primary_key=True),
    sa.Column("size", sa.BigInteger(), nullable=False),
    _text("type", 100),
    _text("name", 255),
    _time("created"),
)

#: rate limits: tokens left in a bucket at a time
throttle = _table(
    "kernel_throttle",
    _text("bucket", 200, primary_key=True),
    _count("used"),
    _time("since"),
    sa.Index(None, "since"),
)

#: customisations of views in this database, applied after all addons; a broken one is not active and says why
view_custom = _table(
    "kernel_view_custom",
    _id(),
    _text("view"),
    sa.Column("operations", sa.Text(), nullable=False),
    _count("sequence"),
    sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
    sa.Column("error", sa.Text(), nullable=True),
    sa.Index(None, "view", "sequence"),
)

setting = _table("kernel_setting", _text("key", 100, primary_key=True), _json("value"))

for _owned in metadata.tables.values():
    for _column in _owned.columns:
        _column.info["addon"] = OWNER
