"""Fields that link records: Many2one, One2many, Many2many and Reference.

    Order.partner   Many2one    a column partner_id with a foreign key and an index; ``order.partner`` is the record
    Order.lines     One2many    records whose ``order`` points here; ``owned=True``: they live in this record
    Order.tags      Many2many   a table of pairs
    Note.subject    Reference   any record of any model: two columns, no foreign key

Forms and API carry ids; Python assigns records. ``order.partner_id`` can be read and never assigned. A linked record
that the principal may not see reads as None while its id stays: ``record.ref("partner")`` raises instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, overload

import sqlalchemy as sa

from core.errors import AssemblyError
from core.orm.fields import Field, Options

if TYPE_CHECKING:
    from core.orm.model import Model

T = TypeVar("T")
Target = type[T] | Callable[[], type[T]]


class Relation(Field[T]):
    """Common part: the target is a model class, or a function that gives it (for classes defined later)."""

    def __init__(self, target: Any, *rest: Any, **options: Any) -> None:
        super().__init__(*rest, **options)
        self._target = target

    def target_class(self) -> type[Model]:
        target = self._target
        if not isinstance(target, type) and not callable(target):
            raise TypeError(f"{target!r} is no model: name its class, or lambda: Class where it is defined later")
        try:
            return target if isinstance(target, type) else target()
        except NameError as error:
            raise TypeError(str(error)) from None

    @property
    def target(self) -> str | None:
        from core.orm.model import model_name

        try:
            return model_name(self.target_class())
        except TypeError as error:
            raise AssemblyError(f"field '{self.name}': {error}", self.where) from None

    def same(self, other: Field[Any]) -> bool:
        return super().same(other) and self.target == other.target


class Many2one(Relation[T]):
    """A link to one record. ``ondelete``: "restrict" (default), "cascade" or "set null", done by the database."""

    kind = "many2one"
    extra = frozenset({"ondelete", "filter"})

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: Many2one[T],
            target: Target[T],
            label: str = ...,
            *,
            required: Literal[True],
            ondelete: str = ...,
            filter: str = ...,
            **options: Unpack[Options],
        ) -> None: ...
        @overload
        def __init__(
            self: Many2one[T | None],
            target: Target[T],
            label: str = ...,
            *,
            required: Literal[False] = ...,
            ondelete: str = ...,
            filter: str = ...,
            **options: Unpack[Options],
        ) -> None: ...
        def __init__(self, target: Any, label: str = "", **options: Any) -> None: ...

    @property
    def column_name(self) -> str:
        return f"{self.name}_id"

    @property
    def ondelete(self) -> str:
        return str(self.given.get("ondelete", "restrict"))

    @property
    def filter(self) -> str | None:
        """An expression over the target that limits what is offered."""
        return self.given.get("filter")

    def columns(self, table: str, tables: Mapping[str, str]) -> Iterable[sa.Column[Any]]:
        remote = tables[str(self.target)]
        yield sa.Column(
            self.column_name,
            sa.BigInteger(),
            sa.ForeignKey(f"{remote}.id", name=f"fk_{table}_{self.column_name}", ondelete=self.ondelete.upper()),
            nullable=not self.not_null,
        )


class One2many(Relation[T]):
    """The records whose field ``inverse`` points here.

    ``owned=True``: they are parts of this record: created, changed, locked and deleted with it, they have its rights
    and its company, and editing one counts as editing the owner.
    """

    kind = "one2many"
    extra = frozenset({"owned"})

    _inverse: str

    if TYPE_CHECKING:

        def __init__(
            self: One2many[list[T]],
            target: Target[T],
            inverse: str,
            label: str = "",
            *,
            owned: bool = ...,
            required: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...

    else:

        def __init__(self, target, inverse, label="", **options):
            super().__init__(target, label, **options)
            self._inverse = inverse

    @property
    def inverse(self) -> str | None:
        return self._inverse

    @property
    def owned(self) -> bool:
        return bool(self.given.get("owned", False))

    @property
    def copied(self) -> bool:
        return self.owned

    def columns(self, table: str, tables: Mapping[str, str]) -> Iterable[sa.Column[Any]]:
        return ()


class Many2many(Relation[T]):
    """Links to many records, kept as pairs in a table of their own."""

    kind = "many2many"

    if TYPE_CHECKING:

        def __init__(
            self: Many2many[list[T]],
            target: Target[T],
            label: str = "",
            *,
            required: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...

    def columns(self, table: str, tables: Mapping[str, str]) -> Iterable[sa.Column[Any]]:
        return ()

    def pairs(self, table: str, tables: Mapping[str, str], metadata: sa.MetaData, addon: str) -> sa.Table:
        """The table of pairs, named after this side."""
        remote = tables[str(self.target)]
        name = f"{table}_{self.name}"
        return sa.Table(
            name,
            metadata,
            *(
                sa.Column(
                    column,
                    sa.BigInteger(),
                    sa.ForeignKey(f"{to}.id", name=f"fk_{name}_{column}", ondelete="CASCADE"),
                    nullable=False,
                    info={"addon": addon},
                )
                for column, to in (("source_id", table), ("target_id", remote))
            ),
            sa.PrimaryKeyConstraint("source_id", "target_id", name=f"pk_{name}"),
            sa.Index(f"ix_{name}_target_id", "target_id"),
            info={"addon": addon},
        )


class Reference(Field[T]):
    """A link to a record of any model; ``models`` (optional) names those that may be chosen."""

    kind = "reference"
    extra = frozenset({"models"})

    if TYPE_CHECKING:

        def __init__(
            self: Reference[Model | None],
            label: str = "",
            *,
            models: Iterable[str] = ...,
            required: bool = ...,
            **options: Unpack[Options],
        ) -> None: ...

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.given.get("models", ()))

    @property
    def column_name(self) -> str:
        return f"{self.name}_id"

    @property
    def model_column(self) -> str:
        return f"{self.name}_model"

    def columns(self, table: str, tables: Mapping[str, str]) -> Iterable[sa.Column[Any]]:
        yield sa.Column(self.model_column, sa.String(128), nullable=not self.not_null)
        yield sa.Column(self.column_name, sa.BigInteger(), nullable=not self.not_null)
