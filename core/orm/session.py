"""The one session: it belongs to one principal for life, and every statement and flush passes its rights.

    statement ─► what does it reach? ─► may read each model? no hidden field named? ─► conditions added ─► database
    flush     ─► settle computed ─► rights ─► checks ─► old rows (write, delete) ─► SQL ─► new rows ─► journal

Refused without elevation: text, plain tables, bulk insert, update and delete, ``connection()``. Elevation is a second
session on the same connection behind a savepoint (``env.sudo()``), never a flag. What an elevated bulk statement
changes gets new versions and journal rows as well.
"""

from __future__ import annotations

import datetime
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

import sqlalchemy as sa
from sqlalchemy import event, exc, orm
from sqlalchemy.orm import LoaderCallableStatus, LoaderCriteriaOption, ORMExecuteState, Session, UserDefinedOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause

from core.errors import AccessError, ConflictError
from core.i18n import DEFAULT_LANGUAGE, _
from core.orm import journal, validation
from core.orm.computed import settle
from core.orm.folding import fold
from core.orm.ids import give_ids, take_ids_back
from core.orm.model import Model
from core.orm.security import Principal, Security
from core.orm.sequence import drawing_ahead
from core.orm.together import load_together

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from core.orm.assemble import ModelInfo, Models


#: so many conditions, and kinds of statements, are remembered for each set
_KNOWN_CONDITIONS = 10_000
_KNOWN_STATEMENTS = 2_000
#: … and so many variants of one statement
_KNOWN_PRINCIPALS = 200
#: what is known of a statement as long as it lives
_KEPT: weakref.WeakKeyDictionary[Any, dict[Any, Any]] = weakref.WeakKeyDictionary()


class Ruled(UserDefinedOption):
    """Travels with a statement and its later loads: which models already carry their conditions."""

    propagate_to_loaders = True


class Condition(LoaderCriteriaOption):
    """A condition on a model that also holds for an alias joined by hand.

    SQLAlchemy rewrites the condition for an alias in FROM and in joins along a relationship; in a join with an ON of
    its own it would limit the table itself, and the alias not at all.
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> Any:
        found = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(found) if ext_info.is_aliased_class else found


class KontorSession(Session):
    """A session of one principal. Made by ``Env``; nobody changes ``principal``."""

    def __init__(self, bind: Any, principal: Principal, security: Security, **options: Any) -> None:
        super().__init__(bind=bind, expire_on_commit=True, **options)
        self.principal = principal
        self.security = security
        self.models: Models = security.models

    # -- doors that stay shut -----------------------------------------------------------------------------------

    def connection(self, *args: Any, **options: Any) -> Connection:
        """The raw connection, for elevated sessions only."""
        if not self.principal.elevated:
            raise AccessError(_("This needs elevated rights."), ("connection",))
        return super().connection(*args, **options)

    def kernel_connection(self) -> Connection:
        """The connection for the kernel's own tables, which stand outside models and rights."""
        return super().connection()

    def bulk_save_objects(self, *args: Any, **options: Any) -> NoReturn:
        raise AccessError(_("This needs elevated rights."), ("bulk",))

    bulk_insert_mappings = bulk_update_mappings = bulk_save_objects

    def merge(self, instance: Any, **options: Any) -> Any:
        raise AccessError(_("This needs elevated rights."), ("merge",))

    # -- conditions ---------------------------------------------------------------------------------------------

    def condition(self, model: str) -> Any:
        """The loader option that limits ``model`` for this principal; None when nothing limits it.

        Made once for a principal and a day, and shared by all its sessions: SQLAlchemy then knows it again.
        """
        made: dict[Any, Condition | None] = self.models.plans.setdefault("conditions", {})
        key = self.principal, datetime.datetime.now(datetime.UTC).date(), model
        if key in made:
            return made[key]
        if len(made) >= _KNOWN_CONDITIONS:
            made.clear()
        if not self.security.may(self.principal, model, "read"):
            found: Any = sa.false()
        else:
            found = self.security.criteria(self.principal, model, "read")
        option = None
        if found is not None:
            option = Condition(self.models[model].cls, found, include_aliases=True, propagate_to_loaders=True)
        made[key] = option
        return option

    # -- flush --------------------------------------------------------------------------------------------------

    def flush(self, objects: Any = None) -> None:
        """Write everything that changed. Raises ValidationError, AccessError, ConflictError in the user's words."""
        try:
            super().flush(objects)
            self.info.pop("given ids", None)
        except orm.exc.StaleDataError as error:
            raise ConflictError(_("Somebody else changed or removed this record meanwhile.")) from error
        except exc.IntegrityError as error:
            raise validation.from_database(error, self.models) from error
        finally:
            take_ids_back(self)
            self.info["flushing"] = False
            for left_by_a_failure in ("journal", "check_new"):
                self.info.pop(left_by_a_failure, None)

    def delete(self, instance: object) -> None:
        """Delete a record at the next flush; an owned line leaves its owner's list at once."""
        record = cast("Model", instance)
        info = record.info
        if info.owner is not None:
            owner = getattr(record, info.owner)
            if owner is not None:
                for one in owner.info.fields.values():
                    if one.owned and one.target == info.name and one.inverse == info.owner:
                        members = getattr(owner, one.name)
                        if record in members:
                            members.remove(record)
        super().delete(record)


