"""The one small expression language of the kernel: Python's syntax, SQL's and Python's meaning, no ``eval``.

    text ──parse──► tree ──check──► typed tree ──┬─ to_sql, to_filter ──► SQLAlchemy expression
                                                 └─ to_python ──────────► function of (record, scope)

``state != 'done' and sum(lines.net) > 1000``. Both meanings are the same, empty values included:

- None equals None and nothing else; no other comparison with None is true. A condition is true or false, never empty.
- Arithmetic with None gives None; a text put together takes None as ''. Products keep eight decimals, rounded half
  away from zero, as ``round(x, 2)`` does. There is no division.
- ``sum`` and ``count`` of nothing are 0, ``min`` and ``max`` of nothing None; None among the values is passed over.
- Texts are compared by code point, case counts; ``lower(name)`` takes it away.
- A path through an empty link gives None, a collection behind one is empty.

``user`` and ``company`` are compared with links (``salesperson == user``) or as ids; ``today`` is a date, ``now`` a
moment. Inside ``any(lines, …)`` a bare name is a field of the line, ``record.x`` one of the record itself; ``record.x``
and ``each.x`` also reach a field that is called like one of those words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from core.errors import ExpressionError, Where
from core.orm.expressions import sql
from core.orm.expressions.check import Checker
from core.orm.expressions.dialects import register
from core.orm.expressions.kinds import (
    COMPANY_MODEL,
    RESERVED_NAMES,
    USER_MODEL,
    FieldType,
    Kind,
    Resolver,
    Scope,
)
from core.orm.expressions.nodes import Call, Json, Node, Path
from core.orm.expressions.parse import OVER_COLLECTIONS, parse_tree
from core.orm.expressions.python import compile_python
from core.orm.expressions.typed import Typed, UsedPath

__all__ = [
    "RESERVED_NAMES",
    "Expression",
    "FieldType",
    "Kind",
    "Resolver",
    "Scope",
    "UsedPath",
    "parse",
    "register",
    "to_filter",
    "to_python",
    "to_sql",
]


class Expression:
    """An expression that has been read; after ``check`` it also knows its fields and its kind."""

    def __init__(self, text: str, tree: Node, where: Where | None) -> None:
        self.text = text
        self.tree = tree
        self.where = where
        self.model: str | None = None
        self._typed: Typed | None = None
        self._used: tuple[UsedPath, ...] = ()

    def check(
        self,
        resolver: Resolver,
        model: str,
        expect: str | None = None,
        user_model: str = USER_MODEL,
        company_model: str = COMPANY_MODEL,
    ) -> Kind:
        """Find the fields on ``model`` and the kind of the value; raises ExpressionError with a position.

        ``expect``: the kind that is wanted ("boolean" for a condition, "text" for a label …).
        """
        checker = Checker(self.text, self.where, resolver, model, user_model, company_model)
        checked = checker.condition(self.tree) if expect == "boolean" else checker.value(self.tree)
        if expect is not None and checked.kind.name not in (expect, "none"):
            raise checker.error(f"{Kind(expect)} is wanted here, not {checked.kind}", self.tree)
        self.model, self._typed, self._used = model, checked, tuple(checker.used.values())
        self._refuse_cycle(self, (), set())
        return checked.kind

    def _refuse_cycle(self, current: Expression, trail: tuple[str, ...], seen: set[int]) -> None:
        """A live value that is, through other live values, made of itself."""
        for used in current._used:
            for one in used.fields:
                inner = getattr(one, "expression", None)
                if inner is self:
                    chain = " → ".join((*trail, one.name))
                    raise ExpressionError(f"the value is made of itself: {chain}", self.text, 0, self.where)
                if isinstance(inner, Expression) and id(inner) not in seen:
                    seen.add(id(inner))
                    self._refuse_cycle(inner, (*trail, one.name), seen)

    @property
    def typed(self) -> Typed:
        """The checked tree; a TypeError before ``check``."""
        if self._typed is None:
            raise TypeError(f"the expression {self.text!r} has not been checked")
        return self._typed

    @property
    def kind(self) -> Kind:
        return self.typed.kind

    @property
    def used(self) -> tuple[UsedPath, ...]:
        """Every field path that is read, with the model of each hop and the field itself; known after ``check``."""
        _ = self.typed
        return self._used

    def paths(self) -> tuple[str, ...]:
        """Every field path that is read, from the record: ``("state", "lines", "lines.quantity")``.

        Before ``check`` they are taken from the text alone.
        """
        if self._typed is not None:
            return tuple(str(used) for used in self._used)
        return tuple(dict.fromkeys(_written(self.tree, ())))

    def to_json(self) -> Json:
        """The tree as plain lists, for a reader that is not Python."""
        return self.tree.to_json()

    def __repr__(self) -> str:
        return f"<Expression {self.text!r}>"


def parse(text: str, where: Where | None = None) -> Expression:
    """Read ``text``; ``where`` is the place in an addon that an error should name."""
    return Expression(text, parse_tree(text, where), where)


def to_python(expression: Expression) -> Callable[[Any, Scope], Any]:
    """The checked expression as a function of (record, scope)."""
    return compile_python(expression.typed)


def to_sql(
    expression: Expression,
    entity: Any,
    scope: Scope,
    *,
    attribute: sql.Attribute = sql.field_attribute,
    joins: sql.Joins | None = None,
) -> sa.ColumnElement[Any]:
    """The checked expression in SQL over ``entity``, a mapped class or an alias.

    A condition is never NULL. ``attribute(entity, field)`` overrides how a field is read (by default the entity's own
    attribute); ``joins`` maps paths of links, ``("partner",)``, to aliases that the caller has (outer) joined.
    """
    return sql.compile_sql(expression.typed, entity, scope, attribute, joins or {})


def to_filter(
    expression: Expression,
    entity: Any,
    scope: Scope,
    *,
    attribute: sql.Attribute = sql.field_attribute,
    joins: sql.Joins | None = None,
) -> sa.ColumnElement[bool]:
    """As ``to_sql`` for a condition that stands in WHERE: the same rows, with less guarding against NULL."""
    return sql.compile_filter(expression.typed, entity, scope, attribute, joins or {})


def _written(node: Node, prefix: tuple[str, ...]) -> list[str]:
    """Paths as they stand in the text; inside a collection's condition they begin with the collection."""
    if isinstance(node, Path):
        return _written_path(node, prefix)
    if isinstance(node, Call) and node.name in OVER_COLLECTIONS and isinstance(node.arguments[0], Path):
        collection = _written_path(node.arguments[0], prefix)
        inner = tuple(collection[0].split(".")) if collection else prefix
        return [*collection, *(path for argument in node.arguments[1:] for path in _written(argument, inner))]
    return [path for child in _children(node) for path in _written(child, prefix)]


def _written_path(node: Path, prefix: tuple[str, ...]) -> list[str]:
    names = node.names
    if names[0] in ("user", "company", "today", "now"):
        return []
    if names[0] == "record":
        prefix = ()
    names = names[1:] if names[0] in ("record", "each") else names
    return [".".join((*prefix, *names))] if names else []


def _children(node: Node) -> list[Node]:
    children: list[Node] = []
    for value in vars(node).values():
        parts = value if isinstance(value, tuple) else (value,)
        children.extend(part for part in parts if isinstance(part, Node))
    return children
