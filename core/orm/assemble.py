"""From fragments to tables and mapped classes, for one ordered set of addons.

            Order (loyalty)   ┐
            Order (crm)       ├─ bases, latest first ──►  class Order  ──►  Table orders_order ──► map_imperatively
            Order (orders)    ┘                              ▲
            Document (tax), an extension of an abstract base ┘

What always holds: the result depends on the order of the addons and on nothing else; two addons that do not depend on
each other never meet in one field; every index and constraint has a name; a fault names addon, file and line.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapper, foreign, object_session, registry, relationship, remote

from core.errors import AssemblyError, Where, close_match
from core.orm import computed, states, validation
from core.orm.expressions import Expression, parse, to_python, to_sql
from core.orm.fields import Field
from core.orm.handles import assembling
from core.orm.model import Check, Fragment, Mark, Model, ModelMeta, Unique
from core.orm.relations import Many2many, Many2one, One2many, Reference
from core.orm.translated import translated_text
from core.schema.tables import NAMING

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


@dataclass
class ModelInfo:
    """One assembled model. Fields stand in order of declaration, ``id`` and ``row_version`` not among them."""

    name: str
    cls: type[Model]
    table: sa.Table
    fields: dict[str, Field[Any]]
    addon: str
    addons: tuple[str, ...]
    title: str
    plural: str
    company: str
    order: tuple[str, ...]
    where: Where
    owner: str | None = None
    display_text: str = ""
    display: Expression | None = None
    mapper: Mapper[Any] = field(init=False)
    transitions: dict[str, states.Transition] = field(default_factory=dict)
    actions: dict[str, states.Action] = field(default_factory=dict)
    constraints: list[tuple[str, Mark]] = field(default_factory=list)
    onchanges: list[tuple[str, Mark]] = field(default_factory=list)
    uniques: dict[str, Unique] = field(default_factory=dict)
    checks: dict[str, Check] = field(default_factory=dict)
    models: Models = field(init=False, repr=False)

    @property
    def label(self) -> str:
        return self.title

    def field(self, name: str) -> Field[Any]:
        """The field called ``name``; KeyError with a near match."""
        found = self.fields.get(name)
        if found is None:
            raise KeyError(f"'{self.name}' has no field '{name}'; {close_match(name, self.fields) or ''}")
        return found

    def attr(self, name: str, entity: Any = None) -> Any:
        """The SQL expression of field ``name`` on the class, or on ``entity``, an alias of it."""
        source = self.cls if entity is None else entity
        found = self.fields.get(name)
        return getattr(source, found.column_name if isinstance(found, Many2one) else name)

    def folded(self, name: str, entity: Any = None) -> Any:
        """The folded shadow of a searchable field: lower case, without accents; for search and for sorting."""
        return getattr(self.cls if entity is None else entity, f"_{name}_folded")

    @property
    def searchable(self) -> tuple[str, ...]:
        return tuple(name for name, one in self.fields.items() if one.searchable)


class Models(dict[str, ModelInfo]):
    """All models of a set by name; one metadata and one mapper registry."""

    def __init__(self) -> None:
        super().__init__()
        self.metadata = sa.MetaData(naming_convention=NAMING)
        self.registry = registry(metadata=self.metadata)
        self.depends: Callable[[str, str], bool] = lambda later, earlier: True
        #: filled by computed.py, security.py … : what they compiled for this set
        self.plans: dict[str, Any] = {}
        self.tables: dict[sa.Table, ModelInfo] = {}

    def fields(self, model: str) -> Mapping[str, Field[Any]]:
        """Resolver protocol of the expression language: everything, for code that is not bound to a principal."""
        return self[model].fields


def assemble(
    fragments: Sequence[tuple[str, Iterable[type[Model]]]], depends: Callable[[str, str], bool] | None = None
) -> Models:
    """Build the models of an addon set. ``fragments``: per addon, in dependency order, what it declares.

    ``depends(a, b)`` tells whether addon a depends on b, directly or not.
    """
    models = Models()
    if depends is not None:
        models.depends = depends
    with assembling():
        declared = _collect(fragments)
        for key, parts in declared.models.items():
            models[key] = _compose(key, parts, declared)
        for info in models.values():
            info.models = models
        _check_relations(models)
        tables = {name: name.replace(".", "_") for name in models}
        for info in models.values():
            _add_columns(info, tables, models.metadata)
        for info in models.values():
            models.tables[info.table] = info
            _map(info, models)
        models.registry.configure()
        for info in models.values():
            states.install(info)
            info.constraints = _last_marks(info, "constraint")
            info.onchanges = _last_marks(info, "onchange")
        _parse_expressions(models)
        computed.plan(models)
        validation.plan(models)
    return models


# -- collecting -------------------------------------------------------------------------------------------------


@dataclass
class _Declared:
    models: dict[str, list[tuple[str, Fragment]]] = field(default_factory=dict)
    abstract: dict[type, list[tuple[str, Fragment]]] = field(default_factory=dict)
    addon_of: dict[type, str] = field(default_factory=dict)


def _collect(fragments: Sequence[tuple[str, Iterable[type[Model]]]]) -> _Declared:
    declared = _Declared()
    for addon, classes in fragments:
        for cls in classes:
            one = cls.__fragment__
            declared.addon_of[cls] = addon
            where = Where(addon, one.file, one.line)
            if one.role == "model":
                key = str(one.key)
                if key in declared.models:
                    other = declared.models[key][0]
                    raise AssemblyError(
                        f"model '{key}' is declared by addon '{other[0]}' and again here", where, "use extend=True"
                    )
                if key.split(".")[0] != addon and not key.startswith(f"{addon}."):
                    raise AssemblyError(f"model '{key}' must begin with the name of its addon, '{addon}.'", where)
                declared.models[key] = [(addon, one)]
            elif one.role == "extension":
                if one.key not in declared.models:
                    raise AssemblyError(
                        f"extends model '{one.key}', which no addon before '{addon}' declares",
                        where,
                        f"add '{str(one.key).split('.')[0]}' to depends in addon.toml",
                    )
                declared.models[one.key].append((addon, one))
            elif one.role == "abstract extension" and one.base is not None:
                declared.abstract.setdefault(one.base, []).append((addon, one))
    return declared


def _compose(key: str, parts: list[tuple[str, Fragment]], declared: _Declared) -> ModelInfo:
    """The class of one model, still without columns and mapping."""
    addon, first = parts[0]
    bases: list[type] = []
    for _addon, part in reversed(parts):
        bases.append(part.cls)
    abstract = dict.fromkeys(base for _a, part in parts for base in part.cls.__mro__ if base in declared.abstract)
    for base in abstract:
        for _addon, part in reversed(declared.abstract[base]):
            bases.append(part.cls)
    where = Where(addon, first.file, first.line)
    try:
        cls = cast(
            "type[Model]",
            ModelMeta(first.cls.__name__, tuple(bases), {"__module__": first.cls.__module__}, assembled=True),
        )
    except TypeError as error:
        raise AssemblyError(
            f"the fragments of '{key}' contradict each other in their order: {error}",
            where,
            "an addon that extends another's fragment needs it in depends",
        ) from error
    fields = _merge_fields(key, cls, addon, declared)
    words: dict[str, Any] = {}
    for one in reversed(list(_fragments_of(cls))):
        words.update(one.words)
    title = words.get("title") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", first.cls.__name__).capitalize()
    company = next((f.company for f in _fragments_of(cls) if f.company), "shared")
    info = ModelInfo(
        name=key,
        cls=cls,
        table=cast(sa.Table, None),
        fields=fields,
        addon=addon,
        addons=tuple(dict.fromkeys(one for one, _part in parts)),
        title=title,
        plural=words.get("plural") or f"{title}s",
        company=company,
        order=tuple(words.get("sort", ())),
        where=where,
        display_text=str(words.get("display", "")),
    )
    type.__setattr__(cls, "__info__", info)
    return info


def _fragments_of(cls: type) -> Iterator[Fragment]:
    for klass in cls.__mro__:
        one = klass.__dict__.get("__fragment__")
        if one is not None:
            yield one


def _merge_fields(key: str, cls: type, model_addon: str, declared: _Declared) -> dict[str, Field[Any]]:
    fields: dict[str, Field[Any]] = {}
    declarers: dict[str, type] = {}
    for klass in reversed(cls.__mro__):
        one = klass.__dict__.get("__fragment__")
        if one is None:
            continue
        addon = declared.addon_of.get(klass, model_addon)
        for name, declaration in one.fields.items():
            new = declaration.bound(addon, extension=one.role in ("extension", "abstract extension"))
            if name in ("id", "row_version", "uuid", "env", "info", "display_name") or name.startswith("_"):
                raise AssemblyError(f"a field of '{key}' cannot be called '{name}'", new.where)
            old = fields.get(name)
            if old is None:
                fields[name] = new
            elif issubclass(klass, declarers[name]):
                fields[name] = old.merged(new)
            elif not old.same(new):
                raise AssemblyError(
                    f"field '{name}' of '{key}' is declared by addon '{old.addon}' and by addon '{addon}', "
                    "which do not depend on each other",
                    new.where,
                    f"rename one, or let one extend the other's fragment; the other is at {old.where}",
                )
            declarers[name] = klass
    for name in list(fields):
        if name in cls.__dict__ or not isinstance(_static(cls, name), Field):
            raise AssemblyError(f"'{name}' of '{key}' is a field and also a method or attribute", fields[name].where)
    return fields


def _static(cls: type, name: str) -> Any:
    for klass in cls.__mro__:
        if name in klass.__dict__:
            return klass.__dict__[name]
    return None


# -- relations --------------------------------------------------------------------------------------------------


def _check_relations(models: Models) -> None:
    for info in models.values():
        for one in info.fields.values():
            if one.target is not None and one.target not in models:
                raise AssemblyError(
                    f"field '{one.name}' of '{info.name}' links to '{one.target}', which is not in this set", one.where
                )
            if not isinstance(one, One2many):
                continue
            target = models[str(one.target)]
            back = target.fields.get(str(one.inverse))
            if not isinstance(back, Many2one) or back.target != info.name:
                raise AssemblyError(
                    f"field '{one.name}' of '{info.name}' names '{one.inverse}' of '{target.name}', "
                    f"which is no Many2one to '{info.name}'",
                    one.where,
                    close_match(str(one.inverse), target.fields),
                )
            if one.owned:
                if target.owner not in (None, back.name):
                    raise AssemblyError(f"'{target.name}' would be owned twice", one.where)
                target.owner = back.name
                back.given["ondelete"] = "cascade"
    for info in models.values():
        needs = info.company == "own" and info.owner is None
        link = info.fields.get("company")
        if needs and not (isinstance(link, Many2one) and link.required):
            raise AssemblyError(
                f"'{info.name}' says company='own' and has no required Many2one called 'company'", info.where
            )


# -- tables -----------------------------------------------------------------------------------------------------


def _add_columns(info: ModelInfo, tables: dict[str, str], metadata: sa.MetaData) -> None:
    table_name = tables[info.name]
    own = {"addon": info.addon}
    columns: list[Any] = [
        sa.Column("id", Id, primary_key=True, autoincrement=True, info=own),
        sa.Column("row_version", sa.Integer(), nullable=False, server_default="1", info=own),
        sa.Column("uuid", sa.Uuid(), nullable=True, info=own),
    ]
    indexes: dict[tuple[str, ...], None] = {}
    for one in info.fields.values():
        if not one.stored:
            continue
        for column in one.columns(table_name, tables):
            column.info["addon"] = one.addon
            column.info["field"] = one.name
            columns.append(column)
        if isinstance(one, Many2one) or one.given.get("index"):
            indexes[(one.column_name,)] = None
        if isinstance(one, Reference):
            indexes[one.model_column, one.column_name] = None
        if one.searchable:
            shadow = f"{one.name}_folded"
            collated = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
            columns.append(sa.Column(shadow, collated, nullable=True, info={"addon": one.addon, "shadow": one.name}))
            indexes[(shadow,)] = None
    info.table = sa.Table(table_name, metadata, *columns, sqlite_autoincrement=True, info={**own, "model": info.name})
    for names in indexes:
        sa.Index(_short(f"ix_{table_name}_{'_'.join(names)}"), *(info.table.c[name] for name in names))
    made_offline = info.table.c.uuid.isnot(None)
    sa.Index(
        f"uq_{table_name}_uuid",
        info.table.c.uuid,
        unique=True,
        sqlite_where=made_offline,
        postgresql_where=made_offline,
    )
    _declared_constraints(info)
    for one in info.fields.values():
        if isinstance(one, Many2many):
            one_pairs = one.pairs(table_name, tables, metadata, one.addon)
            info.table.info.setdefault("pairs", {})[one.name] = one_pairs


def _short(name: str) -> str:
    """PostgreSQL cuts names at 63 bytes, silently; a cut name carries a checksum so that it stays unique."""
    return name if len(name) <= 63 else f"{name[:54]}_{zlib.crc32(name.encode()):08x}"


def _declared_constraints(info: ModelInfo) -> None:
    table = info.table

    def column(name: str) -> Any:
        one = info.fields.get(name)
        if one is None or not one.stored:
            raise AssemblyError(
                f"a constraint or index of '{info.name}' names the unknown field '{name}'",
                info.where,
                close_match(name, info.fields),
            )
        return table.c[one.column_name]

    declared: list[Unique | Check] = [Unique((one.name,)) for one in info.fields.values() if one.given.get("unique")]
    indexes: list[tuple[str, ...]] = []
    for klass in reversed(info.cls.__mro__):
        declared.extend(klass.__dict__.get("constraints", ()))
        indexes.extend(klass.__dict__.get("indexes", ()))
    for one in declared:
        if isinstance(one, Unique):
            columns = [column(name) for name in one.fields]
            name = _short(f"uq_{table.name}_{'_'.join(c.name for c in columns)}")
            table.append_constraint(sa.UniqueConstraint(*columns, name=name))
            info.uniques[name] = one
        else:
            target = column(one.field)
            name = f"{one.field}_{_OPERATOR_NAMES[one.operator]}"
            literal = sa.literal(one.value, target.type)
            table.append_constraint(sa.CheckConstraint(target.op(one.operator)(literal), name=name))
            info.checks[f"ck_{table.name}_{name}"] = one
    for names in indexes:
        columns = [column(name) for name in names]
        sa.Index(_short(f"ix_{table.name}_{'_'.join(c.name for c in columns)}"), *columns)


_OPERATOR_NAMES = {"=": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


# -- mapping ----------------------------------------------------------------------------------------------------


def _map(info: ModelInfo, models: Models) -> None:
    table = info.table
    properties: dict[str, Any] = {"id": table.c.id, "row_version": table.c.row_version, "uuid": table.c.uuid}
    for one in info.fields.values():
        if not one.stored:
            continue
        if isinstance(one, Many2one):
            properties[one.column_name] = table.c[one.column_name]
            properties[one.name] = _many2one(info, one, models)
        elif isinstance(one, One2many):
            properties[one.name] = _one2many(info, one, models)
        elif isinstance(one, Many2many):
            pairs, target = table.info["pairs"][one.name], models[str(one.target)]
            properties[one.name] = relationship(
                target.cls,
                secondary=pairs,
                primaryjoin=table.c.id == pairs.c.source_id,
                secondaryjoin=target.table.c.id == pairs.c.target_id,
                order_by=target.table.c.id,
            )
        elif isinstance(one, Reference):
            properties[one.model_column] = table.c[one.model_column]
            properties[one.column_name] = table.c[one.column_name]
            setattr(info.cls, one.name, _reference(one))
        elif one.computed or one.translate:
            properties[f"_{one.name}"] = table.c[one.column_name]
            setattr(info.cls, one.name, computed.stored_value(one) if one.computed else translated_text(one))
        else:
            properties[one.name] = table.c[one.column_name]
        if one.searchable:
            properties[f"_{one.name}_folded"] = table.c[f"{one.name}_folded"]
    info.mapper = models.registry.map_imperatively(
        info.cls, table, properties=properties, version_id_col=table.c.row_version, version_id_generator=False
    )
    for one in info.fields.values():
        if one.kind == "state":
            attribute = getattr(info.cls, one.name)
            event.listen(attribute, "set", states.refuse_assignment, retval=True, active_history=True)
        elif isinstance(one, Many2one):
            event.listen(getattr(info.cls, one.column_name), "set", _refuse_id)


def _refuse_id(record: Model, value: Any, old: Any, initiator: Any) -> None:
    """Only the flush sets the column of a link: assigning an id would pass by rights, companies and the other side."""
    made_by = record.__dict__.get("_env")
    session = made_by.session if made_by is not None else object_session(record)
    if session is None or not session.info.get("flushing"):
        name = initiator.key.removesuffix("_id")
        raise TypeError(f"{initiator.key} is read-only: assign the record to {name}")


def _many2one(info: ModelInfo, one: Many2one[Any], models: Models) -> Any:
    target = models[str(one.target)]
    inverse = next(
        (
            back.name
            for back in target.fields.values()
            if isinstance(back, One2many) and back.target == info.name and back.inverse == one.name
        ),
        None,
    )
    column = info.table.c[one.column_name]
    return relationship(
        target.cls,
        primaryjoin=lambda: foreign(column) == remote(target.table.c.id),
        back_populates=inverse,
        cascade="save-update",
    )


def _one2many(info: ModelInfo, one: One2many[Any], models: Models) -> Any:
    target = models[str(one.target)]
    back = cast("Many2one[Any]", target.fields[str(one.inverse)])

    def join() -> Any:
        return remote(foreign(target.table.c[back.column_name])) == info.table.c.id

    def order() -> Any:
        columns = target.table.c
        return (columns.sequence, columns.id) if "sequence" in columns else (columns.id,)

    return relationship(
        target.cls,
        primaryjoin=join,
        back_populates=back.name,
        order_by=order,
        cascade="save-update, delete, delete-orphan" if one.owned else "save-update",
        passive_deletes=True if one.owned else "all",
    )


def _reference(one: Reference[Any]) -> property:
    def read(self: Any) -> Any:
        model, key = getattr(self, one.model_column), getattr(self, one.column_name)
        if model is None or key is None:
            return None
        env = self.env
        info = env.models.get(model)
        return env.get(info.cls, key) if info is not None and env.may(model, "read") else None

    def write(self: Any, value: Any) -> None:
        if value is not None and value.id is None:
            self.env.flush()
        setattr(self, one.model_column, None if value is None else value.info.name)
        setattr(self, one.column_name, None if value is None else value.id)

    return property(read, write)


# -- expressions ------------------------------------------------------------------------------------------------


def _parse_expressions(models: Models) -> None:
    """Live fields, labels of records and constraints' words, once every field of every model is known."""
    for info in models.values():
        for one in info.fields.values():
            if one.expr is not None:
                one.expression = parse(one.expr, one.where)
                one.expression.check(models, info.name)
                setattr(info.cls, one.name, _live(one))
        text = info.display_text or ("name" if "name" in info.fields else "number" if "number" in info.fields else "")
        if text:
            info.display = parse(text, info.where)
            info.display.check(models, info.name)
        info.cls.display_name = _display(info)
        unknown = [name for name in info.order if name.lstrip("-") not in (*info.fields, "id")]
        if unknown:
            raise AssemblyError(
                f"sort of '{info.name}' names the unknown field '{unknown[0]}'",
                info.where,
                close_match(unknown[0].lstrip("-"), info.fields),
            )