# -- statements -------------------------------------------------------------------------------------------------


@event.listens_for(KontorSession, "do_orm_execute")
def _guard(state: ORMExecuteState) -> Any:
    session = cast(KontorSession, state.session)
    if state.is_relationship_load:
        together = load_together(session, state)
        if together is not None:
            return together
    if session.principal.elevated:
        if state.is_update or state.is_delete:
            _bulk(session, state)
        return None
    if state.is_column_load:
        return None
    if not state.is_select:
        raise AccessError(_("This needs elevated rights."), ("bulk statement",))
    reached = _reach(session, state.statement, state.is_relationship_load)
    if not state.is_relationship_load:
        for name in reached:
            if not session.security.may(session.principal, name, "read"):
                raise AccessError(_("You may not read “{model}”.").format(model=session.models[name].plural), (name,))
        if state.statement._with_options:  # eager loads may reach further than the statement shows
            reached = set(session.models)
    covered: set[str] = set()
    for option in state.user_defined_options:
        if isinstance(option, Ruled):
            covered |= option.payload or set()
    missing = reached - covered
    if state.is_relationship_load:
        missing -= _lines_of_owner(session, state)
    if missing:
        state.statement = _ruled(session, state.statement, missing)
    return None


def _ruled(session: KontorSession, statement: Any, missing: set[str]) -> Any:
    """``statement`` with the conditions of the models ``missing``.

    Kept as long as the statement itself, so that one that is run again and again, as that of a list, is not only the
    same to us but also to SQLAlchemy, which otherwise works out its structure anew each time.
    """
    conditions = tuple(found for found in map(session.condition, sorted(missing)) if found is not None)
    here = _KEPT.setdefault(statement, {})
    key = conditions, frozenset(missing)
    found = here.get(key)
    if found is None:
        if len(here) >= _KNOWN_PRINCIPALS:
            here.clear()
        found = here[key] = statement.options(*conditions, Ruled(frozenset(missing)))
    return found


def _lines_of_owner(session: KontorSession, state: ORMExecuteState) -> set[str]:
    """Loading the lines of a record that is already in this session needs no further condition."""
    path = state.loader_strategy_path
    if path is None or len(path) < 2:
        return set()
    relation = path[-2] if not hasattr(path[-1], "mapper") or not hasattr(path[-1], "key") else path[-1]
    parent = getattr(relation, "parent", None)
    key = getattr(relation, "key", None)
    if parent is None or key is None:
        return set()
    info = session.models.tables.get(parent.local_table)
    field = info.fields.get(key) if info is not None else None
    return {str(field.target)} if field is not None and field.owned else set()


@dataclass(frozen=True)
class Reach:
    """What a statement names: models, and those of their fields that only some groups may read."""

    models: frozenset[str]
    fields: frozenset[tuple[str, str]]


def _reach(session: KontorSession, statement: Any, loading: bool) -> set[str]:
    """The models that a statement names; refuses what has no model, and fields that the principal may not read.

    Looking through a statement takes as long as running it, so what was found is kept: for this statement, and by
    SQLAlchemy's own key of its structure, which is equal for statements that differ in nothing but values.
    """
    models = session.models
    here = _KEPT.setdefault(statement, {})
    found: Reach | None = here.get((id(models), loading))
    if found is None:
        found = here[id(models), loading] = _reach_of_kind(models, statement, loading)
    for model, name in found.fields:
        _refuse_hidden(session, models[model], name)
    return set(found.models)


