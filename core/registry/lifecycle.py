"""Installing, upgrading and uninstalling addons: first a plan that can be read, then one transaction that does it.

    made = plan(url, catalogue, install=["orders"])      looks only
    print(made)
    apply(made)                                          all of it, or nothing

What a plan shows is what ``apply`` does; when the database has changed in between, ``apply`` refuses. Nothing is
dropped: uninstalling an addon switches it off, and keeps its tables and records for the day it comes back.
The order of the steps stands in applying.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from packaging.version import Version

from core.addon.discover import discover
from core.addon.graph import closure, dependents
from core.addon.manifest import Manifest
from core.data.loader import Report, count_records
from core.errors import KontorError, close_match
from core.registry.addonset import AddonSet
from core.registry.database import set_for
from core.schema import tables
from core.schema.diff import Step, difference, fingerprint
from core.schema.engines import make_engine
from core.schema.scripts import Script, pending
from core.schema.surplus import Orphans, orphans

INSTALL, UPGRADE, UNINSTALL = "install", "upgrade", "uninstall"
#: key in kernel_setting: the structure that the last ``apply`` left
STRUCTURE = "structure"


class PlanError(KontorError):
    """What was asked for cannot be planned or applied; one sentence says why."""


@dataclass(frozen=True)
class Installed:
    """An addon as the database knows it."""

    name: str
    version: str
    state: str
    requested: bool
    demo: bool

    @property
    def active(self) -> bool:
        return self.state == "installed"


@dataclass(frozen=True)
class Change:
    """What happens to one addon. ``before`` is the version that the database has, or had when it was uninstalled."""

    action: str
    name: str
    title: str
    version: str
    before: str | None
    reason: str

    def __str__(self) -> str:
        versions = self.version if self.before in (None, self.version) else f"{self.before} to {self.version}"
        return f"{self.action} {self.name} {versions} ({self.reason})"


@dataclass(frozen=True)
class Rename:
    """A column whose field says ``renamed_from``."""

    addon: str
    table: str
    old: str
    new: str

    def __str__(self) -> str:
        return f"rename {self.table}.{self.old} to {self.new}"


@dataclass
class Plan:
    """What ``apply`` will do. Printing it tells an implementer all of it."""

    url: sa.URL
    catalogue: Mapping[str, Manifest]
    action: str
    changes: tuple[Change, ...]
    known: dict[str, Installed]
    set: AddonSet
    requested: frozenset[str]
    demo: bool
    renames: list[Rename] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    orphans: list[Orphans] = field(default_factory=list)
    scripts: list[Script] = field(default_factory=list)
    records: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def before(self) -> tuple[str, ...]:
        """Names of the addons that are installed now."""
        return tuple(sorted(name for name, one in self.known.items() if one.active))

    @property
    def additive(self) -> bool:
        """Whether servers may go on working with the database while the plan is applied."""
        plain = all(step.additive for step in self.steps)
        return plain and not (self.scripts or self.renames or self.orphans) and self.action != UNINSTALL

    @property
    def empty(self) -> bool:
        return not (self.changes or self.steps or self.scripts or self.renames)

    def action_of(self, name: str) -> str | None:
        return next((one.action for one in self.changes if one.name == name), None)

    def demo_of(self, name: str) -> bool:
        """Whether the demo records of an addon belong into this database."""
        one = self.known.get(name)
        return self.demo if one is None or not one.active else one.demo

    def __str__(self) -> str:
        return "\n".join(_lines(self))


@dataclass
class Outcome:
    """What ``apply`` did: the plan, and what came of the data."""

    plan: Plan
    data: dict[str, Report]
    relaxed: list[str]

    def __str__(self) -> str:
        done = [f"done: {change}" for change in self.plan.changes]
        data = [f"{name}: {_counts(name, report)}" for name, report in self.data.items() if _counts(name, report)]
        notices = [f"look at: {notice}" for report in self.data.values() for notice in report.notices]
        return "\n".join([*done, *data, *self.relaxed, *notices]) or "nothing to do"


def plan(
    url: str | sa.URL,
    catalogue: Mapping[str, Manifest] | None = None,
    *,
    install: Iterable[str] = (),
    upgrade: Iterable[str] | None = None,
    uninstall: Iterable[str] = (),
    demo: bool = False,
) -> Plan:
    """What installing, upgrading or uninstalling would do to the database at ``url``. Changes nothing.

    Exactly one of the three is given; ``upgrade=[]`` means all installed addons. ``demo`` brings demo records along
    with newly installed addons. Raises ``PlanError`` and ``AssemblyError``.
    """
    catalogue = discover() if catalogue is None else catalogue
    url = sa.make_url(url)
    with looking(url) as connection:
        return plan_on(connection, url, catalogue, install, upgrade, uninstall, demo)


def plan_on(
    connection: sa.Connection,
    url: sa.URL,
    catalogue: Mapping[str, Manifest],
    install: Iterable[str],
    upgrade: Iterable[str] | None,
    uninstall: Iterable[str],
    demo: bool,
) -> Plan:
    """``plan`` on an open connection."""
    known = read_installed(connection)
    if install and not uninstall and upgrade is None:
        made = _plan_install(url, catalogue, known, list(install), demo)
    elif uninstall and not install and upgrade is None:
        made = _plan_uninstall(url, catalogue, known, list(uninstall))
    elif upgrade is not None and not install and not uninstall:
        made = _plan_upgrade(url, catalogue, known, list(upgrade))
    else:
        raise PlanError("name addons to install, to upgrade or to uninstall: one of the three")
    _ = made.set.parts  # a fault in a view or a page must be found before the database is touched
    _look_at_database(connection, made)
    return made


def read_installed(connection: sa.Connection) -> dict[str, Installed]:
    """All addons that were ever installed, by name."""
    if not sa.inspect(connection).has_table(tables.addon.name):
        return {}
    columns = (tables.addon.c[name] for name in Installed.__annotations__)
    query = sa.select(*columns).order_by(tables.addon.c.name)
    return {row.name: Installed(*row) for row in connection.execute(query)}


def lacking(connection: sa.Connection, addon_set: AddonSet) -> list[str]:
    """Why a server with ``addon_set`` must not work with this database; empty when all is well, which is one query."""
    known = read_installed(connection)
    found = []
    for manifest in addon_set.addons:
        one = known.get(manifest.name)
        if one is None or not one.active:
            found.append(f"addon '{manifest.name}' is not installed")
        elif Version(one.version) != Version(manifest.version):
            found.append(f"addon '{manifest.name}' is {manifest.version} here and {one.version} in the database")
    setting = sa.select(tables.setting.c.value).where(tables.setting.c.key == STRUCTURE)
    metadatas = metadatas_of(addon_set)
    if not found and connection.scalar(setting) == fingerprint(metadatas):
        return []
    return found + [f"it lacks {step}" for step in difference(connection, metadatas)]


def metadatas_of(addon_set: AddonSet) -> list[sa.MetaData]:
    return [tables.metadata, addon_set.metadata]


@contextmanager
def looking(url: sa.URL) -> Iterator[sa.Connection]:
    """A connection for reading; an SQLite file that is not there yet is not made by looking at it."""
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        url = sa.make_url("sqlite://")
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        told = unreachable(error)
        if told is None:
            raise
        raise told from error
    finally:
        engine.dispose()


def unreachable(error: sa.exc.OperationalError) -> PlanError | None:
    """What to say when there was no connection at all; None when it was a statement that failed."""
    if error.statement is not None:
        return None
    return PlanError(f"the database does not answer: {str(error.orig).strip().splitlines()[0]}")


# -- which addons ------------------------------------------------------------------------------------------------------


def _active(known: Mapping[str, Installed]) -> list[str]:
    return [name for name, one in known.items() if one.active]


def _plan_install(
    url: sa.URL, catalogue: Mapping[str, Manifest], known: dict[str, Installed], names: list[str], demo: bool
) -> Plan:
    there = set(_active(known))
    again = [name for name in names if name in there and known[name].requested]
    if len(again) == len(names):
        raise PlanError(f"{', '.join(again)}: installed already; `upgrade` brings new versions")
    manifests = closure(catalogue, there | set(names))
    changes = []
    for one in manifests:
        if one.name not in there:
            before = known[one.name].version if one.name in known else None
            _refuse_older(one, before)
            reason = "asked for" if one.name in names else _needed_by(manifests, one.name, set(names) | there)
            changes.append(Change(INSTALL, one.name, one.title, one.version, before, reason))
        elif Version(known[one.name].version) != Version(one.version):
            _refuse_older(one, known[one.name].version)
            changes.append(Change(UPGRADE, one.name, one.title, one.version, known[one.name].version, "new version"))
    requested = frozenset(names) | {name for name in there if known[name].requested}
    return Plan(url, catalogue, INSTALL, tuple(changes), known, set_for(manifests), requested, demo)


def _plan_upgrade(
    url: sa.URL, catalogue: Mapping[str, Manifest], known: dict[str, Installed], names: list[str]
) -> Plan:
    there = _active(known)
    _refuse_absent(names, there)
    if not there:
        raise PlanError("nothing is installed in this database")
    manifests = closure(catalogue, there)
    changes = []
    for one in manifests:
        if one.name not in there:
            before = known[one.name].version if one.name in known else None
            reason = _needed_by(manifests, one.name, set(there))
            changes.append(Change(INSTALL, one.name, one.title, one.version, before, reason))
            continue
        before = known[one.name].version
        _refuse_older(one, before)
        newer = Version(before) != Version(one.version)
        if newer or not names or one.name in names:
            reason = "new version" if newer else "asked for" if names else "same version, data is compared"
            changes.append(Change(UPGRADE, one.name, one.title, one.version, before, reason))
    requested = frozenset(name for name in there if known[name].requested)
    return Plan(url, catalogue, UPGRADE, tuple(changes), known, set_for(manifests), requested, False)


def _plan_uninstall(
    url: sa.URL, catalogue: Mapping[str, Manifest], known: dict[str, Installed], names: list[str]
) -> Plan:
    there = _active(known)
    _refuse_absent(names, there)
    rest = [name for name in there if name not in names]
    for name in names:
        users = [other for other in dependents(catalogue, name) if other in rest]
        if users:
            raise PlanError(f"'{name}' is needed by {', '.join(users)}: uninstall them, too, or keep it")
    if not rest:
        raise PlanError("these are all addons of the database; delete the database instead")
    manifests = closure(catalogue, rest)
    order = [one.name for one in closure(catalogue, [name for name in there if name in catalogue])]
    changes = tuple(
        Change(UNINSTALL, name, name, known[name].version, known[name].version, "asked for; its data stays")
        for name in sorted(names, key=lambda one: -order.index(one) if one in order else 1)
    )
    requested = frozenset(name for name in rest if known[name].requested)
    return Plan(url, catalogue, UNINSTALL, changes, known, set_for(manifests), requested, False)


def _needed_by(manifests: Sequence[Manifest], name: str, wanted: set[str]) -> str:
    users = [one.name for one in manifests if name in one.needs]
    return f"needed by {', '.join(users)}" if users else f"comes with {', '.join(sorted(wanted))}"


def _refuse_absent(names: Iterable[str], there: Sequence[str]) -> None:
    for name in names:
        if name not in there:
            hint = close_match(name, there)
            raise PlanError(f"'{name}' is not installed in this database" + (f"; {hint}" if hint else ""))


def _refuse_older(manifest: Manifest, before: str | None) -> None:
    if before is not None and Version(manifest.version) < Version(before):
        raise PlanError(
            f"'{manifest.name}' is {before} in the database, and only {manifest.version} here: "
            "there is no way back to an older version; bring the newer code"
        )


# -- what it means for the database ------------------------------------------------------------------------------------


def _look_at_database(connection: sa.Connection, made: Plan) -> None:
    metadatas = metadatas_of(made.set)
    made.renames = renames(connection, made.set)
    new_names = {f"{one.table}.{one.new}" for one in made.renames}
    made.steps = [one for one in difference(connection, metadatas) if one.subject not in new_names]
    if any(change.action == INSTALL and change.before for change in made.changes):
        made.orphans = orphans(connection, metadatas, made.steps)
    for change in made.changes:
        if change.action == UNINSTALL:
            continue
        manifest = made.set.addon(change.name)
        if change.before is not None:
            made.scripts += pending(connection, manifest, change.before)
        made.records[change.name] = count_records(made.set, manifest, made.demo_of(change.name))


def renames(connection: sa.Connection, addon_set: AddonSet) -> list[Rename]:
    """Columns that are still called as before, of fields that say ``renamed_from``."""
    wanted = [
        (info.table, one)
        for info in addon_set.models.values()
        for one in info.fields.values()
        if one.stored and one.given.get("renamed_from")
    ]
    if not wanted:
        return []
    inspector = sa.inspect(connection)
    found = []
    for table, one in wanted:
        there = (
            {column["name"] for column in inspector.get_columns(table.name)}
            if inspector.has_table(table.name)
            else set()
        )
        old = one.column_name.replace(one.name, str(one.given["renamed_from"]), 1)
        if old in there and one.column_name in table.c and one.column_name not in there:
            found.append(Rename(one.addon, table.name, old, one.column_name))
    return found


# -- printing ----------------------------------------------------------------------------------------------------------


def _lines(made: Plan) -> Iterator[str]:
    if made.empty:
        yield "Nothing to do."
        return
    yield f"Database: {made.url.render_as_string(hide_password=True)}"
    yield "Addons"
    yield from (f"  {change}" for change in made.changes)
    if made.renames or made.steps:
        yield "Structure"
        yield from _by_addon([(one.addon, str(one)) for one in made.renames])
        yield from _by_addon(
            [(one.addon, str(one) + ("" if one.additive else "  [not additive]")) for one in made.steps]
        )
    if made.scripts:
        yield "Scripts"
        yield from (f"  {one.addon}: {one.name}" for one in made.scripts)
    records = {name: counts for name, counts in made.records.items() if counts}
    if records:
        yield "Records in data files"
        for name, counts in records.items():
            kinds = ", ".join(f"{count} {model}" for model, count in sorted(counts.items()))
            yield f"  {name}: {kinds}"
    if made.orphans:
        yield "Links that lead nowhere any more"
        yield from (f"  {one}" for one in made.orphans)
    yield (
        "Servers can go on working meanwhile." if made.additive else "To be applied in maintenance: servers must wait."
    )


def _by_addon(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    for addon in dict.fromkeys(addon for addon, _ in pairs):
        yield f"  {addon or 'kernel'}"
        yield from (f"    {text}" for owner, text in pairs if owner == addon)


def _counts(name: str, report: Report) -> str:
    parts = (("new", report.created), ("changed", report.updated), ("removed", report.removed))
    return ", ".join(f"{sum(counts.values())} {word}" for word, counts in parts if counts)


def apply(made: Plan, *, files: Path | None = None, progress: Any = None) -> Outcome:
    """Do what the plan says, in one transaction. Raises what went wrong; the database is then as it was.

    ``progress`` is called with a sentence before each part of the work.
    """
    from core.registry.applying import Applying

    return Applying(made, files, progress).run()
