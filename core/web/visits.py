"""Sessions of the web: a random token in a cookie, its hash in ``kernel_session``, and who that is.

    cookie ──SHA-256──► kernel_session (+ generation of "principals", one statement) ──► Principal, remembered shortly

A session ends a while after its last use, and at a fixed time whatever happens. Logging in always makes a new one. What
a user may is kept for ``REMEMBERED`` seconds at most, and not at all once the signal "principals" has changed.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.env import Env
from core.orm.security import SYSTEM, Principal
from core.orm.session import KontorSession
from core.registry.signals import PRINCIPALS
from core.schema.tables import session as table
from core.schema.tables import signal

if TYPE_CHECKING:
    from core.registry.database import Database

IDLE = datetime.timedelta(hours=12)
LIFETIME = datetime.timedelta(days=7)
#: how often the time of last use is written
SEEN_EVERY = datetime.timedelta(minutes=5)
REMEMBERED = 3.0
ANONYMOUS = Principal("anonymous")


@dataclass(frozen=True)
class Visit:
    """The session behind a request. ``companies``: names of those the user may work in, by id."""

    principal: Principal
    token: str = ""
    user_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    companies: dict[int, str] = field(default_factory=dict)
    #: whether ``kernel_session.seen`` wants to be written
    stale: bool = False

    @property
    def known(self) -> bool:
        """Somebody is logged in."""
        return self.user_id is not None

    @property
    def csrf(self) -> str:
        """The token that every writing request of this session carries; nobody without the cookie can know it."""
        return hmac.new(self.token.encode(), b"csrf", hashlib.sha256).hexdigest() if self.token else ""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """View -> columns that are shown or hidden otherwise than at first."""
        return {view: tuple(paths) for view, paths in self.data.get("columns", {}).items()}


NOBODY = Visit(ANONYMOUS)


@dataclass
class _Remembered:
    until: float
    generation: int
    principal: Principal
    companies: dict[int, str]


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


_GENERATION = sa.select(signal.c.generation).where(signal.c.topic == PRINCIPALS).scalar_subquery()
_READ = sa.select(table.c.user_id, table.c.seen, table.c.expires, table.c.data, _GENERATION.label("generation")).where(
    table.c.token_hash == sa.bindparam("hash")
)


def read(database: Database, connection: sa.Connection, token: str) -> Visit:
    """The visit that ``token`` stands for; ``NOBODY`` for a token that is unknown or over."""
    row = connection.execute(_READ, {"hash": hashed(token)}).one_or_none() if token else None
    now = datetime.datetime.now(datetime.UTC)
    if row is None or row.user_id is None or row.expires < now or row.seen + IDLE < now:
        return NOBODY
    known = _known(database, connection, row.user_id, row.generation or 0)
    if known is None:
        return NOBODY
    data = row.data or {}
    principal = _chosen(known.principal, data)
    return Visit(principal, token, row.user_id, data, known.companies, now - row.seen > SEEN_EVERY)


def _chosen(principal: Principal, data: dict[str, Any]) -> Principal:
    """With the company and language that were chosen for this session, as far as the user may choose them."""
    changes: dict[str, Any] = {}
    if data.get("company") in principal.companies:
        changes["company"] = data["company"]
    if data.get("language"):
        changes["language"] = data["language"]
    return replace(principal, **changes) if changes else principal


def _known(database: Database, connection: sa.Connection, user_id: int, generation: int) -> _Remembered | None:
    memory: dict[int, _Remembered] = database.settings.setdefault("web principals", {})
    found = memory.get(user_id)
    now = time.monotonic()
    if found is not None and found.until > now and found.generation == generation:
        return found
    memory.pop(user_id, None)
    env = elevated(database, connection)
    try:
        with env.active():
            principal = principals(env).principal(user_id)
            if principal is None:
                return None
            made = _Remembered(now + REMEMBERED, generation, principal, _companies(env, principal))
    finally:
        env.session.close()
    memory[user_id] = made
    return made


def elevated(database: Database, connection: sa.Connection) -> Env:
    """An environment of the system on this connection, for what must be known before a principal is."""
    session = KontorSession(connection, SYSTEM, database.set.security, join_transaction_mode="rollback_only")
    return Env(database.set, session, database, writing=False)


def principals(env: Env) -> Any:
    """Whoever keeps the users (``IPrincipals``): the last addon that answers. LookupError where none does."""
    found = env.hooks.call("kontor_principals", env=env)
    if not found:
        raise LookupError("no addon answers the hook kontor_principals: nobody can log in")
    return found[-1]


def _companies(env: Env, principal: Principal) -> dict[int, str]:
    name = env.set.company_model
    if name is None or len(principal.companies) < 2:
        return {}
    cls: Any = env.models[name].cls
    found = env.session.scalars(sa.select(cls).where(cls.id.in_(principal.companies)))
    return dict(sorted(((one.id, str(one)) for one in found), key=lambda item: item[1]))


def forget_principals(database: Database) -> None:
    """Ask again who everybody is at the next request."""
    database.settings.pop("web principals", None)


def begin(connection: sa.Connection, user_id: int, data: dict[str, Any] | None = None) -> str:
    """A new session; answers its token, which is known to the cookie alone."""
    token = secrets.token_urlsafe(32)
    now = datetime.datetime.now(datetime.UTC)
    connection.execute(sa.delete(table).where(table.c.expires < now))
    connection.execute(
        table.insert().values(
            token_hash=hashed(token), user_id=user_id, created=now, seen=now, expires=now + LIFETIME, data=data or {}
        )
    )
    return token


def end(connection: sa.Connection, token: str) -> None:
    connection.execute(sa.delete(table).where(table.c.token_hash == hashed(token)))


def touch(connection: sa.Connection, token: str) -> None:
    """Write that the session was used now."""
    now = datetime.datetime.now(datetime.UTC)
    connection.execute(sa.update(table).where(table.c.token_hash == hashed(token)).values(seen=now))


def choose(connection: sa.Connection, visit: Visit, **chosen: Any) -> None:
    """Keep choices (company, language, theme) with the session."""
    values = {**visit.data, **chosen}
    connection.execute(sa.update(table).where(table.c.token_hash == hashed(visit.token)).values(data=values))