def _reach_of_kind(models: Models, statement: Any, loading: bool) -> Reach:
    structure = statement._generate_cache_key()
    if structure is None:
        return _look_through(models, statement, loading)
    known: dict[Any, Reach] = models.plans.setdefault("reach", {})
    found = known.get((structure.key, loading))
    if found is None:
        if len(known) >= _KNOWN_STATEMENTS:
            known.clear()
        found = known[structure.key, loading] = _look_through(models, statement, loading)
    return found


def _harmless(literal: str) -> bool:
    """``*``, or the whole number that the kernel itself writes into a statement (decimals to round to)."""
    return literal == "*" or (literal.isascii() and literal.isdigit())


def _look_through(models: Models, statement: Any, loading: bool) -> Reach:
    """A column of a model brings its bare table along, so a table or alias without model is only refused when no
    annotated element of the statement stands for it.
    """
    found, fields = set[str](), set[tuple[str, str]]()
    plain: list[Any] = []
    stands_for: set[int] = set()
    for element in visitors.iterate(statement):
        annotations = element._annotations
        mapper = annotations.get("parentmapper")
        if mapper is not None:
            info = models.tables.get(mapper.local_table)
            if info is None:
                raise AccessError(_("This needs elevated rights."), (str(mapper.local_table),))
            found.add(info.name)
            entity = annotations.get("parententity")
            stands_for.add(hash(entity.selectable if entity is not None else mapper.local_table))
            if not loading and (key := annotations.get("proxy_key")):
                fields.update(_guarded(info, key))
        elif isinstance(element, (TextClause, sa.TextualSelect)) or (
            isinstance(element, ColumnClause) and element.is_literal and not _harmless(element.name)
        ):
            raise AccessError(_("This needs elevated rights."), ("text in a statement",))
        elif isinstance(element, sa.Select):
            subject = element._propagate_attrs.get("plugin_subject")
            if subject is not None and (info := models.tables.get(subject.mapper.local_table)) is not None:
                found.add(info.name)
                stands_for.add(hash(subject.selectable))
            elif not loading:
                _refuse_unaware(models, element)
        elif loading:
            continue
        elif isinstance(element, (sa.TableClause, sa.Alias)) and not _is_pairs(models, element):
            plain.append(element)
        elif isinstance(element, sa.Column) and element.table in models.tables:
            fields.update(_guarded(models.tables[element.table], str(element.info.get("field", element.key))))
    for element in plain:
        if hash(element) not in stands_for and not (
            isinstance(element, sa.Table) and element in models.tables and models.tables[element].name in found
        ):
            raise AccessError(_("This needs elevated rights."), (f"the plain table {element}",))
    return Reach(frozenset(found), frozenset(fields))


def _refuse_unaware(models: Models, statement: Any) -> None:
    """A SELECT whose columns hide their model from SQLAlchemy (a window, a CASE) would not get the conditions."""
    if statement._propagate_attrs.get("compile_state_plugin") == "orm":
        return
    for source in statement.get_final_froms():
        if any(
            one in models.tables for one in visitors.iterate(source) if isinstance(one, sa.Table)
        ) and not isinstance(source, (sa.Subquery, sa.CTE)):
            raise AccessError(
                _("This needs elevated rights."), (f"add .select_from(…) to the selection from {source}",)
            )


def _is_pairs(models: Models, table: object) -> bool:
    """Tables that only tell which ids belong together or match: pairs of links, full-text indexes."""
    if any(table is one for one in models.plans.get("fts", {}).values()):
        return True
    return isinstance(table, sa.Table) and table.metadata is models.metadata and "model" not in table.info


def _guarded(info: ModelInfo, key: str) -> Iterator[tuple[str, str]]:
    """(model, field) behind the attribute ``key``, if only some groups may read it."""
    field = info.fields.get(key) or info.fields.get(key.removeprefix("_").removesuffix("_folded"))
    if field is not None and field.groups:
        yield info.name, field.name


def _refuse_hidden(session: KontorSession, info: ModelInfo, name: str) -> None:
    if not session.security.may_field(session.principal, info.fields[name]):
        raise AccessError(_("“{model}” has no field “{field}”.").format(model=info.title, field=name), (name,))


