"""Passwords: hashed with argon2id, in a table of the kernel that no model maps, so nothing can read or export them."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core import Env, ValidationError, _
from core.schema.tables import credential, session

SHORTEST = 8
#: more would only make the server work
LONGEST = 1024

_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """A hash to compare with where there is no user, so that the answer takes as long."""
    return _hasher.hash("nobody has this password")


def set_password(env: Env, user_id: int, password: str) -> None:
    """Keep ``password`` of a user, and end the sessions that began with the old one.

    Raises ValidationError when it is too short; elevated environments only.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValidationError(fields={"password": str(_("must have {n} characters or more")).format(n=SHORTEST)})
    _store(env, user_id, password)
    env.session.connection().execute(sa.delete(session).where(session.c.user_id == user_id))


def _store(env: Env, user_id: int, password: str) -> None:
    connection = env.session.connection()
    values = {"hash": _hasher.hash(password), "changed_at": env.now}
    if not connection.execute(sa.update(credential).where(credential.c.user_id == user_id).values(values)).rowcount:
        connection.execute(sa.insert(credential).values(user_id=user_id, **values))


def matches(env: Env, user_id: int | None, password: str) -> bool:
    """Whether ``password`` is the one of the user; as slow when there is no such user. Renews outdated hashes."""
    connection = env.session.connection()
    stored = connection.scalar(sa.select(credential.c.hash).where(credential.c.user_id == user_id)) if user_id else None
    known = stored is not None and len(password) <= LONGEST
    try:
        _hasher.verify(stored if stored is not None and known else _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    if not known or stored is None:
        return False
    if env.writing and _hasher.check_needs_rehash(stored):
        _store(env, int(user_id or 0), password)
    return True
