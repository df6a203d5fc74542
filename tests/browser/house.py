"""The demo company with a real server, for tests that work as its people do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from waitress import create_server

import core.web.app  # noqa: F401  registers the builder
from core.registry.database import Database, open_database
from core.registry.lifecycle import apply, plan
from core.web.dispatch import Dispatcher
from core.web.visits import principals

PASSWORD = "copper-valve-17"


def make_demo(url: sa.URL | str) -> Database:
    """The demo company in the empty database at ``url``; everybody's password is ``PASSWORD``."""
    apply(plan(url, install=["demo"]))
    database = open_database(url)
    with database.transaction() as env:
        known = principals(env)
        for user, _login, _what in env.hooks.collect("kontor_demo_logins", env=env):
            known.set_password(user, PASSWORD)
    return database


@dataclass
class House:
    """The demo company, served on a free port for as long as the tests run."""

    database: Database
    server: Any = None
    url: str = ""
    thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> House:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self.server = create_server(Dispatcher.serving(self.database), sockets=[listening], threads=4, ident="")
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        return self

    def stop(self) -> None:
        self.server.close()
        if self.thread is not None:
            self.thread.join(5)


def make_house(folder: Path) -> House:
    return House(make_demo(sa.URL.create("sqlite", database=str(folder / "demo.sqlite")))).start()


LogIn = Callable[[str], Any]
