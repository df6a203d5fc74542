"""Users of the shop log in with the word "secret"."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from zope.interface import implementer

from core import Principal, hookimpl
from core.principals import IPrincipals
from tests.sample_addons.shop.models import User


@implementer(IPrincipals)
class Users:
    """Answers from the model ``shop.user``."""

    def __init__(self, env: Any) -> None:
        self.env = env

    def authenticate(self, login: str, password: str) -> Principal | None:
        found = self.env.session.scalar(select(User).where(User.login == login, User.active))
        return self._principal(found) if hmac.compare_digest(password.encode(), b"secret") and found else None

    def principal(self, user_id: int) -> Principal | None:
        found = self.env.get(User, user_id)
        return self._principal(found) if found is not None and found.active else None

    def add(
        self, login: str, name: str, password: str, groups: Iterable[str] = (), companies: Iterable[str] = ()
    ) -> Principal:
        made = self.env[User](login=login, name=name, groups=" ".join(groups))
        self.env.flush()
        return self._principal(made)

    def set_password(self, user_id: int, password: str) -> None:
        raise NotImplementedError

    def _principal(self, user: User) -> Principal:
        ids = tuple(one.id for one in user.companies)
        return Principal(
            "staff",
            user.id,
            user.name,
            self.env.set.security.expand((user.groups or "").split()),
            ids,
            ids[0] if ids else None,
            language=user.language or "en",
            zone="Europe/Copenhagen",
        )


@hookimpl
def kontor_principals(env: Any) -> Users:
    return Users(env)
