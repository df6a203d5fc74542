"""Fields: what a fragment declares, and the metadata from which columns, forms, lists and rights derive.

A field is declared once (``name = fields.Char("Name", required=True)``) and read three ways:

    by a type checker   ``Field[T]`` is a ``Mapped[T]``: ``order.name`` is ``str``, ``Order.name`` an expression
    by the assembler    ``columns()`` gives the columns, the merged options the rest (see assemble.py)
    by everybody else   attributes of the bound copy in ``ModelInfo.fields``: kind, label, required, groups …

At run time a declared field is a descriptor that only answers on the class (a handle, see handles.py): on a record
SQLAlchemy's own attribute stands in front of it, so reading a field costs what a plain mapped attribute costs.
Relations are in relations.py. Money, quantities and other decimals are ``decimal.Decimal`` always; times are aware UTC.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import sys
from collections import UserString
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypedDict, TypeVar, Unpack, overload

import sqlalchemy as sa

from core.errors import AssemblyError, Where
from core.i18n import _
from core.orm.files import FileType, StoredFile
from core.orm.types import ExactDecimal, JsonType, UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped

    from core.env import Env
    from core.orm.expressions import Expression

T = TypeVar("T")

if TYPE_CHECKING:
    _Base = Mapped[T]
else:

    class _Base(Generic[T]):
        pass


class Options(TypedDict, total=False):
    """What every field understands besides its label."""

    help: str
    default: Any
    readonly: bool
    groups: str | Iterable[str]
    personal: bool
    tracked: bool
    index: bool
    unique: bool
    copy: bool
    expr: str
    reveals: bool
    renamed_from: str


class Field(_Base[T]):
    """One declared field. ``given`` holds only the options that were written down, so that fragments merge exactly.

    ``groups``: who may read and write it (empty: everybody who may read the model). ``personal``: data of a person.
    ``tracked``: the journal keeps old and new value. ``expr``: a live value, never stored (expressions). ``reveals``:
    a computed value that may be read although its inputs may not. ``copy=False``: left out when a record is duplicated.
    """

    kind: ClassVar[str] = ""
    python_type: ClassVar[type] = object
    #: options that only this kind understands
    extra: ClassVar[frozenset[str]] = frozenset()
    common: ClassVar[frozenset[str]] = frozenset(Options.__annotations__) | {"required"}

    name: str
    addon: str
    owner: type

    def __init__(self, label: str = "", **options: Any) -> None:
        unknown = set(options) - self.common - self.extra
        if unknown:
            allowed = ", ".join(sorted(self.common | self.extra))
            raise TypeError(f"{type(self).__name__}() has no option {sorted(unknown)[0]!r}; it knows {allowed}")
        self.given: dict[str, Any] = dict(options)
        if label:
            self.given["label"] = label
        frame = sys._getframe(1)
        while frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is self and frame.f_back:
            frame = frame.f_back
        self.file: str = frame.f_code.co_filename
        self.line: int = frame.f_lineno
        self.depends: tuple[str, ...] = ()
        self.function: str | None = None
        self.expression: Expression | None = None
        self.addons: tuple[str, ...] = ()

    # -- declared options, read by name -------------------------------------------------------------------------

    @property
    def label(self) -> str:  # type: ignore[override]
        text = self.given.get("label")
        return text if text is not None else self.name.replace("_", " ").capitalize()

    @property
    def help(self) -> str:
        return str(self.given.get("help", ""))

    @property
    def required(self) -> bool:
        return bool(self.given.get("required", False))

    @property
    def readonly(self) -> bool:
        return bool(self.given.get("readonly", False)) or not self.stored or self.computed

    @property
    def groups(self) -> tuple[str, ...]:
        groups = self.given.get("groups", ())
        return (groups,) if isinstance(groups, str) else tuple(str(one) for one in groups)

    @property
    def translate(self) -> bool:
        return bool(self.given.get("translate", False))

    @property
    def personal(self) -> bool:
        return bool(self.given.get("personal", False))

    @property
    def tracked(self) -> bool:
        return bool(self.given.get("tracked", False))

    @property
    def searchable(self) -> bool:
        return bool(self.given.get("searchable", False))

    @property
    def expr(self) -> str | None:
        return self.given.get("expr")

    @property
    def stored(self) -> bool:
        return self.expr is None

    @property
    def computed(self) -> bool:
        return self.function is not None

    @property
    def copied(self) -> bool:
        return bool(self.given.get("copy", not self.computed and self.stored))

    @property
    def has_default(self) -> bool:
        return "default" in self.given

    @property
    def choices(self) -> dict[str, str]:
        return {}

    @property
    def target(self) -> str | None:
        return None

    @property
    def inverse(self) -> str | None:
        return None

    @property
    def owned(self) -> bool:
        return False

    @property
    def digits(self) -> int:
        return 0

    @property
    def size(self) -> int | None:
        return None

    @property
    def currency(self) -> str | None:
        return None

    @property
    def unit(self) -> str | None:
        return None

    @property
    def where(self) -> Where:
        return Where(getattr(self, "addon", None), self.file, self.line)

    def default_for(self, env: Env) -> Any:
        """The default of a new record: a value, or a function of the environment."""
        value = self.given.get("default")
        return value(env) if callable(value) else copy.copy(value)

    # -- columns ------------------------------------------------------------------------------------------------

    @property
    def column_name(self) -> str:
        return self.name

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        raise NotImplementedError(self.kind)

    def columns(self, table: str, tables: Mapping[str, str]) -> Iterable[sa.Column[Any]]:
        """The columns of this field in ``table``; ``tables`` gives the table of each model."""
        del table, tables
        column_type = JsonType() if self.translate else self.sql_type()
        yield sa.Column(self.column_name, column_type, nullable=not self.not_null, server_default=self.server_default())

    @property
    def not_null(self) -> bool:
        """Whether the database refuses an empty value: only where every fragment of the base addon can fill it."""
        return self.required and not self.extension and not self.computed

    #: True for a field that another addon than the model's own added: its column stays nullable
    extension: bool = False

    def server_default(self) -> Any:
        return None

    # -- values -------------------------------------------------------------------------------------------------

    def problem(self, value: Any) -> str | None:
        """Why ``value`` cannot stand in this field, or None. Emptiness is the validator's matter, not this one's."""
        del value
        return None

    def clean(self, value: Any) -> Any:
        """The canonical form of ``value`` (empty text becomes None …)."""
        return value

    # -- merging ------------------------------------------------------------------------------------------------

    def merged(self, later: Field[Any]) -> Field[Any]:
        """This field as the extending declaration ``later`` changes it; options not repeated stay."""
        if later.kind != self.kind:
            raise AssemblyError(
                f"field '{self.name}' is {self.kind} in addon '{self.addon}' and cannot become {later.kind}",
                later.where,
                "give the new field another name",
            )
        result = copy.copy(self)
        result.given = {**self.given, **{key: value for key, value in later.given.items() if key != "add"}}
        result.depends = tuple(dict.fromkeys((*self.depends, *later.depends)))
        result.function = later.function or self.function
        result.addons = tuple(dict.fromkeys((*self.addons, later.addon)))
        self.merge_extra(result, later)
        return result

    def merge_extra(self, result: Field[Any], later: Field[Any]) -> None:
        """Options of one kind that add instead of replacing."""

    def same(self, other: Field[Any]) -> bool:
        """Whether two independent declarations mean exactly the same field."""
        return type(self) is type(other) and self.given == other.given and self.depends == other.depends

    def bound(self, addon: str, extension: bool) -> Field[T]:
        result = copy.copy(self)
        result.given = dict(self.given)
        result.addon = addon
        result.addons = (addon,)
        result.extension = extension
        return result

    # -- the handle ---------------------------------------------------------------------------------------------

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.owner = owner
        if self.function:
            setattr(owner, self.function, self.compute)

    #: the method under @computed, until the class it stands in takes it over
    compute: Callable[[Any], T]

    if not TYPE_CHECKING:

        def __get__(self, instance, owner=None):
            if instance is not None:
                raise AttributeError(f"{type(instance).__name__}.{self.name} is not mapped here")
            from core.orm.handles import resolve_attribute

            return resolve_attribute(owner, self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'name', '?')}>"


class _TextField(Field[T]):
    python_type = str
    extra = frozenset({"translate", "searchable", "size"})

    @property
    def size(self) -> int | None:
        return self.given.get("size")

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Text()

    def clean(self, value: Any) -> Any:
        if isinstance(value, UserString):  # a text from gettext
            value = str(value)
        if isinstance(value, str):
            return value.strip() or None
        return value

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, str):
            return str(_("must be text"))
        if self.size is not None and len(value) > self.size:
            return str(_("is longer than {size} characters")).format(size=self.size)
        if "\x00" in value:
            return str(_("contains a character that cannot be stored"))
        return None


class Char(_TextField[T]):
    """One line of text. ``searchable`` keeps a folded copy with an index; ``translate`` keeps a text per language."""

    kind = "char"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Char[str],
            label: str = ...,
            *,
            required: Literal[True],
            size: int = ...,
            translate: bool = ...,
            searchable: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Char[str | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            size: int = ...,
            translate: bool = ...,
            searchable: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    def problem(self, value: Any) -> str | None:
        if isinstance(value, str) and ("\n" in value or "\r" in value):
            return str(_("must be a single line"))
        return super().problem(value)


class Text(_TextField[T]):
    """Several lines of plain text. Options as ``Char``."""

    kind = "text"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Text[str],
            label: str = ...,
            *,
            required: Literal[True],
            size: int = ...,
            translate: bool = ...,
            searchable: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Text[str | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            size: int = ...,
            translate: bool = ...,
            searchable: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...


class RichText(_TextField[T]):
    """Formatted text: HTML, cleaned of everything active whenever it is set."""

    kind = "richtext"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: RichText[str],
            label: str = ...,
            *,
            required: Literal[True],
            translate: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: RichText[str | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            translate: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    def clean(self, value: Any) -> Any:
        import nh3

        return nh3.clean(value).strip() or None if isinstance(value, str) else value


class Integer(Field[T]):
    """A whole number that fits 64 bits."""

    kind = "integer"
    python_type = int

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Integer[int], label: str = ..., *, required: Literal[True], **options: Unpack[Options]
        ) -> None: ...
        @overload
        def __init__(
            self: Integer[int | None], label: str = ..., *, required: Literal[False] = ..., **options: Unpack[Options]
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return str(_("must be a whole number"))
        return None if -(2**63) <= value < 2**63 else str(_("is too large"))


class Decimal(Field[T]):
    """An exact number with ``digits`` decimals (default 4). Never a float."""

    kind = "decimal"
    python_type = decimal.Decimal
    extra = frozenset({"digits"})
    precision: ClassVar[int] = 18
    default_digits: ClassVar[int] = 4

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Decimal[decimal.Decimal],
            label: str = ...,
            *,
            required: Literal[True],
            digits: int = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Decimal[decimal.Decimal | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            digits: int = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    @property
    def digits(self) -> int:
        return int(self.given.get("digits", self.default_digits))

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return ExactDecimal(self.precision, self.digits)

    def default_for(self, env: Env) -> Any:
        value = super().default_for(env)
        return self.clean(value) if value is not None else None

    def clean(self, value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            return decimal.Decimal(value)
        return value

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, decimal.Decimal) or not value.is_finite():
            return str(_("must be a number"))
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > self.digits:
            return str(_("has more than {digits} decimals")).format(digits=self.digits)
        if abs(value) >= decimal.Decimal(10) ** (self.precision - self.digits):
            return str(_("is too large"))
        return None


class Money(Decimal[T]):
    """An amount in the currency that the link named ``currency`` of the same record holds (default "currency").

    ``currency=""``: the amount stands on a line and is in the currency of its document. ``digits`` decimals are stored
    (default 4).
    """

    kind = "money"
    extra = frozenset({"digits", "currency"})

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Money[decimal.Decimal],
            label: str = ...,
            *,
            required: Literal[True],
            currency: str = ...,
            digits: int = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Money[decimal.Decimal | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            currency: str = ...,
            digits: int = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    @property
    def currency(self) -> str | None:
        return str(self.given.get("currency", "currency"))


class Quantity(Decimal[T]):
    """A quantity in the unit that the link named ``unit`` of the same record holds (default "unit").

    ``digits`` decimals are stored (default 6).
    """

    kind = "quantity"
    extra = frozenset({"digits", "unit"})
    default_digits = 6

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Quantity[decimal.Decimal],
            label: str = ...,
            *,
            required: Literal[True],
            unit: str = ...,
            digits: int = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Quantity[decimal.Decimal | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            unit: str = ...,
            digits: int = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    @property
    def unit(self) -> str | None:
        return str(self.given.get("unit", "unit"))


class Boolean(Field[bool]):
    """Yes or no, never empty."""

    kind = "boolean"
    python_type = bool

    if TYPE_CHECKING:

        def __init__(self, label: str = "", *, required: bool = ..., **options: Unpack[Options]) -> None: ...

    @property
    def has_default(self) -> bool:
        return self.stored

    def default_for(self, env: Env) -> Any:
        return super().default_for(env) or False

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Boolean()

    @property
    def not_null(self) -> bool:
        return True

    def server_default(self) -> Any:
        return sa.true() if self.given.get("default") is True else sa.false()

    def clean(self, value: Any) -> Any:
        return False if value is None else value

    def problem(self, value: Any) -> str | None:
        return None if isinstance(value, bool) else str(_("must be yes or no"))


class Date(Field[T]):
    """A calendar day, without zone."""

    kind = "date"
    python_type = datetime.date

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Date[datetime.date], label: str = ..., *, required: Literal[True], **options: Unpack[Options]
        ) -> None: ...
        @overload
        def __init__(
            self: Date[datetime.date | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return sa.Date()

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
            return str(_("must be a date"))
        return None if 1000 <= value.year <= 9999 else str(_("is not a likely date"))


class DateTime(Field[T]):
    """A moment; stored in UTC, shown in the user's zone. Always aware."""

    kind = "datetime"
    python_type = datetime.datetime

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: DateTime[datetime.datetime],
            label: str = ...,
            *,
            required: Literal[True],
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: DateTime[datetime.datetime | None],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", **options: Any) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return UtcDateTime()

    def problem(self, value: Any) -> str | None:
        if not isinstance(value, datetime.datetime) or value.tzinfo is None:
            return str(_("must be a moment with a time zone"))
        return None


