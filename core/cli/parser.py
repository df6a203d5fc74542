"""What can be typed: every verb with its options and its help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn

from core.cli import changing, looking, serving


class Usage(Exception):
    """Wrong use of the command line, in one sentence."""


class Parser(argparse.ArgumentParser):
    """Raises instead of printing its whole usage, and knows no abbreviations."""

    def __init__(self, *args: object, **options: object) -> None:
        options.setdefault("allow_abbrev", False)
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message}; see `{self.prog} --help`")


def parser() -> Parser:
    top = Parser(
        prog="kontor",
        description="Business software for companies that sell, stock, make and invoice goods.\n\n"
        "In a checkout: python3 run.py VERB. `kontor VERB --help` explains each verb.",
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Parser)

    def verb(name: str, run: Callable[[argparse.Namespace], int | None], summary: str, text: str = "") -> Parser:
        made: Parser = verbs.add_parser(name, help=summary, description=f"{summary}\n\n{text}".strip())
        made.set_defaults(run=run)
        return made

    one = verb("demo", serving.demo, "Make the demo company once, and serve it.", serving.DEMO)
    _port(one)
    one.add_argument("--db", metavar="URL", help="where the demo lives; by default the SQLite file var/demo.sqlite")
    one.add_argument("--fresh", action="store_true", help="throw the demo database away and make it anew (SQLite only)")

    one = verb("serve", serving.serve, "Serve databases.", serving.SERVE)
    _port(one)
    one.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    one.add_argument(
        "--db", metavar="NAME|URL", help="this one alone, whatever the host; default: all of databases.toml"
    )

    one = verb("test", serving.test, "Run ruff, mypy and the tests.", "All arguments go to pytest.")
    one.add_argument("arguments", nargs=argparse.REMAINDER, help="for pytest; --quick leaves out ruff and mypy")

    one = verb("db", looking.usage, "Create databases, or list them.")
    below = one.add_subparsers(dest="what", required=True, metavar="create|list", parser_class=Parser)
    create = below.add_parser("create", help="make a database and install addons in it")
    create.set_defaults(run=changing.create)
    create.add_argument(
        "addons", nargs="*", default=["base"], metavar="ADDON", help="addons to install (default: base)"
    )
    create.add_argument("--demo", action="store_true", help="load the demo records of the addons, too")
    _db(create)
    listing = below.add_parser("list", help="the databases of config/databases.toml and whether they answer")
    listing.set_defaults(run=looking.databases)

    one = verb("addons", looking.addons, "List the addons there are, and which of them a database has.")
    _db(one, required=False)

    for name, run, summary in (
        ("plan", changing.show_plan, "Show what an installation, upgrade or removal would do. Changes nothing."),
        ("apply", changing.apply_plan, "Do what `plan` shows, all of it or nothing."),
    ):
        one = verb(name, run, summary, changing.PLANNING)
        one.add_argument("action", choices=("install", "upgrade", "uninstall"))
        one.add_argument("addons", nargs="*", metavar="ADDON", help="which; `upgrade` without names means all")
        one.add_argument("--demo", action="store_true", help="bring the demo records of newly installed addons")
        _db(one)

    one = verb("user", looking.usage, "Manage users.")
    below = one.add_subparsers(dest="what", required=True, metavar="add", parser_class=Parser)
    add = below.add_parser("add", help="make a user who may log in")
    add.set_defaults(run=changing.add_user)
    add.add_argument("login")
    add.add_argument("--name", help="the person's name (default: the login)")
    add.add_argument("--group", action="append", default=[], dest="groups", metavar="GROUP", help="may be repeated")
    add.add_argument(
        "--company", action="append", default=[], dest="companies", metavar="NAME", help="may be repeated; default: all"
    )
    add.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input, else it is asked for"
    )
    _db(add)

    one = verb("shell", looking.shell, "Run a Python script from standard input with `env` at hand.", looking.SHELL)
    one.add_argument("--user", metavar="LOGIN", help="act as this user; default: elevated")
    one.add_argument("--write", action="store_true", help="commit at the end; without it everything is rolled back")
    _db(one)

    one = verb("doctor", looking.doctor, "Look for what is wrong with this machine, the addons and a database.")
    _db(one, required=False)

    one = verb("graph", looking.graph, "Show what a computed field depends on, or how addons depend on each other.")
    one.add_argument("model", nargs="?", help="a model, orders.order; without it: the addons")
    one.add_argument("field", nargs="?", help="one computed field of it")
    _addons(one)

    one = verb("hooks", looking.hooks, "List the hooks, or who answers one, in order.")
    one.add_argument("name", nargs="?", help="a hook, kontor_transition")
    _addons(one)

    one = verb(
        "bench", serving.bench, "Measure the kernel beside the bare libraries.", "`bench --help` of its own options."
    )
    one.add_argument("arguments", nargs=argparse.REMAINDER)
    return top


def _db(to: argparse.ArgumentParser, required: bool = True) -> None:
    text = "a database of config/databases.toml, or an address: sqlite:///file, postgresql://user@host/name"
    to.add_argument("--db", required=required, metavar="NAME|URL", help=text)


def _port(to: argparse.ArgumentParser) -> None:
    to.add_argument("--port", type=_port_number, default=6420, metavar="N", help="port to listen on (default 6420)")


def _port_number(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a number from 1 to 65535")
    return int(text)


def _addons(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--addon", action="append", default=[], dest="addons", metavar="ADDON", help="default: all there are"
    )
