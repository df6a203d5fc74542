"""The tree of an expression as it was written: small, frozen, free of fields and models.

Every node knows its position in the text, so that each later complaint can put its caret there. ``to_json``
gives the tree as plain lists for a reader that is not Python (view conditions in the browser).

    Node ── Literal, Path, Negative, Not, BoolOp, Compare, In, Arithmetic, IfElse, Call
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf
from typing import TypeAlias

Constant: TypeAlias = "str | int | Decimal | bool | None"
Json: TypeAlias = "str | int | bool | list[Json] | None"

Comparison: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True)
class Node:
    """``position`` counts characters of the expression's text from 0."""

    position: int

    def to_json(self) -> Json:
        raise NotImplementedError


@dataclass(frozen=True)
class Literal(Node):
    value: Constant

    def to_json(self) -> Json:
        if isinstance(self.value, Decimal):
            return ["decimal", str(self.value)]
        return ["literal", self.value]


@dataclass(frozen=True)
class Path(Node):
    """``partner.country.code``; a bare name is a path of one."""

    names: tuple[str, ...]
    positions: tuple[int, ...]

    def to_json(self) -> Json:
        return ["path", *self.names]


@dataclass(frozen=True)
class Negative(Node):
    item: Node

    def to_json(self) -> Json:
        return ["negative", self.item.to_json()]


@dataclass(frozen=True)
class Not(Node):
    item: Node

    def to_json(self) -> Json:
        return ["not", self.item.to_json()]


@dataclass(frozen=True)
class BoolOp(Node):
    operator: OneOf["and", "or"]
    items: tuple[Node, ...]

    def to_json(self) -> Json:
        return [self.operator, *(item.to_json() for item in self.items)]


@dataclass(frozen=True)
class Compare(Node):
    """One comparison; ``a < b < c`` is read as ``a < b and b < c``. The position is that of the operands' start."""

    operator: Comparison
    left: Node
    right: Node

    def to_json(self) -> Json:
        return [self.operator, self.left.to_json(), self.right.to_json()]


@dataclass(frozen=True)
class In(Node):
    """``item in (a, b)`` with a tuple of options, or ``item in members`` with one path to a collection."""

    item: Node
    options: tuple[Node, ...] | Path

    def to_json(self) -> Json:
        if isinstance(self.options, Path):
            return ["in", self.item.to_json(), self.options.to_json()]
        return ["in", self.item.to_json(), ["list", *(option.to_json() for option in self.options)]]


@dataclass(frozen=True)
class Arithmetic(Node):
    operator: OneOf["+", "-", "*"]
    left: Node
    right: Node

    def to_json(self) -> Json:
        return [self.operator, self.left.to_json(), self.right.to_json()]


@dataclass(frozen=True)
class IfElse(Node):
    test: Node
    then: Node
    other: Node

    def to_json(self) -> Json:
        return ["if", self.test.to_json(), self.then.to_json(), self.other.to_json()]


@dataclass(frozen=True)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]

    def to_json(self) -> Json:
        return ["call", self.name, *(argument.to_json() for argument in self.arguments)]
