"""Fragments: how addons declare models, and what every record can do.

    class Order(Document, name="orders.order")        a model, declared by its own addon
    class Order(BaseOrder, extend=True)               a fragment: more of the same model, from another addon
    class Document(Model, abstract=True)              fields and methods for several models; it may be extended too

Defining a class only records it. For each addon set the assembler (assemble.py) makes one mapped class per model,

    type("Order", (last fragment, …, first fragment, fragments of its abstract bases), {})

so ``super()`` runs through all fragments of all addons in dependency order. A fragment is never instantiated: records
are made by ``env[Order](…)``. On the class, fields answer as query expressions of the active set (handles.py); a link's
column does so too, once the fragment says ``partner_id: Mapped[int]`` for the type checker.
"""

from __future__ import annotations

import sys
import uuid as uuid_module
from collections import UserString
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.orm import object_session

from core.errors import NotFound, Where, close_match
from core.i18n import _
from core.orm.fields import Field

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from core.env import Env
    from core.orm.assemble import ModelInfo

F = TypeVar("F", bound=Callable[..., Any])

#: class attributes that SQLAlchemy's declarative layer knows and that fragments must not use
_FOREIGN = {
    "__tablename__": "the table is named after the model",
    "__table_args__": "use indexes = […] and constraints = […]",
    "__mapper_args__": "the assembler maps the class",
    "__table__": "the assembler makes the table",
}


#: what a class statement may say of its model besides the role; no field names, so that fields may be called so
_WORDS = ("title", "plural", "display", "sort")
_NOTHING = object()
#: attributes that every mapped class has
_COLUMNS = frozenset({"id", "row_version", "uuid", "display_name"})


@dataclass
class Fragment:
    """What one class statement declared."""

    cls: type[Model]
    key: str | None
    role: str  # "model", "extension", "abstract", "abstract extension"
    base: type[Model] | None
    fields: dict[str, Field[Any]] = field(default_factory=dict)
    file: str = ""
    line: int = 0
    company: str | None = None
    #: class keywords besides the role: title, plural, display, sort
    words: dict[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> Where:
        return Where(None, self.file, self.line)


#: every fragment that was ever imported, by (module, qualified name): importing does nothing else
RECORDED: dict[tuple[str, str], type[Model]] = {}


def recorded(package: str) -> Iterator[type[Model]]:
    """The fragments declared in ``package`` and below it, in order of declaration."""
    for (module, _name), cls in list(RECORDED.items()):
        if module == package or module.startswith(package + "."):
            yield cls


class ModelMeta(type):
    """Records fragments, and lets a fragment stand for the active set's class in queries."""

    __fragment__: Fragment
    __info__: ModelInfo

    def __new__(mcls, clsname: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any) -> ModelMeta:
        assembled = options.pop("assembled", False)
        for foreign, hint in _FOREIGN.items():
            if foreign in namespace:
                raise TypeError(f"{clsname}: {foreign} has no place in a fragment; {hint}")
        for word in _WORDS:
            if isinstance(namespace.get(word, _NOTHING), (str, tuple, list, UserString)):
                raise TypeError(f"{clsname}: {word} is written in the class statement: class {clsname}(…, {word}=…)")
        cls = super().__new__(mcls, clsname, bases, namespace)
        if assembled or not any(isinstance(base, ModelMeta) for base in bases):
            return cls
        fragment = _read_options(cast("type[Model]", cls), bases, options)
        fragment.fields = {name: value for name, value in namespace.items() if isinstance(value, Field)}
        frame = sys._getframe(1)
        fragment.file, fragment.line = frame.f_code.co_filename, frame.f_lineno
        cls.__fragment__ = fragment
        RECORDED.pop((cls.__module__, cls.__qualname__), None)
        RECORDED[cls.__module__, cls.__qualname__] = cast("type[Model]", cls)
        return cls

    def __init__(cls, clsname: str, bases: tuple[type, ...], namespace: dict[str, Any], /, **options: Any) -> None:
        super().__init__(clsname, bases, namespace)

    def __call__(cls, *args: Any, **values: Any) -> Any:
        if "__info__" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} is a fragment: make records with env[{cls.__name__}](…)")
        return super().__call__(*args, **values)

    if not TYPE_CHECKING:

        def __getattr__(cls, name):
            """``Order.id``, ``Order.partner_id``, ``Order.display_name``: columns that no field declares."""
            if name in _COLUMNS or (name.endswith("_id") and not name.startswith("_")):
                fragment = cls.__dict__.get("__fragment__")
                if fragment is not None and fragment.key is not None:
                    from core.orm.handles import resolve

                    return getattr(resolve(cls).cls, name)
            for klass in cls.__mro__:
                if name in klass.__dict__:  # it exists and raised: say what it said
                    return klass.__dict__[name].__get__(None, cls)
            raise AttributeError(f"type object '{cls.__name__}' has no attribute '{name}'")

    def __clause_element__(cls) -> Any:
        """Public protocol of SQLAlchemy: what stands in a statement where this class is written.

        An alias of the class finds this method too, through its target, and then is ``cls`` here.
        """
        from core.orm.handles import mapper_of

        alias: Any = cls
        mapper: Any = inspect(alias) if not isinstance(alias, ModelMeta) else mapper_of(cls)
        return mapper.__clause_element__()