def _bulk(session: KontorSession, state: ORMExecuteState) -> None:
    """An elevated update or delete: new versions, and a journal row for each record that it meets."""
    statement = cast(Any, state.statement)
    mapper = state.bind_mapper
    info = session.models.tables.get(cast(sa.Table, mapper.local_table)) if mapper is not None else None
    if info is None or state.is_executemany:
        return
    cls: Any = info.cls
    names = {getattr(key, "key", key) for key in (statement._values or {})}
    inputs = names & {one.name for one in info.fields.values()} & _trigger_names(info)
    if inputs and state.is_update:
        raise AccessError(_("This needs elevated rights."), (f"bulk update of inputs of computed fields: {inputs}",))
    ids = session.scalars(sa.select(cls.id).where(*statement._where_criteria)).all()
    if state.is_update:
        state.statement = statement.values(row_version=cls.row_version + 1)
    operation = "write" if state.is_update else "delete"
    rows = [
        {
            "record_id": one,
            "model": info.name,
            "operation": operation,
            "changes": dict.fromkeys(names - {"row_version"}),
        }
        for one in ids
    ]
    journal.write(session.kernel_connection(), session.info["env"], rows)


def _trigger_names(info: ModelInfo) -> set[str]:
    return {path.split(".")[0] for one in info.fields.values() for path in one.depends}


# -- flush ------------------------------------------------------------------------------------------------------


@event.listens_for(KontorSession, "before_flush")
def _before_flush(session: Session, context: Any, instances: Any) -> None:
    mine = cast(KontorSession, session)
    with mine.no_autoflush:
        _before_writing(mine)
        settle(mine)
        _prepare(mine)
        give_ids(mine)
    mine.info["flushing"] = True


def _before_writing(session: KontorSession) -> None:
    """Let records do what only a real save may do: number themselves, log a change."""
    for item in session.dirty:
        record = cast("Model", item)
        if type(record).before_write is not Model.before_write and (changed := changes_of(record)):
            record.before_write([key.removeprefix("_") for key in changed])
    made = list(session.new)
    with drawing_ahead(session, Counter(type(item) for item in made)) as ahead:
        for item in made:
            ahead.begins(type(item))
            cast("Model", item).before_create()


def _prepare(session: KontorSession) -> None:
    faults: dict[str, list[str]] = {}
    rows: list[dict[str, Any]] = session.info.setdefault("journal", [])
    check_old: dict[tuple[str, str], list[int]] = defaultdict(list)
    check_new: dict[tuple[str, str], list[Model]] = session.info.setdefault("check_new", defaultdict(list))
    owners: dict[int, Model] = {}
    changed_of: list[tuple[Model, dict[str, Any]]] = []
    for item in session.dirty:
        record = cast("Model", item)
        changed = changes_of(record)
        if not changed:
            continue
        info = record.info
        if any(
            key in info.fields or (key.removeprefix("_") in info.fields and not _derived(info, key)) for key in changed
        ):
            _need(session, info, "write")
            _old_row(session, record, "write", check_old)
            check_new[info.name, "write"].append(record)
            _collect_owner(record, owners)
            validation.check_record(record, changed, faults)
            changed_of.append((record, changed))
        _fold_shadows(record, changed)
    for item in session.new:
        record = cast("Model", item)
        info = record.info
        _need(session, info, "create")
        validation.check_record(record, None, faults)
        _fold_shadows(record, None)
        check_new[info.name, "create"].append(record)
        _collect_owner(record, owners)
        rows.append(journal.entry(record, "create"))
    for item in session.deleted:
        record = cast("Model", item)
        _need(session, record.info, "delete")
        _old_row(session, record, "delete", check_old)
        _collect_owner(record, owners)
        rows.append(journal.entry(record, "delete"))
    _owner_constraints(owners, faults)
    validation.raise_faults(faults)
    bumped: set[int] = set()
    for record, changed in changed_of:
        rows.append(journal.entry(record, "write", changed))
        _bump(record, bumped)
    deleted = session.deleted
    for owner in owners.values():
        if sa.inspect(owner).persistent and owner not in deleted:
            _bump(owner, bumped)
    for (model, mode), ids in check_old.items():
        _rows_allowed(session, model, mode, ids)


