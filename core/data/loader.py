"""Loads an addon's data files, at its installation and at each upgrade.

An upgrade merges each field (of a translated text: each language) from three sides: what was loaded before, what the
file says now, what stands in the record.

    file unchanged                       nothing is done, whatever the user did
    user changed nothing                 the record follows the file
    both changed, and differently        the user's value stays, and is listed

Records that left the files are deleted if nothing points to them and nobody changed them; otherwise they are archived
(``active``) or kept, and listed. A record that a user deleted does not come back.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from core.addon.graph import depends_on
from core.addon.manifest import Manifest
from core.data import ids as states
from core.data.files import DataFile, DataRecord, Given, full_id, read_all
from core.data.ids import Ids, Known, checksum
from core.data.values import current, parse, plain
from core.errors import AssemblyError, UserError, close_match
from core.i18n import DEFAULT_LANGUAGE
from core.orm.fields import Field
from core.orm.sequence import define

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.assemble import ModelInfo
    from core.registry.addonset import AddonSet

_LINKS = frozenset({"many2one", "many2many", "reference"})


@dataclass(frozen=True)
class Notice:
    """Something that an implementer should look at: a value or record that stayed although the files say otherwise."""

    record: str
    model: str
    text: str

    def __str__(self) -> str:
        return f"{self.record} ({self.model}): {self.text}"


@dataclass
class Report:
    """What loading the data of an addon did."""

    created: Counter[str] = dataclasses.field(default_factory=Counter)
    updated: Counter[str] = dataclasses.field(default_factory=Counter)
    removed: Counter[str] = dataclasses.field(default_factory=Counter)
    notices: list[Notice] = dataclasses.field(default_factory=list)

    def add(self, other: Report) -> None:
        self.created += other.created
        self.updated += other.updated
        self.removed += other.removed
        self.notices += other.notices


def count_records(addon_set: AddonSet, manifest: Manifest, demo: bool) -> Counter[str]:
    """How many records of which model the files of an addon hold. Checks the form of the files."""
    return Counter(record.model for file in data_files(addon_set, manifest, demo) for record in file.records)


def data_files(addon_set: AddonSet, manifest: Manifest, demo: bool) -> list[DataFile]:
    """The data files of an addon, with ``demo`` those of the demo database behind the others."""
    paths = addon_set.hooks.collect("kontor_data", addon=manifest, demo=False)
    if demo:
        paths += addon_set.hooks.collect("kontor_data", addon=manifest, demo=True)
    return read_all(paths, manifest)


def load_data(env: Env, manifest: Manifest, demo: bool = False) -> Report:
    """Load or merge the data of ``manifest`` in the elevated ``env``. Raises ``AssemblyError`` naming file and line."""
    return Loader(env, manifest).load(demo)


class Loader:
    """Loads one addon into one database."""

    def __init__(self, env: Env, manifest: Manifest) -> None:
        self.env = env
        self.manifest = manifest
        self.addon = manifest.name
        self.connection = env.session.kernel_connection()
        self.ids = Ids(self.connection)
        self.report = Report()
        #: records that this run has made or read, by full external id
        self.records: dict[str, Any] = {}
        self.gone: set[str] = set()
        self._foreign_keys: list[tuple[str, str, str]] | None = None

    def load(self, demo: bool) -> Report:
        plain_paths = set(self.env.hooks.collect("kontor_data", addon=self.manifest, demo=False))
        files = data_files(self.env.set, self.manifest, demo)
        later = {record.full: record for file in files for record in file.records}
        for file in files:
            for one in file.series:
                self._define(one)
            self._load_file(file, file.path not in plain_paths, later)
        self._remove_missing(set(later), demo)
        return self.report

    def _define(self, one: Any) -> None:
        try:
            define(
                self.connection,
                one.code,
                one.pattern,
                padding=one.padding,
                gap_free=one.gap_free,
                start=one.start,
            )
        except AssemblyError as error:
            raise AssemblyError(error.message, one.where, error.hint) from None

    # -- one file -------------------------------------------------------------------------------------------------

    def _load_file(self, file: DataFile, demo: bool, later: Mapping[str, DataRecord]) -> None:
        """All records in one flush; when that fails once more one by one, to find the one to blame."""
        records, gone = dict(self.records), set(self.gone)
        report = Report()
        report.add(self.report)
        savepoint = self.env.session.begin_nested()
        try:
            self._load_records(file, demo, later, one_by_one=False)
            savepoint.commit()
        except (UserError, DBAPIError):
            savepoint.rollback()
            self.records, self.gone, self.report = records, gone, report
            self.ids = Ids(self.connection)
            self._load_records(file, demo, later, one_by_one=True)

    def _load_records(self, file: DataFile, demo: bool, later: Mapping[str, DataRecord], one_by_one: bool) -> None:
        self._read_ahead(file)
        added: list[tuple[DataRecord, Any, dict[str, Any]]] = []
        for one in file.records:
            if one_by_one:  # whatever fails now is this record's fault
                with _blaming(one):
                    self._load_record(one, later, added)
                    self.env.flush()
            else:
                self._load_record(one, later, added)
        self.env.flush()
        self.ids.add(
            {
                "addon": self.addon,
                "full": one.full,
                "model": one.model,
                "record_id": record.id,
                "values": values,
                "demo": demo,
            }
            for one, record, values in added
        )

    def _read_ahead(self, file: DataFile) -> None:
        """Read the records that may be merged, one statement for each model."""
        wanted: dict[str, dict[int, str]] = defaultdict(dict)
        for one in file.records:
            found = self.ids.records.get(one.full)
            if found and one.full not in self.records and found[0] in self.env.models:
                wanted[found[0]][found[1]] = one.full
        for model, by_id in wanted.items():
            cls: Any = self.env.models[model].cls
            for record in self.env.session.scalars(sa.select(cls).where(cls.id.in_(list(by_id)))):
                self.records[by_id[record.id]] = record

    def _load_record(
        self, one: DataRecord, later: Mapping[str, DataRecord], added: list[tuple[DataRecord, Any, dict[str, Any]]]
    ) -> None:
        info = self._info(one)
        known = self.ids.row(self.addon, one.full)
        wanted = [(given, self._field(info, given)) for given in one.fields]
        values = {given.key: self._plain(info, field, given) for given, field in wanted}
        if known is not None:
            if known.model != one.model:
                raise AssemblyError(f"'{one.id}' was a record of '{known.model}'", one.where, "give it another id")
            self._merge(one, info, known, wanted, values, later)
            return
        record = self._existing(one, info)
        if record is None:
            record = self._create(one, info, wanted, later)
        else:
            for given, field in wanted:
                self._assign(record, field, given, later)
            self.report.updated[one.model] += 1
        if record is not None:
            added.append((one, record, values))

    def _existing(self, one: DataRecord, info: ModelInfo) -> Any:
        """The record of another addon that ``one`` changes, None for one of this addon."""
        owner = one.full.partition(".")[0]
        if owner == self.addon:
            return None
        self._check_addon(owner, one.id, one)
        record = self._record(one.full)
        if record is None:
            raise AssemblyError(f"there is no record '{one.full}' to change", one.where, self._near(one.full))
        if record.info.name != info.name:
            raise AssemblyError(f"'{one.full}' is a record of '{record.info.name}', not '{info.name}'", one.where)
        return record

    def _create(
        self,
        one: DataRecord,
        info: ModelInfo,
        wanted: list[tuple[Given, Field[Any]]],
        later: Mapping[str, DataRecord],
    ) -> Any:
        values: dict[str, Any] = {}
        for given, field in wanted:
            try:
                value = self._value(field, given, later)
            except _Missing as missing:
                if field.required:
                    text = f"left out, because {missing.full} was deleted here"
                    self.report.notices.append(Notice(one.full, one.model, text))
                    self.gone.add(one.full)
                    return None
                continue
            if field.translate:
                texts = values.setdefault(field.name, {})
                if value is not None:
                    texts[given.lang or DEFAULT_LANGUAGE] = value
            else:
                values[field.name] = value
        make: Any = self.env[info.cls]
        record = make(**values)
        self.records[one.full] = record
        self.report.created[one.model] += 1
        return record

    # -- merging --------------------------------------------------------------------------------------------------

    def _merge(
        self,
        one: DataRecord,
        info: ModelInfo,
        known: Known,
        wanted: list[tuple[Given, Field[Any]]],
        values: dict[str, Any],
        later: Mapping[str, DataRecord],
    ) -> None:
        record = self.records.get(one.full)
        if record is None:
            self.gone.add(one.full)
            if known.state != states.DELETED:
                self.report.notices.append(Notice(one.full, one.model, "stays away, because it was deleted here"))
                self.ids.change(known, state=states.DELETED)
            return
        if known.state == states.ARCHIVED and "active" in info.fields:
            record.active = True
        if known.checksum == checksum(values) and known.state == states.PRESENT:
            return
        changed = False
        for given, field in wanted:
            if field.kind == "state" or values[given.key] == known.values.get(given.key, _UNKNOWN):
                continue
            mine = current(record, field, given.lang)
            theirs = self._comparable(field, values[given.key])
            if mine == theirs:
                continue
            before = self._comparable(field, known.values.get(given.key, known.values.get(_former_key(field, given))))
            if mine != before:
                text = f"{given.key} stays {_short(mine)}, as changed here; the new version would have {_short(theirs)}"
                self.report.notices.append(Notice(one.full, one.model, text))
                continue
            changed = self._assign(record, field, given, later) or changed
        if changed:
            self.report.updated[one.model] += 1
        self.ids.change(known, values=values, state=states.PRESENT)

    def _assign(self, record: Any, field: Field[Any], given: Given, later: Mapping[str, DataRecord]) -> bool:
        try:
            value = self._value(field, given, later)
        except _Missing as missing:
            text = f"{field.name} stays, because {missing.full} was deleted here"
            self.report.notices.append(Notice(given.name, record.info.name, text))
            return False
        if field.translate:
            texts = dict(getattr(record, f"_{field.name}") or {})
            texts[given.lang or DEFAULT_LANGUAGE] = value or ""
            value = texts
        setattr(record, field.name, value)
        return True

    def _comparable(self, field: Field[Any], value: Any) -> Any:
        """A plain value with external ids turned into those of records."""
        if field.kind not in _LINKS or value is None:
            return value
        if isinstance(value, list):
            return sorted(found for found in map(self._id, value) if found is not None)
        return self._id(value)

    def _id(self, full: str) -> int | None:
        record = self.records.get(full)
        if record is None:
            return self.ids.record_id(full)
        if record.is_new:
            self.env.flush()
        return int(record.id)

    # -- values ---------------------------------------------------------------------------------------------------

    def _info(self, one: DataRecord) -> ModelInfo:
        info = self.env.models.get(one.model)
        if info is None:
            hint = close_match(one.model, self.env.models) or "is its addon in depends?"
            raise AssemblyError(f"there is no model '{one.model}'", one.where, hint)
        return info

    def _field(self, info: ModelInfo, given: Given) -> Field[Any]:
        found = info.fields.get(given.name)
        if found is None:
            hint = close_match(given.name, info.fields)
            raise AssemblyError(f"'{info.name}' has no field '{given.name}'", given.where, hint)
        if found.computed or not found.stored:
            raise AssemblyError(f"field '{given.name}' of '{info.name}' is computed", given.where, "leave it out")
        if found.kind == "one2many":
            hint = f"give its records <field name={found.inverse!r} ref=…/>"
            raise AssemblyError(f"field '{given.name}' is the other side of a link", given.where, hint)
        if (found.kind in _LINKS) != (given.refs is not None) and (given.refs is not None or given.text.strip()):
            need = "needs ref" if found.kind in _LINKS else "is no link"
            raise AssemblyError(f"field '{given.name}' of '{info.name}' {need}", given.where)
        if given.many and found.kind != "many2many":
            raise AssemblyError(f"field '{given.name}' links to one record", given.where, "use ref")
        return found

    def _plain(self, info: ModelInfo, field: Field[Any], given: Given) -> Any:
        """What the file says, as JSON; links as external ids."""
        if given.refs is not None:
            full = [full_id(self.addon, one) for one in given.refs]
            return sorted(full) if field.kind == "many2many" else full[0]
        if given.file is not None:
            return plain(self._store(given))
        return plain(parse(field, given))

    def _value(self, field: Field[Any], given: Given, later: Mapping[str, DataRecord]) -> Any:
        if given.refs is not None:
            records = [self._referred(field, given, one, later) for one in given.refs]
            return records if field.kind == "many2many" else records[0]
        if given.file is not None:
            value = self._store(given)
            problem = field.problem(value)
            if problem:
                raise AssemblyError(f"field '{field.name}' {problem}", given.where)
            return value
        if field.kind == "many2many":
            return []
        return parse(field, given)

    def _referred(self, field: Field[Any], given: Given, written: str, later: Mapping[str, DataRecord]) -> Any:
        full = full_id(self.addon, written)
        if full.partition(".")[0] != self.addon:
            self._check_addon(full.partition(".")[0], written, given)
        if full in self.gone:
            raise _Missing(full)
        record = self._record(full)
        if record is None:
            if full in self.ids.records:
                raise _Missing(full)
            if full in later:
                place = later[full].where
                hint = f"move it before this one; it stands in {place}"
                raise AssemblyError(f"record '{written}' is not there yet", given.where, hint)
            raise AssemblyError(f"there is no record '{written}'", given.where, self._near(full))
        if field.target is not None and record.info.name != field.target:
            message = f"field '{field.name}' links to '{field.target}', but '{written}' is a '{record.info.name}'"
            raise AssemblyError(message, given.where)
        return record

    def _record(self, full: str) -> Any:
        """The record behind a full external id, None when there is none."""
        if full not in self.records and full in self.ids.records:
            model, key = self.ids.records[full]
            info = self.env.models.get(model)
            found = self.env.session.get(info.cls, key) if info is not None else None
            if found is None:
                return None
            self.records[full] = found
        return self.records.get(full)

    def _check_addon(self, owner: str, written: str, place: DataRecord | Given) -> None:
        if not depends_on(self.env.set.addons, self.addon, owner):
            hint = close_match(owner, self.manifest.needs) or f"add '{owner}' to depends in addon.toml"
            raise AssemblyError(f"'{written}' belongs to addon '{owner}'", place.where, hint)

    def _near(self, full: str) -> str | None:
        known = [*self.records, *self.ids.records]
        near = close_match(full, known)
        return near.replace(f"'{self.addon}.", "'") if near else None

    def _store(self, given: Given) -> Any:
        path = (self.manifest.path / str(given.file)).resolve()
        if not path.is_relative_to(self.manifest.path.resolve()) or not path.is_file():
            raise AssemblyError(f"there is no file '{given.file}' in the addon", given.where)
        if self.env.db is None:
            raise AssemblyError("files need a database with a file store", given.where)
        with path.open("rb") as stream:
            return self.env.db.files.put(stream, path.name)

    # -- what left the files --------------------------------------------------------------------------------------

    def _remove_missing(self, seen: set[str], demo: bool) -> None:
        for known in reversed(self.ids.of(self.addon)):
            if known.full in seen or (known.demo and not demo) or known.state != states.PRESENT:
                continue
            info = self.env.models.get(known.model)
            if info is None or not known.full.startswith(f"{self.addon}."):
                self.ids.forget(known)
                continue
            record = self.env.session.get(info.cls, known.record_id)
            if record is None:
                self.ids.forget(known)
            elif not self._is_as_loaded(record, info, known):
                self._keep(known, record, "is no longer part of the addon, and stays because it was changed here")
            elif self._is_referred_to(info, record.id):
                self._keep(known, record, "is no longer part of the addon, and stays because it is in use")
            else:
                self.env.delete(record)
                self.env.flush()
                self.ids.forget(known)
                self.report.removed[known.model] += 1

    def _is_as_loaded(self, record: Any, info: ModelInfo, known: Known) -> bool:
        for key, value in known.values.items():
            name, _, lang = key.partition("@")
            field = info.fields.get(name)
            if field is not None and field.kind != "state":
                mine = current(record, field, lang or None)
                if mine != self._comparable(field, value):
                    return False
        return True

    def _is_referred_to(self, info: ModelInfo, key: int) -> bool:
        """Whether any row of the database points to a record, also rows of addons that are no longer installed."""
        links = [(sa.table(table, sa.column(column)), column) for table, column in self._links_to(info.table.name)]
        conditions = [(table, table.c[column] == key) for table, column in links]
        for other in self.env.models.values():
            for one in other.fields.values():
                if one.kind == "reference":
                    table = other.table
                    model, link = table.c[getattr(one, "model_column", "")], table.c[one.column_name]
                    conditions.append((table, sa.and_(model == info.name, link == key)))
        queries = (sa.select(sa.literal(1)).select_from(table).where(condition) for table, condition in conditions)
        return any(self.connection.scalar(query.limit(1)) for query in queries)

    def _links_to(self, target: str) -> list[tuple[str, str]]:
        """(table, column) of everything that refers to a table, except the pairs that belong to its own records."""
        if self._foreign_keys is None:
            found = sa.inspect(self.connection).get_multi_foreign_keys()
            self._foreign_keys = [
                (table, str(key["referred_table"]), key["constrained_columns"][0])
                for (_, table), keys in found.items()
                for key in keys
            ]
        return [(table, column) for table, to, column in self._foreign_keys if to == target and column != "source_id"]

    def _keep(self, known: Known, record: Any, text: str) -> None:
        state = states.KEPT
        if "active" in record.info.fields:
            record.active = False
            self.env.flush()
            state, text = states.ARCHIVED, text.replace("stays", "is archived")
        self.ids.change(known, state=state)
        self.report.notices.append(Notice(known.full, known.model, text))


_UNKNOWN = object()


class _Missing(Exception):
    """A record that data refers to, and that a user deleted."""

    def __init__(self, full: str) -> None:
        self.full = full
        super().__init__(full)


class _blaming:  # noqa: N801 - reads as a verb where it is used
    """Turns what the user would be told into what the developer needs: the record's place."""

    def __init__(self, one: DataRecord) -> None:
        self.one = one

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, UserError | DBAPIError | TypeError):
            text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
            raise AssemblyError(f"record '{self.one.id}' of '{self.one.model}': {text}", self.one.where) from error


def _former_key(field: Field[Any], given: Given) -> str:
    """The key of the same value when the field still had its former name."""
    return given.key.replace(given.name, str(field.given.get("renamed_from", given.name)), 1)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