def _read_options(cls: type[Model], bases: tuple[type, ...], options: dict[str, Any]) -> Fragment:
    """The one of ``name=``, ``extend=True``, ``abstract=True`` that the class statement must have."""
    known = {"name", "extend", "abstract", "company", *_WORDS}
    words = {word: options[word] for word in _WORDS if word in options}
    for option in options:
        if option not in known:
            raise TypeError(f"{cls.__name__}: unknown class option {option!r}; {close_match(option, known) or ''}")
    stated = [option for option in ("name", "extend", "abstract") if options.get(option)]
    if len(stated) != 1:
        raise TypeError(f"{cls.__name__} must state exactly one of name=…, extend=True, abstract=True")
    company = options.get("company")
    if company not in (None, "own", "shared"):
        raise TypeError(f"{cls.__name__}: company= is 'own' or 'shared', not {company!r}")
    parents = [base.__fragment__ for base in bases if isinstance(base, ModelMeta) and "__fragment__" in base.__dict__]
    models = {parent.key for parent in parents if parent.key}
    if options.get("name"):
        name = str(options["name"])
        if models:
            raise TypeError(f"{cls.__name__}: a new model cannot derive from model {models}; use extend=True")
        addon, dot, rest = name.partition(".")
        if not (dot and addon.isidentifier() and rest.replace(".", "_").isidentifier()):
            raise TypeError(f"{cls.__name__}: a model is named '<addon>.<word>', not {name!r}")
        return Fragment(cls, name, "model", None, company=company, words=words)
    if options.get("abstract"):
        if models:
            raise TypeError(f"{cls.__name__}: an abstract class cannot derive from model {models}")
        return Fragment(cls, None, "abstract", None, company=company, words=words)
    if len(models) > 1:
        raise TypeError(f"{cls.__name__}: extends {sorted(str(one) for one in models)}; one fragment, one model")
    if models:
        base = next(parent.cls for parent in parents if parent.key)
        return Fragment(cls, models.pop(), "extension", base, company=company, words=words)
    if len(parents) != 1:
        raise TypeError(f"{cls.__name__}: extend=True needs the one class that it extends as its base")
    root = parents[0].base if parents[0].role == "abstract extension" else parents[0].cls
    return Fragment(cls, None, "abstract extension", root, company=company, words=words)


def model_name(cls: type) -> str:
    """``orders.order`` for any fragment or mapped class of it; TypeError for what is no model."""
    info = cls.__dict__.get("__info__")
    if info is not None:
        return str(info.name)
    fragment = cls.__dict__.get("__fragment__")
    if fragment is None or fragment.key is None:
        raise TypeError(f"{cls.__name__} is not a model")
    return str(fragment.key)


# -- marks on methods -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mark:
    """What a decorator wrote on a method; the assembler reads it, nothing else happens at import."""

    kind: str  # "constraint", "onchange", "transition", "guard", "action"
    names: tuple[str, ...] = ()
    target: str | None = None
    label: str = ""
    help: str = ""
    groups: tuple[str, ...] = ()
    confirm: str = ""
    input: str = ""


def mark(function: F, value: Mark) -> F:
    function.__kontor__ = (*getattr(function, "__kontor__", ()), value)  # type: ignore[attr-defined]
    return function


def as_groups(groups: str | Iterable[str]) -> tuple[str, ...]:
    return (groups,) if isinstance(groups, str) else tuple(str(one) for one in groups)


def constraint(*fields: str) -> Callable[[F], F]:
    """A rule over one record, run before it is written when one of ``fields`` changed; raise ValidationError in it.

    A field name of owned lines (``"lines"``) means: any change in them.
    """

    def decorate(function: F) -> F:
        return mark(function, Mark("constraint", fields))

    return decorate


