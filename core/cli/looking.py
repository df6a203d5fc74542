"""Verbs that look: addons, db list, doctor, graph, hooks, shell."""

from __future__ import annotations

import argparse
import code
import sys
from typing import Any, NoReturn

import sqlalchemy as sa

import core.web.app  # noqa: F401  registers the builders of views and pages
from core.addon.discover import discover
from core.addon.graph import closure
from core.addon.plugins import build_plugins
from core.config import address, entries
from core.errors import KontorError, close_match
from core.orm.security import SYSTEM
from core.registry.addonset import AddonSet
from core.registry.database import Database, open_database, set_for
from core.registry.lifecycle import lacking, looking, read_installed
from core.schema import tables

SHELL = """\
The script sees `env` (an environment), `select`, `func` and `models`, the mapped classes by name:

  echo 'print(env.session.scalar(select(func.count(models["partners.partner"].id))))' | kontor shell --db demo

On a terminal it is an interactive prompt."""


def usage(options: argparse.Namespace) -> NoReturn:
    raise AssertionError("argparse asks for the second word")


def databases(options: argparse.Namespace) -> int:
    for one in entries():
        try:
            with looking(sa.make_url(one.url)) as connection:
                known = [name for name, state in read_installed(connection).items() if state.active]
            state = f"{len(known)} addons" if known else "no Kontor database yet"
        except (KontorError, sa.exc.SQLAlchemyError) as error:
            state = f"does not answer: {str(error).splitlines()[0]}"
        print(f"{one.name:<20} {', '.join(one.hosts):<30} {state}")
    return 0


def addons(options: argparse.Namespace) -> int:
    catalogue = discover()
    known: dict[str, Any] = {}
    if options.db:
        with looking(address(options.db)) as connection:
            known = dict(read_installed(connection))
    for manifest in catalogue.values():
        state = ""
        if options.db:
            one = known.get(manifest.name)
            state = "-" if one is None else f"{one.state} {one.version}"
        print(f"{manifest.name:<16} {manifest.version:<8} {state:<18} {manifest.summary}")
    for name in sorted(set(known) - set(catalogue)):
        print(f"{name:<16} {'missing':<8} {known[name].state:<18} the database has it, this machine does not")
    return 0


def shell(options: argparse.Namespace) -> int:
    database = open_database(address(options.db))
    principal = SYSTEM
    if options.user:
        from core.web.visits import principals

        with database.transaction(writing=False) as env:
            user: Any = env.models[env.set.user_model].cls if env.set.user_model else None
            found = env.session.scalar(sa.select(user.id).where(user.login == options.user)) if user else None
            found_principal = principals(env).principal(found) if found else None
        if found_principal is None:
            raise KontorError(f"there is no user '{options.user}' who may log in")
        principal = found_principal
    with database.transaction(principal, writing=options.write) as env:
        names = {
            "env": env,
            "select": sa.select,
            "func": sa.func,
            "models": {name: info.cls for name, info in env.models.items()},
        }
        if sys.stdin.isatty():
            code.interact(f"Kontor: {database.name}; `env` is at hand, changes are rolled back", local=names)
        else:
            text = sys.stdin.read()
            exec(compile(text, "<standard input>", "exec"), names)  # noqa: S102  the one who types is the administrator
    database.close()
    return 0


# -- doctor -----------------------------------------------------------------------------------------------------


def doctor(options: argparse.Namespace) -> int:
    """0 when nothing is wrong, else 1."""
    faults: list[str] = []

    def report(what: str, problems: list[str]) -> None:
        print(f"{'ok   ' if not problems else 'FAULT'} {what}")
        for one in problems:
            print(f"      {one}")
        faults.extend(problems)

    report(f"Python {sys.version.split()[0]}", [] if sys.version_info >= (3, 11) else ["3.11 or later is needed"])
    try:
        catalogue = discover()
        report(f"{len(catalogue)} addons found", [])
    except KontorError as error:
        report("addons", [str(error)])
        return 1
    for name in catalogue:
        try:
            made = set_for(closure(catalogue, [name]))
            _ = made.parts
        except KontorError as error:
            report(f"addon {name}", [str(error)])
    if not faults:
        report("every addon assembles, its views and pages compile", [])
    if options.db:
        try:
            database = open_database(address(options.db), catalogue)
        except KontorError as error:
            report(f"database {options.db}", [str(error)])
            return 1
        _doctor_database(database, report)
        database.close()
    return 1 if faults else 0


