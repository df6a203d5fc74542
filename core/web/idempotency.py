"""A creating request that comes twice gets its first answer: double clicks, replays, retries after a lost connection.

Every form carries a random key. It is claimed in the request's own transaction before anything else, so that the claim
stands exactly if the work does; of two at the same time the second waits for the first and then finds its answer.
Refused answers roll back, their claim with them.
"""

from __future__ import annotations

import datetime
import hashlib
import random
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.schema.tables import idempotency as table

if TYPE_CHECKING:
    from core.env import Env

#: name of the value in forms
KEY = "_key"
KEPT = datetime.timedelta(days=2)
_CLEAN_ONE_IN = 200


@dataclass(frozen=True)
class Answer:
    """What was answered first. ``same``: to a request with the same body."""

    same: bool
    status: int
    headers: list[list[str]]
    body: bytes


def new_key() -> str:
    return secrets.token_urlsafe(16)


def fingerprint(data: dict[str, list[str]], address: str) -> str:
    """Of what the request says and to whom, without what is different in every repetition."""
    digest = hashlib.sha256(f"{address}\0".encode(errors="replace"))
    for name in sorted(data):
        if name not in ("csrf_token", "_seen", "_changed"):
            for value in data[name]:
                digest.update(f"{name}={value}\0".encode(errors="replace"))
    return digest.hexdigest()


def claim(env: Env, key: str, body: str) -> Answer | None:
    """Take ``key`` for this request. None: it is new, go on; else what was answered to it before."""
    connection = env.session.kernel_connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values = {"key": key[:200], "principal": _who(env), "body_hash": body, "created_at": env.now}
    statement = insert(table).values(values).on_conflict_do_nothing().returning(table.c.key)
    if connection.execute(statement).one_or_none() is not None:
        if random.randrange(_CLEAN_ONE_IN) == 0:
            connection.execute(sa.delete(table).where(table.c.created_at < env.now - KEPT))
        return None
    query = sa.select(table).where(table.c.key == key[:200], table.c.principal == _who(env))
    row = connection.execute(query).one()
    return Answer(row.body_hash == body, int(row.status or 200), row.headers or [], row.body or b"")


def remember(env: Env, key: str, status: int, headers: list[list[str]], body: bytes) -> None:
    """Keep the answer to the request that claimed ``key``."""
    query = sa.update(table).where(table.c.key == key[:200], table.c.principal == _who(env))
    env.session.kernel_connection().execute(query.values(status=status, headers=headers, body=body))


def _who(env: Env) -> str:
    return f"{env.principal.kind}:{env.principal.id}"
