"""Verbs that change a database: db create, plan, apply, user add."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

import core.web.app  # noqa: F401  a plan checks the pages as well
from core.config import address
from core.errors import KontorError
from core.registry.database import open_database
from core.registry.lifecycle import Plan, apply, plan
from core.web.visits import principals

PLANNING = """\
Nothing is dropped: an addon that is uninstalled keeps its tables and records for the day it comes back. Structure, data
and scripts change in one transaction; a failure leaves the database as it was.

  kontor plan install loyalty --db demo
  kontor apply upgrade --db demo"""


def _planned(options: argparse.Namespace) -> Plan:
    url = address(options.db)
    names = list(options.addons)
    if options.action == "upgrade":
        return plan(url, upgrade=names)
    if not names:
        from core.cli.parser import Usage

        raise Usage(f"name the addons to {options.action}")
    return plan(url, install=names, demo=options.demo) if options.action == "install" else plan(url, uninstall=names)


def show_plan(options: argparse.Namespace) -> int:
    print(_planned(options))
    return 0


def apply_plan(options: argparse.Namespace) -> int:
    made = _planned(options)
    if made.empty:
        print("nothing to do")
        return 0
    print(apply(made, progress=_tell))
    return 0


def _tell(text: str) -> None:
    print(f"  {text} …", file=sys.stderr, flush=True)


def create(options: argparse.Namespace) -> int:
    url = address(options.db)
    made = plan(url, install=options.addons or ["base"], demo=options.demo)
    if made.before:
        raise KontorError(f"there is a Kontor database at this address already, with {', '.join(made.before)}")
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    print(apply(made, progress=_tell))
    print("No one can log in yet: make a company, then a user; docs/implementers/index.md has both commands.")
    return 0


def add_user(options: argparse.Namespace) -> int:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise KontorError("the two passwords differ")
    database = open_database(address(options.db))
    unknown = [one for one in options.groups if one not in database.set.groups]
    if unknown:
        from core.errors import close_match

        hint = close_match(unknown[0], database.set.groups) or f"there are {', '.join(sorted(database.set.groups))}"
        raise KontorError(f"there is no group '{unknown[0]}'; {hint}")
    with database.transaction() as env:
        principals(env).add(options.login, options.name or options.login, password, options.groups, options.companies)
    database.close()
    print(f"{options.login} can log in.")
    return 0