class _Choice(Field[T]):
    python_type = str
    extra = frozenset({"add"})
    given_choices: dict[str, str]

    def __init__(self, *names: Any, label: str = "", choices: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(label, **options)
        self.given_choices = {str(one): _label_of(str(one)) for one in names}
        self.given_choices.update(choices or {})
        added = options.get("add", ())
        added = added if isinstance(added, Mapping) else {str(one): _label_of(str(one)) for one in added}
        self.given_choices.update(added)

    @property
    def choices(self) -> dict[str, str]:
        return self.given_choices

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return sa.String(64)

    def merge_extra(self, result: Field[Any], later: Field[Any]) -> None:
        if isinstance(result, _Choice) and isinstance(later, _Choice):
            result.given_choices = {**self.choices, **later.given_choices}

    def problem(self, value: Any) -> str | None:
        return None if value in self.choices else str(_("is not one of the choices"))

    def clean(self, value: Any) -> Any:
        return str(value) if value is not None and value != "" else None


def _label_of(value: str) -> str:
    return value.replace("_", " ").capitalize()


class Selection(_Choice[T]):
    """One of a few named values: ``Selection("Kind", choices={"company": "Company", …})``; ``add=`` in an extension."""

    kind = "selection"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Selection[str],
            label: str = ...,
            choices: Mapping[str, str] | None = ...,
            *,
            required: Literal[True],
            add: Mapping[str, str] = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Selection[str | None],
            label: str = ...,
            choices: Mapping[str, str] | None = ...,
            *,
            required: Literal[False] = ...,
            add: Mapping[str, str] = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, label: str = "", choices: Any = None, **options: Any) -> None: ...

    else:

        def __init__(self, label="", choices=None, **options):
            super().__init__(label=label, choices=choices, **options)