def _doctor_database(database: Database, report: Any) -> None:
    with database.connection(writing=False) as (connection, _begun):
        report(f"database {database.name} answers, {database.dialect.name}", [])
        report("its structure fits the addons", lacking(connection, database.set))
        failed = connection.execute(
            sa.select(tables.outbox.c.id, tables.outbox.c.job, tables.outbox.c.error).where(
                tables.outbox.c.state == "failed"
            )
        ).all()
        report(
            "jobs", [f"job {row.id} ({row.job}) failed: {str(row.error).strip().splitlines()[-1]}" for row in failed]
        )
        off = connection.execute(
            sa.select(tables.view_custom.c.view, tables.view_custom.c.error).where(
                tables.view_custom.c.error.isnot(None)
            )
        ).all()
        report("customised views", [f"{row.view} is switched off: {row.error}" for row in off])
        report("files of records", _missing_files(database, connection))


def _missing_files(database: Database, connection: sa.Connection) -> list[str]:
    """Files that a record names and the store does not have."""
    found: list[str] = []
    for info in database.set.models.values():
        for one in info.fields.values():
            if one.kind not in ("file", "image"):
                continue
            column = info.table.c[one.column_name]
            rows = connection.execute(sa.select(info.table.c.id, column).where(column.isnot(None)))
            found.extend(
                f"{info.name} {key}: the content of {one.name} ({file.name}) is not in the store"
                for key, file in rows
                if file is not None and not database.files.path(file.sha256).is_file()
            )
    return found


# -- graph and hooks --------------------------------------------------------------------------------------------


def _set(options: argparse.Namespace) -> AddonSet:
    catalogue = discover()
    for name in options.addons:
        if name not in catalogue:
            raise KontorError(f"there is no addon '{name}'; {close_match(name, catalogue) or ''}".rstrip("; "))
    return set_for(closure(catalogue, options.addons or list(catalogue)))


def graph(options: argparse.Namespace) -> int:
    made = _set(options)
    if not options.model:
        for manifest in made.addons:
            print(f"{manifest.name:<16} needs {', '.join(str(one) for one in manifest.needs) or 'nothing'}")
        return 0
    info = made.models.get(options.model)
    if info is None:
        raise KontorError(
            f"there is no model '{options.model}'; {close_match(options.model, made.models) or ''}".rstrip("; ")
        )
    if options.field and options.field not in info.fields:
        raise KontorError(
            f"'{info.name}' has no field '{options.field}'; {close_match(options.field, info.fields) or ''}".rstrip(
                "; "
            )
        )
    fed: dict[str, list[str]] = {}
    for other in made.models.values():
        for one in other.fields.values():
            for path in one.depends:
                fed.setdefault(_end(made, other.name, path), []).append(f"{other.name}.{one.name}")
    for one in info.fields.values():
        if options.field and one.name != options.field:
            continue
        feeds = fed.get(f"{info.name}.{one.name}", [])
        if one.depends:
            print(f"{info.name}.{one.name}  ◄─ {', '.join(one.depends)}   (by {', '.join(one.addons)})")
        elif one.expr:
            print(f"{info.name}.{one.name}  = {one.expr}   (live, by {one.addon})")
        elif options.field:
            print(f"{info.name}.{one.name}  is entered   (by {', '.join(one.addons)})")
        if feeds:
            print(f"{info.name}.{one.name}  ─► {', '.join(feeds)}")
    return 0


def _end(made: AddonSet, model: str, path: str) -> str:
    """``orders.line.net`` for ``lines.net`` of ``orders.order``."""
    *hops, last = path.split(".")
    for hop in hops:
        model = str(made.models[model].fields[hop].target)
    return f"{model}.{last}"


def hooks(options: argparse.Namespace) -> int:
    catalogue = discover()
    found = build_plugins(closure(catalogue, options.addons or list(catalogue)))
    if not options.name:
        for name, spec in sorted(found.specs.items()):
            print(f"{name:<34} {(spec.__doc__ or '').strip().splitlines()[0]}")
        return 0
    if options.name not in found.specs:
        raise KontorError(
            f"there is no hook '{options.name}'; {close_match(options.name, found.specs) or ''}".rstrip("; ")
        )
    print((found.specs[options.name].__doc__ or "").strip())
    print("\nanswered, in this order, by:")
    for one in found.implementers(options.name):
        print(f"  {one.addon:<16} {one.file}:{one.line}")
    return 0
