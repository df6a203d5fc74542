"""From the tree as written to the typed tree: fields are found, kinds compared, choices looked up.

What passes here cannot fail later: both translators trust the typed tree. A field that the resolver does not show is
an unknown field, whether it exists or not.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from core.errors import ExpressionError, Where, close_match
from core.orm.expressions import functions, nodes, typed
from core.orm.expressions.functions import MAX_SHIFT
from core.orm.expressions.kinds import (
    BOOLEAN,
    DATE,
    DATETIME,
    DAYS,
    INTEGER,
    NONE,
    NUMBER,
    RESERVED_NAMES,
    TEXT,
    Kind,
    Resolver,
    kind_of,
)
from core.orm.expressions.parse import FUNCTIONS, MAX_DIGITS, OVER_COLLECTIONS
from core.orm.expressions.typed import Const, Typed, UsedPath

_ORDERED = frozenset({"text", "number", "date", "datetime"})
_ROUND_TO = 8


class Checker:
    """One check of one expression. ``levels`` holds, outermost first, the model and the path from the root to it."""

    def __init__(
        self, text: str, where: Where | None, resolver: Resolver, model: str, user_model: str, company_model: str
    ) -> None:
        self.text = text
        self.where = where
        self.resolver = resolver
        self.scope_kinds = {
            "user": Kind("record", model=user_model),
            "company": Kind("record", model=company_model),
            "today": DATE,
            "now": DATETIME,
        }
        self.levels: list[tuple[str, UsedPath]] = [(model, UsedPath((), (), ()))]
        self.used: dict[tuple[str, ...], UsedPath] = {}
        self.shifts = 0

    def error(self, message: str, node: nodes.Node | int, hint: str | None = None) -> ExpressionError:
        position = node if isinstance(node, int) else node.position
        return ExpressionError(message, self.text, position, self.where, hint)

    # ------------------------------------------------------------------ entry

    def value(self, node: nodes.Node) -> Typed:
        """Any single value; a collection is refused with a hint to the functions over collections."""
        result = self._node(node)
        if result.kind.name == "records":
            hint = "use count(…), any(…), sum(…), min(…) or max(…)"
            raise self.error("a collection cannot be used as a value", node, hint)
        if result.kind.name == "days":
            raise self.error("days() is only added to or subtracted from a date", node)
        return result

    def condition(self, node: nodes.Node) -> Typed:
        result = self.value(node)
        if result.kind.name != "boolean":
            hint = {"text": "compare it: … != None", "number": "compare it: … != 0", "record": "compare it: … != None"}
            raise self.error(f"a condition is wanted here, not {result.kind}", node, hint.get(result.kind.name))
        return result

    def _node(self, node: nodes.Node) -> Typed:
        match node:
            case nodes.Literal():
                return self._literal(node)
            case nodes.Path():
                return self._path(node)
            case nodes.Not():
                return typed.Not(BOOLEAN, self.condition(node.item))
            case nodes.BoolOp():
                return typed.Junction(BOOLEAN, node.operator, tuple(self.condition(item) for item in node.items))
            case nodes.Compare():
                return self._compare(node)
            case nodes.In():
                return self._in(node)
            case nodes.Negative():
                item = self._number(node.item)
                if isinstance(item, Const):
                    return Const(item.kind, functions.negative(item.value))
                return typed.Negative(item.kind, item)
            case nodes.Arithmetic():
                return self._arithmetic(node)
            case nodes.IfElse():
                test, then, other = self.condition(node.test), self.value(node.then), self.value(node.other)
                return typed.Choice(self._common((then, other), (node.then, node.other)), test, then, other)
            case nodes.Call():
                return self._call(node)
        raise self.error("cannot be used here", node)

    def _literal(self, node: nodes.Literal) -> Const:
        value = node.value
        if value is None:
            return Const(NONE, None)
        if isinstance(value, bool):
            return Const(BOOLEAN, value)
        if isinstance(value, str):
            return Const(TEXT, value)
        return Const(INTEGER if isinstance(value, int) else NUMBER, value)

    # ------------------------------------------------------------------ names

    def _path(self, node: nodes.Path) -> Typed:
        first, rest, places = node.names[0], node.names[1:], node.positions[1:]
        if first in self.scope_kinds:
            return self._scope_value(node)
        level = len(self.levels) - 1
        if first == "each" and level == 0:
            raise self.error(
                "'each' is the item of a collection; there is none here", node, "write it inside any(…) or count(…)"
            )
        if first == "record":
            level = 0
        elif first != "each":
            rest, places = node.names, node.positions
        return self._walk(level, rest, places)

    def _scope_value(self, node: nodes.Path) -> Typed:
        name, rest = node.names[0], node.names[1:]
        kind = self.scope_kinds[name]
        value = typed.ScopeValue(kind, name)
        if not rest:
            return value
        if kind.name == "record" and rest == ("id",):
            return typed.RecordId(INTEGER, value)
        hint = f"the field '{name}' is written record.{node_text(node)}" if self._has(name) else None
        raise self.error(f"'{name}' has no '{rest[0]}'; it is only compared", node.positions[1], hint)

    def _has(self, name: str) -> bool:
        return name in self._fields(self.levels[-1][0])

    def _fields(self, model: str) -> Mapping[str, Any]:
        try:
            return self.resolver.fields(model)
        except LookupError:
            return {}

    def _walk(self, level: int, names: tuple[str, ...], places: tuple[int, ...]) -> Typed:
        """Follow ``names`` from the record of ``level``; the last one may be a value, a record or a collection."""
        model, path = self.levels[level]
        hops: tuple[Any, ...] = ()
        for index, (name, place) in enumerate(zip(names, places, strict=True)):
            last = index == len(names) - 1
            one = self._fields(model).get(name)
            if one is None and name == "id" and last:
                self._use(path)
                return typed.RecordId(INTEGER, self._record(level, hops, model))
            if one is None:
                raise self._unknown(model, name, place, first=index == 0)
            path = UsedPath((*path.names, name), (*path.models, model), (*path.fields, one))
            kind = kind_of(one)
            if kind.name == "records":
                self._use(path)
                collection = typed.Collection(kind, level, hops, one)
                return collection if last else self._beyond(collection, path, names[index + 1 :], places[index + 1 :])
            if last:
                self._use(path)
                return typed.FieldValue(kind, level, hops, one)
            if kind.name != "record" or kind.model is None:
                raise self.error(f"'{name}' of {model} is {kind}; it has no fields", places[index + 1])
            hops = (*hops, one)
            model = kind.model
        return self._record(level, hops, model)

    def _record(self, level: int, hops: tuple[Any, ...], model: str) -> Typed:
        kind = Kind("record", model=model)
        if hops:
            return typed.FieldValue(kind, level, hops[:-1], hops[-1])
        return typed.FieldValue(kind, level, (), None)

    def _beyond(
        self, collection: typed.Collection, path: UsedPath, names: tuple[str, ...], places: tuple[int, ...]
    ) -> Typed:
        """``lines.net``: the value of each item, for sum, min and max."""
        self.levels.append((str(collection.kind.model), path))
        item = self._walk(len(self.levels) - 1, names, places)
        self.levels.pop()
        if item.kind.name == "records":
            hint = f"write sum({path}, sum(…)) for a collection inside a collection"
            raise self.error("a path crosses two collections", places[0], hint)
        return typed.Aggregate(Kind("records", model=None), "items", collection, item)

    def _use(self, path: UsedPath) -> None:
        if path.names:
            self.used.setdefault(path.names, path)

    def _unknown(self, model: str, name: str, place: int, first: bool) -> ExpressionError:
        fields = self._fields(model)
        known = {*fields, "id", *(RESERVED_NAMES if first else ())}
        hint = None
        if first and len(self.levels) > 1 and name in self._fields(self.levels[0][0]):
            hint = f"a field of the record itself is written record.{name} here"
        hint = hint or close_match(name, known)
        if hint is None and first and name in FUNCTIONS:
            hint = f"'{name}' is a function: {name}(…)"
        return self.error(f"'{model}' has no field '{name[:60]}'", place, hint)

    # ------------------------------------------------------------------ comparisons

    def _compare(self, node: nodes.Compare) -> Typed:
        left, right = self.value(node.left), self.value(node.right)
        self._comparable(left, right, node.left, node.right)
        if node.operator not in ("==", "!="):
            for side, item in ((left, node.left), (right, node.right)):
                if side.kind.name == "none":
                    raise self.error("None has no order", item, "write == None or != None")
                if side.kind.name not in _ORDERED or side.kind.choices:
                    shown = "a selection" if side.kind.choices else side.kind
                    raise self.error(f"{shown} has no order", item, "use == or !=")
        return typed.Compare(BOOLEAN, node.operator, left, right)

    def _comparable(self, left: Typed, right: Typed, left_node: nodes.Node, right_node: nodes.Node) -> None:
        for one, other, place in ((left, right, left_node), (right, left, right_node)):
            if one.kind.name == "none" and isinstance(other, typed.ScopeValue):
                name = other.name
                hint = f"write record.{name} for the field '{name}'" if self._has(name) else None
                raise self.error(f"'{name}' is never empty", place, hint)
            if one.kind.name == "opaque" and other.kind.name != "none":
                raise self.error("this field can only be compared with None", place)
        if "none" in (left.kind.name, right.kind.name):
            return
        if left.kind.name != right.kind.name:
            hint = self._literal_hint(left, right) or self._literal_hint(right, left)
            raise self.error(f"{left.kind} cannot be compared with {right.kind}", right_node, hint)
        if left.kind.name == "record" and left.kind.model != right.kind.model:
            raise self.error(f"{left.kind} cannot be compared with {right.kind}", right_node)
        self._choice(left, right, right_node)
        self._choice(right, left, left_node)

    def _literal_hint(self, value: Typed, literal: Typed) -> str | None:
        if value.kind.name == "record" and isinstance(literal, Const) and literal.kind.integer:
            return "compare its id: ….id == 1"
        if value.kind.name == "date" and isinstance(literal, Const) and literal.kind.name == "text":
            return "write date(2026, 1, 31)"
        if value.kind.name == "date" and literal.kind.name == "datetime":
            return "compare dates with today, moments with now"
        return None

    def _choice(self, selection: Typed, literal: Typed, place: nodes.Node) -> None:
        choices = selection.kind.choices
        if not choices or not isinstance(literal, Const) or literal.value in choices:
            return
        hint = close_match(str(literal.value), choices) or f"it is one of {', '.join(sorted(choices))}"
        raise self.error(f"'{selection.kind.field}' is never '{str(literal.value)[:60]}'", place, hint)

    def _in(self, node: nodes.In) -> Typed:
        item = self.value(node.item)
        if isinstance(node.options, nodes.Path):
            return self._member(node, item, node.options)
        options: list[Typed] = []
        for option in node.options:
            value = self.value(option)
            self._comparable(item, value, node.item, option)
            options.append(value)
        if item.kind.name in ("none", "opaque"):
            raise self.error(f"{item.kind} cannot be looked for", node.item)
        filled = tuple(option for option in options if option.kind.name != "none")
        return typed.OneOf(BOOLEAN, item, filled, len(filled) < len(options))

    def _member(self, node: nodes.In, item: Typed, path: nodes.Path) -> Typed:
        collection = self._path(path)
        if not isinstance(collection, typed.Collection):
            raise self.error("'in' needs a list of values or a collection", path, "write ('a',) for one value")
        if item.kind.name != "record" or item.kind.model != collection.kind.model:
            raise self.error(f"{item.kind} is never in {collection.kind}", node.item)
        return typed.Member(BOOLEAN, item, collection)

    # ------------------------------------------------------------------ arithmetic

    def _number(self, node: nodes.Node) -> Typed:
        result = self.value(node)
        if result.kind.name != "number":
            raise self.error(f"a number is wanted here, not {result.kind}", node)
        return result

    def _arithmetic(self, node: nodes.Arithmetic) -> Typed:
        shifts = self.shifts
        left, right = self._operand(node.left), self._operand(node.right)
        names = (left.kind.name, right.kind.name)
        if names == ("number", "number"):
            kind = INTEGER if left.kind.integer and right.kind.integer else NUMBER
            if isinstance(left, Const) and isinstance(right, Const):
                return self._folded(node, kind, left.value, right.value)
            return typed.Arithmetic(kind, node.operator, left, right)
        if names == ("text", "text") and node.operator == "+":
            return typed.Concat(TEXT, left, right)
        if names[0] in ("date", "datetime") and isinstance(right, typed.Days) and node.operator != "*":
            # SQL repeats the operands of a shift; one inside the other would double it at every level.
            if self.shifts > shifts:
                raise self.error("a date is moved once", node.right, "add the days first: date + days(a + b)")
            self.shifts += 1
            return typed.Shift(left.kind, left, right.number, 1 if node.operator == "+" else -1)
        if names == ("date", "date") and node.operator == "-":
            return typed.DaysBetween(INTEGER, left, right)
        hint = None
        if names[0] == "date" and names[1] == "number":
            hint = "write days(…)"
        elif "text" in names and node.operator == "+":
            hint = "only texts are put together"
        raise self.error(f"'{node.operator}' does not go between {left.kind} and {right.kind}", node, hint)

    def _folded(self, node: nodes.Arithmetic, kind: Kind, left: Decimal | int, right: Decimal | int) -> Const:
        """Numbers that are written down are calculated once, and stay small enough for every column."""
        value = functions.OPERATIONS[node.operator](left, right)
        if abs(value) >= 10**MAX_DIGITS:
            raise self.error(f"the result has more than {MAX_DIGITS} digits", node)
        return Const(kind, value)

    def _operand(self, node: nodes.Node) -> Typed:
        if isinstance(node, nodes.Call) and node.name == "days":
            return self._days(node)
        result = self.value(node)
        if result.kind.name == "none":
            raise self.error("None cannot be calculated with", node)
        return result

    def _days(self, node: nodes.Call) -> Typed:
        number = self._number(node.arguments[0])
        if not number.kind.integer:
            raise self.error("days() needs a whole number", node.arguments[0])
        if isinstance(number, Const) and abs(number.value) > MAX_SHIFT:
            raise self.error(f"a date is moved by at most {MAX_SHIFT} days", node.arguments[0])
        return typed.Days(DAYS, number)

    def _common(self, values: tuple[Typed, ...], places: tuple[nodes.Node, ...]) -> Kind:
        """The one kind of several alternatives, None aside."""
        result = NONE
        for value, place in zip(values, places, strict=True):
            kind = value.kind
            if kind.name == "opaque":
                raise self.error("this field can only be compared with None", place)
            if kind.name == "none":
                continue
            if result.name == "none":
                result = kind
            elif result.name != kind.name or result.model != kind.model:
                raise self.error(f"{result} and {kind} are alternatives of different kinds", place)
            else:
                result = Kind(kind.name, model=kind.model, integer=result.integer and kind.integer)
        return result

    # ------------------------------------------------------------------ functions

    def _call(self, node: nodes.Call) -> Typed:
        if node.name in OVER_COLLECTIONS:
            return self._aggregate(node)
        first = node.arguments[0]
        match node.name:
            case "lower":
                return typed.Lower(TEXT, self._text(first))
            case "contains" | "startswith":
                return typed.TextTest(BOOLEAN, node.name, self._text(first), self._text(node.arguments[1]))
            case "coalesce":
                items = tuple(self.value(argument) for argument in node.arguments)
                return typed.First(self._common(items, node.arguments), items)
            case "round":
                item, decimals = self._number(first), self._decimals(node)
                if isinstance(item, Const):
                    return Const(NUMBER, functions.rounded(item.value, decimals))
                return typed.Rounded(NUMBER, item, decimals)
            case "date":
                return self._date(node)
            case "days":
                return self._days(node)
        raise self.error(f"there is no function '{node.name}'", node)

    def _text(self, node: nodes.Node) -> Typed:
        result = self.value(node)
        if result.kind.name != "text":
            raise self.error(f"a text is wanted here, not {result.kind}", node)
        return result

    def _decimals(self, node: nodes.Call) -> int:
        if len(node.arguments) == 1:
            return 0
        argument = node.arguments[1]
        value = argument.value if isinstance(argument, nodes.Literal) else None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _ROUND_TO:
            raise self.error(f"round() needs a number of decimals from 0 to {_ROUND_TO}", argument)
        return value

    def _date(self, node: nodes.Call) -> Const:
        parts = [argument.value if isinstance(argument, nodes.Literal) else None for argument in node.arguments]
        for part, argument in zip(parts, node.arguments, strict=True):
            if not isinstance(part, int) or isinstance(part, bool):
                raise self.error("date() needs three whole numbers: year, month, day", argument)
        year, month, day = (int(part) for part in parts if isinstance(part, int | Decimal))
        try:
            return Const(DATE, datetime.date(year, month, day))
        except (ValueError, OverflowError):
            raise self.error("there is no such day", node, "write date(2026, 1, 31)") from None

    def _aggregate(self, node: nodes.Call) -> Typed:
        first = node.arguments[0]
        source = self._path(first) if isinstance(first, nodes.Path) else None
        item: Typed | None = None
        if isinstance(source, typed.Aggregate) and len(node.arguments) == 1:
            collection, item = source.collection, source.item
        elif isinstance(source, typed.Collection):
            collection = source
        else:
            raise self.error(f"{node.name}() needs a collection", first, f"for example {_EXAMPLES[node.name]}")
        if len(node.arguments) == 2:
            item = self._inside(collection, node, first)
        return self._aggregated(node, collection, item)

    def _inside(self, collection: typed.Collection, node: nodes.Call, first: nodes.Node) -> Typed:
        prefix = self._path_of(collection)
        self.levels.append((str(collection.kind.model), prefix))
        argument = node.arguments[1]
        result = self.condition(argument) if node.name in ("any", "count") else self.value(argument)
        self.levels.pop()
        return result

    def _path_of(self, collection: typed.Collection) -> UsedPath:
        model, path = self.levels[collection.level]
        for one in (*collection.hops, collection.field):
            path = UsedPath((*path.names, one.name), (*path.models, model), (*path.fields, one))
            model = str(one.target)
        return path

    def _aggregated(self, node: nodes.Call, collection: typed.Collection, item: Typed | None) -> Typed:
        if node.name in ("any", "count"):
            if item is not None and item.kind.name != "boolean":
                raise self.error(
                    f"{node.name}() counts items, not their values", node, f"for example {_EXAMPLES[node.name]}"
                )
            return typed.Aggregate(BOOLEAN if node.name == "any" else INTEGER, node.name, collection, item)
        if item is None:
            raise self.error(f"{node.name}() needs a value of each item", node, f"for example {_EXAMPLES[node.name]}")
        wanted = {"number"} if node.name == "sum" else _ORDERED
        if item.kind.name not in wanted or item.kind.choices:
            raise self.error(f"{node.name}() cannot be taken of {item.kind}", node)
        return typed.Aggregate(item.kind, node.name, collection, item)


_EXAMPLES = {
    "sum": "sum(lines.net)",
    "count": "count(lines) or count(lines, quantity > 3)",
    "any": "any(lines) or any(lines, quantity > 3)",
    "min": "min(lines.date)",
    "max": "max(lines.date)",
}


def node_text(path: nodes.Path) -> str:
    return ".".join(path.names)