class State(_Choice[str]):
    """The state of a record: the first name is where new records start. Only transitions change it.

    ``State("draft", "confirmed", …, labels={"draft": "Draft"})``; ``State(add=("rewarded",))`` in an extension.
    """

    kind = "state"
    extra = frozenset({"add"})

    def __init__(self, *names: str, label: str = "State", labels: Mapping[str, str] | None = None, **options: Any):
        super().__init__(*names, label=label if names else "", **options)
        for key, text in (labels or {}).items():
            self.given_choices[key] = text

    @property
    def required(self) -> bool:
        return True

    @property
    def initial(self) -> str:
        return next(iter(self.choices))

    @property
    def has_default(self) -> bool:
        return True

    @property
    def tracked(self) -> bool:
        return True

    @property
    def copied(self) -> bool:
        return False

    def default_for(self, env: Env) -> Any:
        return self.initial

    def server_default(self) -> Any:
        return sa.text(f"'{self.initial}'") if self.initial.isidentifier() else None


class Json(Field[Any]):
    """What JSON can hold, for what has no columns of its own. Not for data that lists filter."""

    kind = "json"
    python_type = dict

    if TYPE_CHECKING:

        def __init__(self, label: str = "", *, required: bool = ..., **options: Unpack[Options]) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return JsonType()