def changes_of(record: Model) -> dict[str, Any]:
    """Attribute → value before, of every attribute that differs from what was read."""
    state = sa.inspect(record)
    values = record.__dict__
    found: dict[str, Any] = {}
    for key, old in state.committed_state.items():
        new = values.get(key)
        if new is old:
            continue
        if key in state.mapper.relationships and state.mapper.relationships[key].uselist:
            before = old if isinstance(old, list) else []
            if before != list(new or ()):
                found[key] = before
            continue
        if isinstance(old, LoaderCallableStatus):
            old = None
        if new != old:
            found[key] = old
    return found


def _derived(info: ModelInfo, key: str) -> bool:
    field = info.fields.get(key.removeprefix("_"))
    return field is None or field.computed


def _need(session: KontorSession, info: ModelInfo, operation: str) -> None:
    if not session.security.may(session.principal, info.name, operation):
        words = {
            "create": _("You may not create “{model}”."),
            "write": _("You may not change “{model}”."),
            "delete": _("You may not delete “{model}”."),
        }
        raise AccessError(str(words[operation]).format(model=info.plural), (f"{info.name}: {operation}",))


def _old_row(session: KontorSession, record: Model, mode: str, ids: dict[tuple[str, str], list[int]]) -> None:
    """A row that was read under the same rules needs no second look; the version decides whether it is still that."""
    if not session.principal.elevated and not session.security.same_for_reading(record.info.name, mode):
        ids[record.info.name, mode].append(record.id)


def _collect_owner(record: Model, owners: dict[int, Model]) -> None:
    info = record.info
    if info.owner is None:
        return
    owner = getattr(record, info.owner)
    if owner is None:
        history = sa.inspect(record).attrs[info.owner].history
        owner = history.deleted[0] if history.deleted else None
    if owner is not None:
        owners[id(owner)] = owner


def _owner_constraints(owners: dict[int, Model], faults: dict[str, list[str]]) -> None:
    """A constraint that names the collection of lines runs when one of them changed."""
    for owner in owners.values():
        if sa.inspect(owner).deleted or owner.is_new:
            continue
        names = {one.name for one in owner.info.fields.values() if one.owned}
        validation.check_record(owner, names, faults)


def _bump(record: Model, bumped: set[int]) -> None:
    if id(record) not in bumped:
        bumped.add(id(record))
        record.row_version = record.row_version + 1


def _fold_shadows(record: Model, changed: dict[str, Any] | None) -> None:
    shadows = record.info.models.plans["validation"][record.info.name].shadows
    for key, name in shadows.items():
        if changed is None or key in changed:
            value = record.__dict__.get(key)
            if isinstance(value, dict):
                value = " | ".join(dict.fromkeys(value[one] for one in sorted(value, key=_default_first)))
            setattr(record, f"_{name}_folded", fold(value) if value else None)


def _default_first(language: str) -> tuple[bool, str]:
    return language != DEFAULT_LANGUAGE, language


@event.listens_for(KontorSession, "after_flush")
def _after_flush(session: Session, context: Any) -> None:
    mine = cast(KontorSession, session)
    pending: dict[tuple[str, str], list[Model]] = mine.info.pop("check_new", {})
    if not mine.principal.elevated:
        for (model, mode), records in pending.items():
            _new_rows(mine, model, mode, records)
    journal.write(mine.kernel_connection(), mine.info["env"], mine.info.pop("journal", []))


def _new_rows(session: KontorSession, model: str, mode: str, records: list[Model]) -> None:
    """The rows as they stand now must be within the rules: by memory when only the company decides, else by SQL."""
    if session.security.only_company(model):
        allowed = {None, *session.principal.companies}
        for record in records:
            if validation.company_of(record) not in allowed:
                _refuse(session, model, mode)
    else:
        _rows_allowed(session, model, mode, [record.__dict__["id"] for record in records])


def _rows_allowed(session: KontorSession, model: str, mode: str, ids: list[int]) -> None:
    condition = session.security.criteria(session.principal, model, mode)
    if condition is None:
        return
    cls: Any = session.models[model].cls
    connection = session.kernel_connection()
    for part in _chunks(sorted(set(ids)), 500):
        # on the connection, not the session: the condition itself is the whole answer here
        count = connection.scalar(sa.select(sa.func.count()).select_from(cls).where(cls.id.in_(part), condition))
        if count != len(part):
            _refuse(session, model, mode)


def _chunks(items: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _refuse(session: KontorSession, model: str, mode: str) -> NoReturn:
    raise AccessError(
        _("Your rights do not cover this record of “{model}”.").format(model=session.models[model].title),
        session.security.named_rules(model, mode),
    )
