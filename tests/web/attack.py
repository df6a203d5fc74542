"""Requests that no page would send, and what the database holds before and after them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from webtest import TestApp, TestRequest

from core.env import Env
from core.web.dispatch import Dispatcher


def token_of(app: TestApp) -> str:
    page = app.get("/app")
    return str(next(one for one in page.forms.values() if one.action == "/choose")["csrf_token"].value)


def fields_of(app: TestApp, url: str) -> list[tuple[str, Any]]:
    """What the page of a record would post."""
    form = app.get(url).forms["record-form"]
    return [(name, value) for name, value in form.submit_fields() if not isinstance(value, tuple)]


def changed(fields: list[tuple[str, Any]], **values: Any) -> list[tuple[str, Any]]:
    given = {name.replace("__", "-"): value for name, value in values.items()}
    return [(name, value) for name, value in fields if name not in given] + list(given.items())


def raw(application: Dispatcher, app: TestApp, path: str, **environ: Any) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a request that no client library would send, with the cookies of ``app``."""
    cookies = "; ".join(f"{name}={value}" for name, value in app.cookies.items())
    given = {**TestRequest.blank(path).environ, "HTTP_COOKIE": cookies, "REMOTE_ADDR": "127.0.0.1", **environ}
    said: list[Any] = []
    body = b"".join(application(given, lambda status, headers, exc_info=None: said.extend((status, headers))))
    return int(said[0].split()[0]), dict(said[1]), body.decode()


def rows(env: Env, *classes: Any) -> list[Any]:
    """Everything in the tables of ``classes``, as the database has it."""
    env.session.expire_all()
    found = []
    for cls in classes:
        table = env.info(cls).table
        found += [tuple(row) for row in env.session.connection().execute(sa.select(table).order_by(table.c.id))]
    return found
