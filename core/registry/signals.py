"""Generations: numbers in ``kernel_signal`` that go up in the transaction that changes what caches hold.

    bump(env, "principals")      in the transaction of the change; seen by others exactly when it commits
    visits.read                  asks for the number with the session row, and forgets what it knew of the user

A change of users bumps "principals" by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.orm.session import KontorSession
from core.schema.tables import signal as table

if TYPE_CHECKING:
    from core.env import Env

PRINCIPALS = "principals"


def bump(connection: sa.Connection, topic: str) -> None:
    """Tell everybody who remembers something of ``topic`` to ask again."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(topic=topic, generation=1)
    more = {"generation": table.c.generation + 1}
    connection.execute(statement.on_conflict_do_update(index_elements=[table.c.topic], set_=more))


@event.listens_for(KontorSession, "after_flush")
def _users_changed(session: Session, context: object) -> None:
    """Whoever may log in, or what they may, is different now."""
    mine = cast(KontorSession, session)
    env: Env | None = mine.info.get("env")
    name = env.set.user_model if env is not None else None
    if name is None:
        return
    cls = mine.models[name].cls
    if any(isinstance(one, cls) for one in (*mine.new, *mine.deleted)) or any(
        isinstance(one, cls) and mine.is_modified(one) for one in mine.dirty
    ):
        bump(mine.kernel_connection(), PRINCIPALS)