def onchange(*fields: str) -> Callable[[F], F]:
    """Runs in a draft when the user changed one of ``fields``; may set other fields of the draft, writes nothing."""

    def decorate(function: F) -> F:
        return mark(function, Mark("onchange", fields))

    return decorate


# -- constraints and indexes that the database holds --------------------------------------------------------------


@dataclass(frozen=True)
class Unique:
    """No two records may agree in all these fields; ``message`` tells the user."""

    fields: tuple[str, ...]
    message: str = ""


@dataclass(frozen=True)
class Check:
    """``field`` compared with ``value`` by one of ``= != < <= > >=``; checked in Python and by the database."""

    field: str
    operator: str
    value: Any
    message: str = ""


def unique(*fields: str, message: str = "") -> Unique:
    """No two records agree in all these fields: ``constraints = [unique("company", "number")]``.

    The database holds it too; its refusal becomes a ``ValidationError`` with ``message`` at the fields.
    """
    return Unique(fields, message)


def check(field: str, operator: str, value: Any, message: str = "") -> Check:
    """A value keeps to a bound: ``constraints = [check("quantity", ">", 0, _("must be positive"))]``.

    ``operator`` is one of ``= != < <= > >=`` (else TypeError). An empty value passes. Checked in Python before the
    write, as a ``ValidationError`` at the field, and by the database.
    """
    if operator not in ("=", "!=", "<", "<=", ">", ">="):
        raise TypeError(f"check(): operator {operator!r} is not one of = != < <= > >=")
    return Check(field, operator, value, message)


class Model(metaclass=ModelMeta):
    """Base of all models, and the behaviour that every record has.

    The class statement may say ``title=`` and ``plural=`` (names for the user), ``display=`` (an expression: the label
    of a record) and ``sort=`` (``("-date", "number")``); the last fragment that says one wins. In the body ``indexes``
    (tuples of field names) and ``constraints`` (``unique``, ``check``) add up over all fragments.
    """

    indexes: ClassVar[Iterable[tuple[str, ...]]] = ()
    constraints: ClassVar[Iterable[Unique | Check]] = ()

    if TYPE_CHECKING:
        id: Mapped[int]
        row_version: Mapped[int]
        uuid: Mapped[uuid_module.UUID | None]
        display_name: Mapped[str]

        def __init__(self, **values: Any) -> None: ...

    else:

        def __init__(self, env, values):
            from core.orm.records import fill_new

            fill_new(self, env, values)

    @property
    def env(self) -> Env:
        """The environment that made or read this record: its session, principal and language."""
        own = self.__dict__.get("_env")
        if own is not None:
            return cast("Env", own)
        session = object_session(self)
        if session is None:
            raise RuntimeError(f"{self!r} belongs to no session any more")
        return cast("Env", session.info["env"])

    @property
    def info(self) -> ModelInfo:
        """The assembled model of this record."""
        return type(self).__info__

    @property
    def is_new(self) -> bool:
        """True until the record has been written once."""
        return self.__dict__.get("id") is None

    def ref(self, name: str) -> Any:
        """The record behind link ``name``; NotFound when there is one that this principal may not see."""
        value = getattr(self, name)
        if value is None and getattr(self, f"{name}_id", None) is not None:
            raise NotFound(_("The linked record does not exist or is not visible to you."))
        return value

    def before_create(self) -> None:
        """Runs once, when the new record is about to be written: draw here what a draft must not have, its number.

        Fragments override it and call ``super()``.
        """

    def before_write(self, changed: Collection[str]) -> None:
        """Runs before changes to the record are written; ``changed`` names its fields. For what follows from a change.

        Fragments override it and call ``super()``.
        """

    def copy_values(self) -> dict[str, Any]:
        """The values that a duplicate starts with; override to leave out or change some."""
        from core.orm.records import copied_values

        return copied_values(self)

    def duplicate(self, **values: Any) -> Self:
        """A new record with the same values; owned lines are duplicated too."""
        return self.env[type(self)](**{**self.copy_values(), **values})

    def __str__(self) -> str:
        return str(self.display_name)

    def __repr__(self) -> str:
        cls = type(self)
        name = cls.__info__.name if "__info__" in cls.__dict__ else cls.__name__
        return f"<{name} {self.__dict__.get('id', 'new')}>"
