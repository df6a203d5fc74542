"""Records that tests of many addons begin with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from addons.base.models import Company, Country, Group, User
from core import Env


def one(env: Env, model: type[Any], **values: Any) -> Any:
    """The one record of ``model`` that has these values."""
    cls: Any = env.info(model).cls
    return env.session.scalars(select(cls).filter_by(**values)).one()


def company(env: Env, name: str = "Nord A/S", country: str = "DK") -> Company:
    """An own company; currency and language are those of its country."""
    home: Country = one(env, Country, code=country)
    made = env[Company](name=name, country=home, currency=home.currency, language=home.language)
    env.flush()
    return made


def user(env: Env, login: str, home: Company, groups: Iterable[str] = ()) -> User:
    """Somebody who works at ``home``."""
    made = env[User](
        login=login,
        name=login.title(),
        company=home,
        companies=[home],
        groups=[one(env, Group, name=name) for name in groups],
    )
    env.flush()
    return made
