"""Pages over HTTP: waitress in a process of its own, the bare page in another, one connection, taking turns.

A change in a form is measured within this process, since it is the server's side of it that counts.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, NoReturn
from urllib.parse import urlencode

from webob import Request

from core.addon.discover import ROOT
from core.testing.form import Client
from core.testing.kit import counting
from core.web import visits
from core.web.dispatch import Dispatcher
from tests.bench.measure import Work
from tests.bench.world import World

LIST_STATEMENTS, FORM_STATEMENTS, CHANGE_STATEMENTS = 5, 8, 5
#: pages fetched in one turn
TURN = 10


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int, path: str, patience: float = 60.0) -> None:
    """Ask until there is an answer."""
    until = time.monotonic() + patience
    while True:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=patience)) as connection:
                connection.request("GET", path)
                if connection.getresponse().status < 500:
                    return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.005)


class Site:
    """A server process and one connection to it."""

    def __init__(self, world: World, what: str, cookie: str = "") -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "tests.bench.serving", world.address, str(self.port), what]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        self.headers = {"Cookie": cookie} if cookie else {}
        wait_for(self.port, "/login")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> bytes:
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise AssertionError(f"{path}: {answer.status} {body[:200]!r}")
        return body

    def turn(self, path: str) -> Callable[[], float]:
        def fetch() -> float:
            begun = time.perf_counter()
            for _ in range(TURN):
                self.get(path)
            return (time.perf_counter() - begun) / TURN

        return fetch

    def close(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)


def cookie_of(world: World) -> str:
    """The seller is logged in."""
    with world.database.connection() as (connection, begun):
        token = visits.begin(connection, int(world.seller.id or 0))
        begun.commit()
    return f"kontor={token}"


def page_paths(world: World) -> dict[str, str]:
    return {"list": "/app/orders.order?view=bench", "form": f"/app/orders.order/{world.first_order}"}


def works(world: World) -> list[Work]:
    cookie = cookie_of(world)
    paths = page_paths(world)
    ours, bare = Site(world, "kontor", cookie), Site(world, "bare")

    def close() -> None:
        ours.close()
        bare.close()

    application = Dispatcher.serving(world.database)

    def counts(path: str) -> Callable[[], int]:
        return lambda: _counted(world, lambda: _ask(application, path, cookie))

    shown = ours.get(paths["list"]).decode()
    for cell in ("SO", "Customer 0"):
        if cell not in shown:
            raise AssertionError(f"the list does not show {cell}: {shown[:500]}")
    return [
        Work("list", f"list page of {world.orders:,}", ours.turn(paths["list"]), bare.turn("/list"), "bare page", 20,
             counts(paths["list"]), LIST_STATEMENTS, 3.0, rate=True, least_rate=150),
        Work("form", "order form, 20 lines", ours.turn(paths["form"]), bare.turn(f"/form/{world.first_order}"),
             "bare page", 20, counts(paths["form"]), FORM_STATEMENTS, 4.0, rate=True, least_rate=100),
        _change(world, application, cookie),
        Work("", "", ours=lambda: None, rounds=0, close=close),
    ]  # fmt: skip


def inside(world: World) -> list[Work]:
    """The same pages within this process, for a profile and for tests."""
    cookie = cookie_of(world)
    application = Dispatcher.serving(world.database)

    def page(name: str, path: str) -> Work:
        def ask() -> None:
            _ask(application, path, cookie)

        limit = {"list": LIST_STATEMENTS, "form": FORM_STATEMENTS}[name]
        return Work(name, f"{name} page", ask, rounds=100, count=lambda: _counted(world, ask), statements=limit)

    return [page(name, path) for name, path in page_paths(world).items()] + [_change(world, application, cookie)]


def _ask(application: Dispatcher, path: str, cookie: str) -> None:
    answer = Request.blank(path, headers={"Cookie": cookie}).get_response(application)
    if answer.status_int != 200:
        raise AssertionError(f"{path}: {answer.status}")


def _counted(world: World, action: Callable[[], None]) -> int:
    """Statements of ``action`` when who asks is known already."""
    action()
    with counting(world.database) as statements:
        action()
    return len(statements)


def _change(world: World, application: Dispatcher, cookie: str) -> Work:
    """A new quantity in the tenth line: what the page would post, again and again."""
    client = Client(application)
    name, _mark, token = cookie.partition("=")
    client.app.set_cookie(name, token)
    form = client.form(page_paths(world)["form"])
    line = form.lines("lines")[9]
    changed = line.name("quantity")
    posted: list[tuple[str, list[tuple[str, Any]]]] = []

    def keep(url: str, fields: list[tuple[str, Any]]) -> NoReturn:
        posted.append((url, fields))
        raise _Stopped

    form._post = keep  # type: ignore[method-assign]
    with suppress(_Stopped):
        line.set("quantity", "12")
    url, fields = posted[0]
    headers = {"Cookie": cookie, "HX-Request": "true", "X-CSRF-Token": _csrf(token)}
    body = urlencode(fields).encode()

    def post() -> None:
        request = Request.blank(url, headers=headers, POST=body, content_type="application/x-www-form-urlencoded")
        request.headers["Origin"] = "http://localhost"
        answer = request.get_response(application)
        if answer.status_int != 200 or b"partial" not in answer.body:
            raise AssertionError(f"{changed}: {answer.status} {answer.body[:300]!r}")

    title = "one change in a form of 20 lines"
    return Work("change", title, post, None, "", 60, lambda: _counted(world, post), CHANGE_STATEMENTS, seconds=0.012)


class _Stopped(Exception):
    pass


def _csrf(token: str) -> str:
    from dataclasses import replace

    return replace(visits.NOBODY, token=token).csrf