def _live(one: Field[Any]) -> Any:
    expression = cast(Expression, one.expression)
    evaluate = to_python(expression)

    def read(self: Any) -> Any:
        return evaluate(self, self.env.scope)

    def query(cls: Any) -> Any:
        from core.env import current_scope

        return to_sql(expression, cls, current_scope())

    read.__name__ = one.name
    return hybrid_property(fget=read, expr=query)


def _display(info: ModelInfo) -> Any:
    expression = info.display
    evaluate = to_python(expression) if expression is not None else None

    def display_name(self: Any) -> str:
        value = evaluate(self, self.env.scope) if evaluate is not None else None
        return str(value) if value else f"{info.title} {self.__dict__.get('id') or ''}".strip()

    def query(cls: Any) -> Any:
        from core.env import current_scope

        if expression is None:
            return sa.literal(f"{info.title} ") + sa.cast(cls.id, sa.Text())
        return to_sql(expression, cls, current_scope())

    return hybrid_property(fget=display_name, expr=query)


def _last_marks(info: ModelInfo, kind: str) -> list[tuple[str, Mark]]:
    found: dict[str, Mark] = {}
    for name, one, where in states.marks_of(info.cls, kind):
        for target in one.names:
            if target not in info.fields:
                raise AssemblyError(
                    f"@{kind} {name}() of '{info.name}' names the unknown field '{target}'",
                    where,
                    close_match(target, info.fields),
                )
        found[name] = one
    return list(found.items())