class File(Field[StoredFile | None]):
    """A file: the record keeps its hash, name, type and size; the bytes lie in the file store."""

    kind = "file"

    if TYPE_CHECKING:

        def __init__(self, label: str = "", *, required: bool = ..., **options: Unpack[Options]) -> None: ...

    def sql_type(self) -> sa.types.TypeEngine[Any]:
        return FileType()

    def problem(self, value: Any) -> str | None:
        return None if isinstance(value, StoredFile) else str(_("must be an uploaded file"))


class Image(File):
    """A file that is a picture (PNG, JPEG, GIF or WebP, told by its content)."""

    kind = "image"

    def problem(self, value: Any) -> str | None:
        return super().problem(value) or (None if value.is_image else str(_("must be a picture")))


def computed(field: Field[Any], *depends: str) -> Callable[[Callable[[Any], T]], Field[T]]:
    """A stored value of the record: ``@computed(fields.Money("Net"), "lines.net")`` above a method that returns it.

    ``depends`` are paths on the record itself and its owned lines, nothing else: what another record supplies is
    copied when it is chosen, or computed live (``expr=``). A fragment that overrides it decorates its own method and
    reaches the former one as ``super()._compute_<name>()``; the dependencies add up.
    """

    def decorate(function: Callable[[Any], T]) -> Field[T]:
        field.depends = depends
        field.function = f"_compute_{function.__name__}"
        field.given.setdefault("readonly", True)
        field.compute = function
        return field

    return decorate
