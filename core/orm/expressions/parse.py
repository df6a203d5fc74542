"""Text to tree. Python's own parser reads the syntax; nothing is ever compiled or evaluated by Python.

Always true of what comes out: every node is on the list below, every name is a plain word that does not begin with
an underscore, every call is of a known function, and the limits on length, depth and size are kept. Which fields
exist is asked later (check.py).
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from core.errors import ExpressionError, Where, close_match
from core.orm.expressions.nodes import (
    Arithmetic,
    BoolOp,
    Call,
    Compare,
    Comparison,
    IfElse,
    In,
    Literal,
    Negative,
    Node,
    Not,
    Path,
)

MAX_CHARACTERS = 2_000
MAX_DEPTH = 32
MAX_NODES = 200
MAX_HOPS = 8
#: of a number that is written down: with them it fits every column
MAX_DIGITS = 10
MAX_DECIMALS = 8

#: name -> (fewest, most) arguments
FUNCTIONS: dict[str, tuple[int, int]] = {
    "sum": (1, 2),
    "count": (1, 2),
    "any": (1, 2),
    "min": (1, 2),
    "max": (1, 2),
    "lower": (1, 1),
    "contains": (2, 2),
    "startswith": (2, 2),
    "coalesce": (2, 10),
    "round": (1, 2),
    "days": (1, 1),
    "date": (3, 3),
}
#: functions whose first argument is a collection, and whose second is read in the item's own names
OVER_COLLECTIONS = frozenset({"sum", "count", "any", "min", "max"})

_COMPARISONS: dict[type[ast.cmpop], Comparison] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_NUMBER = re.compile(r"\d+(\.\d*)?|\.\d+")
_BLANKS = str.maketrans("\t\r\n\f\v", "     ")

#: what the whitelist leaves out, by the name a reader knows
_REFUSED: dict[type[ast.AST], str] = {
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.JoinedStr: "a format string",
    ast.NamedExpr: "an assignment",
    ast.Starred: "a starred value",
    ast.Subscript: "an index",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.List: "a list outside 'in'",
    ast.Tuple: "a tuple outside 'in'",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
}


def parse_tree(text: str, where: Where | None = None) -> Node:
    """The tree of ``text``; raises ExpressionError with the position of the first thing that is wrong."""
    return _Parser(text, where).parse()


class _Parser:
    def __init__(self, text: str, where: Where | None) -> None:
        self.text = text.translate(_BLANKS)
        self.where = where
        self.nodes = 0
        self.indent = len(self.text) - len(self.text.lstrip())
        self.source = self.text.strip()
        self.ascii = self.source.isascii()
        self.encoded = b"" if self.ascii else self.source.encode("utf-8", "surrogatepass")

    def error(self, message: str, position: int = 0, hint: str | None = None) -> ExpressionError:
        # A refused novel is not repeated in full: the error is shown in logs and pages.
        return ExpressionError(message, self.text[:MAX_CHARACTERS], min(position, MAX_CHARACTERS), self.where, hint)

    def parse(self) -> Node:
        self._check_characters()
        try:
            tree = ast.parse(self.source, mode="eval")
        except SyntaxError as error:
            place = error.offset - 1 if error.offset else len(self.source)
            raise self.error(f"not readable: {error.msg}", self.indent + place, self._syntax_hint()) from None
        except (RecursionError, MemoryError):
            raise self.error(f"nested too deeply; at most {MAX_DEPTH} levels") from None
        except (ValueError, OverflowError) as error:
            raise self.error(f"not readable: {error}") from None
        self._check_comments()
        return self.node(tree.body, 1)

    def _check_characters(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            raise self.error(f"too long: {len(self.text)} characters, at most {MAX_CHARACTERS}", MAX_CHARACTERS)
        if not self.source:
            raise self.error("the expression is empty")
        for position, character in enumerate(self.text):
            if character == "\\":
                raise self.error("a backslash cannot be used", position, "write the character itself")
            if unicodedata.category(character) in ("Cc", "Cs"):
                raise self.error("a control character cannot be used", position)

    def _check_comments(self) -> None:
        if "#" not in self.source:
            return
        for token in tokenize.generate_tokens(io.StringIO(self.source).readline):
            if token.type == tokenize.COMMENT:
                raise self.error("a comment cannot be used", self.indent + token.start[1])

    def _syntax_hint(self) -> str | None:
        if re.search(r"&&|\|\||(?<![=!<>])=(?!=)", self.source):
            return "write 'and', 'or' and '=='"
        return None

    # ------------------------------------------------------------------ nodes

    def at(self, node: ast.AST) -> int:
        """Python counts UTF-8 bytes; people count characters."""
        offset = int(getattr(node, "col_offset", 0))
        if self.ascii:
            return self.indent + offset
        return self.indent + len(self.encoded[:offset].decode("utf-8", "ignore"))

    def count(self, node: ast.AST, depth: int) -> int:
        position = self.at(node)
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self.error(f"too large: more than {MAX_NODES} parts", position)
        if depth > MAX_DEPTH:
            raise self.error(f"nested too deeply; at most {MAX_DEPTH} levels", position)
        return position

    def node(self, node: ast.expr, depth: int) -> Node:
        position = self.count(node, depth)
        match node:
            case ast.Constant():
                return self.literal(node, position)
            case ast.Name() | ast.Attribute():
                return self.path(node, position)
            case ast.BoolOp():
                items = tuple(self.node(value, depth + 1) for value in node.values)
                return BoolOp(position, "and" if isinstance(node.op, ast.And) else "or", items)
            case ast.UnaryOp():
                return self.unary(node, position, depth)
            case ast.BinOp():
                return self.arithmetic(node, position, depth)
            case ast.Compare():
                return self.comparison(node, position, depth)
            case ast.IfExp():
                parts = (self.node(part, depth + 1) for part in (node.test, node.body, node.orelse))
                return IfElse(position, *parts)
            case ast.Call():
                return self.call(node, position, depth)
        raise self.error(f"{_REFUSED.get(type(node), type(node).__name__)} cannot be used in an expression", position)

    def literal(self, node: ast.Constant, position: int) -> Literal:
        value = node.value
        if value is None or isinstance(value, bool | str):
            return Literal(position, value)
        if not isinstance(value, int | float):
            kind = "bytes" if isinstance(value, bytes) else "..." if value is Ellipsis else "a complex number"
            raise self.error(f"{kind} cannot be used in an expression", position)
        # The digits as written: a float in between would lose some.
        written = self.text[position : self._end(node)]
        if not _NUMBER.fullmatch(written):
            raise self.error(f"'{written[:20]}' is not a plain number", position, "write digits and at most one point")
        whole, _, decimals = written.partition(".")
        if len(whole.lstrip("0")) > MAX_DIGITS or len(decimals) > MAX_DECIMALS:
            raise self.error(f"a number has at most {MAX_DIGITS} digits and {MAX_DECIMALS} decimals", position)
        return Literal(position, Decimal(written) if "." in written else int(written))

    def _end(self, node: ast.expr) -> int:
        offset = node.end_col_offset or 0
        return self.indent + (offset if self.ascii else len(self.encoded[:offset].decode("utf-8", "ignore")))

    def path(self, node: ast.Name | ast.Attribute, position: int) -> Path:
        names: list[str] = []
        positions: list[int] = []
        part: ast.expr = node
        while isinstance(part, ast.Attribute):
            names.append(part.attr)
            positions.append(self._end(part) - len(part.attr))
            part = part.value
        if not isinstance(part, ast.Name):
            raise self.error("only a field can be followed by a dot", position)
        names.append(part.id)
        positions.append(self.at(part))
        for name, place in zip(reversed(names), reversed(positions), strict=True):
            self.plain(name, place)
        if len(names) > MAX_HOPS:
            raise self.error(f"a path has at most {MAX_HOPS} names", position)
        return Path(position, tuple(reversed(names)), tuple(reversed(positions)))

    def plain(self, name: str, position: int) -> None:
        if name.startswith("_"):
            raise self.error(f"'{name[:40]}' begins with an underscore", position, "only fields can be named")

    def unary(self, node: ast.UnaryOp, position: int, depth: int) -> Node:
        if isinstance(node.op, ast.Not):
            return Not(position, self.node(node.operand, depth + 1))
        if not isinstance(node.op, ast.USub):
            raise self.error("this operator cannot be used in an expression", position)
        item = self.node(node.operand, depth + 1)
        if isinstance(item, Literal) and isinstance(item.value, int | Decimal) and not isinstance(item.value, bool):
            return Literal(position, -item.value)
        return Negative(position, item)

    def arithmetic(self, node: ast.BinOp, position: int, depth: int) -> Node:
        left, right = self.node(node.left, depth + 1), self.node(node.right, depth + 1)
        match node.op:
            case ast.Add():
                return Arithmetic(position, "+", left, right)
            case ast.Sub():
                return Arithmetic(position, "-", left, right)
            case ast.Mult():
                return Arithmetic(position, "*", left, right)
            case ast.Div() | ast.FloorDiv() | ast.Mod():
                raise self.error(
                    "division cannot be used", position, "multiply (a percentage by 0.01), or compute in Python"
                )
            case ast.BitAnd() | ast.BitOr():
                raise self.error("this operator cannot be used in an expression", position, "write 'and' or 'or'")
        raise self.error("this operator cannot be used in an expression", position)

    def comparison(self, node: ast.Compare, position: int, depth: int) -> Node:
        parts = tuple(self._comparisons(node, position, depth))
        return parts[0] if len(parts) == 1 else BoolOp(position, "and", parts)

    def _comparisons(self, node: ast.Compare, position: int, depth: int) -> Iterator[Node]:
        left = self.node(node.left, depth + 1)
        for operator, comparator in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                if len(node.ops) > 1:
                    raise self.error("'in' cannot be part of a chain of comparisons", position)
                found = In(position, left, self.options(comparator, depth + 1))
                yield found if isinstance(operator, ast.In) else Not(position, found)
                return
            right = self.node(comparator, depth + 1)
            if isinstance(operator, ast.Is | ast.IsNot):
                if not (isinstance(right, Literal) and right.value is None):
                    raise self.error("'is' can only be followed by None", right.position, "write ==")
                yield Compare(position, "==" if isinstance(operator, ast.Is) else "!=", left, right)
            else:
                yield Compare(position, _COMPARISONS[type(operator)], left, right)
            left = right

    def options(self, node: ast.expr, depth: int) -> tuple[Node, ...] | Path:
        if isinstance(node, ast.Tuple | ast.List):
            if not node.elts:
                raise self.error("'in' needs at least one value", self.at(node))
            self.count(node, depth)
            return tuple(self.node(element, depth + 1) for element in node.elts)
        if isinstance(node, ast.Name | ast.Attribute):
            return self.path(node, self.count(node, depth))
        raise self.error(
            "'in' needs a list of values or a collection",
            self.at(node),
            "write ('a',) for one value, contains(text, 'a') for a part of a text",
        )

    def call(self, node: ast.Call, position: int, depth: int) -> Call:
        if not isinstance(node.func, ast.Name):
            raise self.error("only the functions of the language can be called", position)
        name = node.func.id
        self.plain(name, position)
        if name not in FUNCTIONS:
            hint = close_match(name, FUNCTIONS) or f"there are {', '.join(sorted(FUNCTIONS))}"
            raise self.error(f"there is no function '{name[:40]}'", position, hint)
        if node.keywords:
            raise self.error(f"{name}() takes no named arguments", position)
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(node.args) <= most:
            wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
            raise self.error(f"{name}() takes {wanted} arguments, not {len(node.args)}", position)
        return Call(position, name, tuple(self.node(argument, depth + 1) for argument in node.args))
