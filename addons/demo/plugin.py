"""Fills a database when the demo company is installed."""

from __future__ import annotations

from sqlalchemy import select

from addons.base.models import User
from addons.demo.company import LOGINS, make_demo
from core import Env, hookimpl


@hookimpl
def kontor_after_install(env: Env) -> None:
    make_demo(env)


@hookimpl
def kontor_demo_logins(env: Env) -> list[tuple[int, str, str]]:
    users = env.session.scalars(select(User).where(User.login.in_(LOGINS)).order_by(User.id)).all()
    return [(user.id, user.login, f"{user.name}, {user.job_title or ''}".strip(", ")) for user in users]
