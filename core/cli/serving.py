"""Verbs that keep running or run other programs: demo, serve, test, bench."""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import time
from pathlib import Path

import core.web.app  # noqa: F401  registers the builder of pages
from core.addon.discover import ROOT
from core.config import address, entries
from core.errors import KontorError
from core.jobs.threads import ThreadEngine
from core.registry.database import Database, NoSuchDatabase, NotReady, open_database
from core.registry.lifecycle import apply, plan
from core.web import server
from core.web.dispatch import Dispatcher
from core.web.visits import principals

_WORDS = ("valve", "gasket", "flange", "piston", "spindle", "bearing", "turbine", "copper", "nickel", "carbon", "amber")

DEMO = """\
The demo company: a Danish trading group of valves with two legal entities, people, customers, articles, offers and
orders. It is made when it is not there yet, in some seconds, and kept: the next start serves it at once.

  kontor demo --port 8080
  kontor demo --db postgresql://me@localhost/demo"""
SERVE = """\
Serves the databases of config/databases.toml, each under its hosts, with their jobs, in one process. Ctrl+C or SIGTERM
finishes what is being answered.

  kontor serve --db demo --port 8080"""


def demo(options: argparse.Namespace) -> int:
    url = address(options.db or "sqlite:///var/demo.sqlite")
    file = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
    socket = server.listen("127.0.0.1", options.port)
    socket.close()  # a taken port is told before anything is made
    if options.fresh and file is not None:
        for one in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            one.unlink(missing_ok=True)
        shutil.rmtree(f"{file}.files", ignore_errors=True)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    try:
        database = open_database(url)
    except NoSuchDatabase:
        begun = time.monotonic()
        print("Making the demo company; this happens once.", flush=True)
        apply(plan(url, install=["demo"]), progress=lambda text: print(f"  {text} …", flush=True))
        print(f"  done in {time.monotonic() - begun:.0f} s", flush=True)
        database = open_database(url)
    except NotReady:
        print("Bringing the demo database up to this code.", flush=True)
        apply(plan(url, upgrade=[]), progress=lambda text: print(f"  {text} …", flush=True))
        database = open_database(url)
    application = Dispatcher.serving(database)
    application.warm()
    password, logins = _logins(database)  # before jobs begin: hashing passwords holds SQLite's one write lock for long
    ThreadEngine().serve(database)
    lines = [f"\nKontor is at http://127.0.0.1:{options.port}/ and the password of all is {password}\n"]
    lines += [f"  {login:<10} {what}" for _user, login, what in logins]
    server.serve(application, port=options.port, announce="\n".join([*lines, "\nCtrl+C stops it."]))
    return 0


def _logins(database: Database) -> tuple[str, list[tuple[int, str, str]]]:
    """The demo's password, made once for each demo database and kept beside it, and who can be played with it."""
    file = ROOT / "var" / f"{database.name}.password"
    with database.transaction() as env:
        logins = env.hooks.collect("kontor_demo_logins", env=env)
        if file.is_file():
            password = file.read_text(encoding="ascii").strip()
        else:
            password = f"{secrets.choice(_WORDS)}-{secrets.choice(_WORDS)}-{secrets.randbelow(90) + 10}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(password, encoding="ascii")
        known = principals(env)
        for user, login, _what in logins:
            if known.authenticate(login, password) is None:
                known.set_password(user, password)
    return password, logins


def serve(options: argparse.Namespace) -> int:
    engine = ThreadEngine()
    if options.db:
        database = open_database(address(options.db))
        engine.serve(database)
        application = Dispatcher.serving(database)
    else:
        found = entries()
        if not found:
            raise KontorError("config/databases.toml names no database")
        application = Dispatcher(found)
        application.prepare = engine.serve
    application.warm()
    announce = f"Kontor is at http://{options.host}:{options.port}/"
    server.serve(application, host=options.host, port=options.port, announce=announce)
    return 0


def test(options: argparse.Namespace) -> int:
    from core.testing.check import main

    return main(options.arguments)


def bench(options: argparse.Namespace) -> int:
    if not (ROOT / "tests" / "bench").is_dir():
        raise KontorError("the bench is part of a checkout: python3 run.py bench")
    sys.path.insert(0, str(ROOT))
    from tests.bench.__main__ import main

    return main(options.arguments)
