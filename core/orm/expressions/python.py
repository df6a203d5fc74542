"""The typed tree as a function of a record: nested closures, made once, with the meaning that sql.py gives it in SQL.

A closure takes the records in play, outermost first, and the scope. Conditions give True or False, never None; a
value may be None.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from core.orm.expressions import functions, typed
from core.orm.expressions.kinds import Scope
from core.orm.expressions.typed import Typed

Records: TypeAlias = "tuple[Any, ...]"
Evaluate: TypeAlias = "Callable[[Records, Scope], Any]"

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_python(tree: Typed) -> Callable[[Any, Scope], Any]:
    """A function of (record, scope). A boolean expression gives True or False for every record."""
    evaluate = _condition(tree) if tree.kind.name == "boolean" else _value(tree)
    return lambda record, scope: evaluate((record,), scope)


def _condition(node: Typed) -> Evaluate:
    evaluate = _value(node)
    if isinstance(node, typed.FieldValue | typed.Choice | typed.First | typed.Const | typed.Aggregate):
        return lambda records, scope: bool(evaluate(records, scope))
    return evaluate


def _value(node: Typed) -> Evaluate:
    match node:
        case typed.Const():
            constant = node.value
            return lambda records, scope: constant
        case typed.ScopeValue():
            return _scope_value(node.name)
        case typed.FieldValue():
            return _field(node)
        case typed.RecordId():
            return _record_id(node)
        case typed.Compare():
            return _compare(node)
        case typed.OneOf():
            return _one_of(node)
        case typed.Member():
            return _member(node)
        case typed.Not():
            item = _condition(node.item)
            return lambda records, scope: not item(records, scope)
        case typed.Junction():
            return _junction(node)
        case typed.Choice():
            test, then, other = _condition(node.test), _value(node.then), _value(node.other)
            return lambda records, scope: (then if test(records, scope) else other)(records, scope)
        case typed.First():
            return _first(node)
        case typed.Aggregate():
            return _aggregate(node)
    return _calculation(node)


def _calculation(node: Typed) -> Evaluate:
    match node:
        case typed.Negative():
            return _unary(functions.negative, node.item)
        case typed.Arithmetic():
            return _binary(functions.OPERATIONS[node.operator], node.left, node.right)
        case typed.Concat():
            left, right = _value(node.left), _value(node.right)
            return lambda records, scope: (left(records, scope) or "") + (right(records, scope) or "")
        case typed.Shift():
            sign = node.sign
            return _binary(lambda base, days: functions.shifted(base, sign * days), node.base, node.days)
        case typed.DaysBetween():
            return _binary(lambda later, earlier: (later - earlier).days, node.later, node.earlier)
        case typed.Rounded():
            decimals = node.decimals
            return _unary(lambda number: functions.rounded(number, decimals), node.item)
        case typed.Lower():
            return _unary(functions.lower, node.item)
        case typed.TextTest():
            return _text_test(node)
    raise TypeError(type(node).__name__)


def _scope_value(name: str) -> Evaluate:
    # Nobody's id equals no record's, not even a missing one's: an empty salesperson is not the user who is not there.
    if name == "user":
        return lambda records, scope: 0 if scope.user is None else scope.user
    if name == "company":
        return lambda records, scope: 0 if scope.company is None else scope.company
    return lambda records, scope: getattr(scope, name)


def _field(node: typed.FieldValue) -> Evaluate:
    level = node.level
    if node.field is None:
        return lambda records, scope: records[level]
    name = node.field.name
    if not node.hops:
        return lambda records, scope: getattr(records[level], name)
    hops = tuple(one.name for one in node.hops)

    def follow(records: Records, scope: Scope) -> Any:
        record = _hop(records[level], hops)
        return None if record is None else getattr(record, name)

    return follow


def _hop(record: Any, hops: tuple[str, ...]) -> Any:
    for hop in hops:
        record = getattr(record, hop)
        if record is None:
            return None
    return record


def _record_id(node: typed.RecordId) -> Evaluate:
    item = _value(node.item)

    def read(records: Records, scope: Scope) -> Any:
        record = item(records, scope)
        return record if record is None or isinstance(record, int) else record.id

    return read


def _same_record(left: Any, right: Any) -> bool:
    """Records, or an id in place of one; a record not yet saved equals itself alone."""
    if left is None or right is None or left is right:
        return left is right
    left_id = left if isinstance(left, int) else left.id
    right_id = right if isinstance(right, int) else right.id
    return left_id is not None and bool(left_id == right_id)


def _same(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return left is right
    return bool(left == right)


def compared(sign: str, left: Any, right: Any) -> bool:
    """A comparison of two plain values."""
    if sign in _ORDER:
        return left is not None and right is not None and _ORDER[sign](left, right)
    return _same(left, right) is (sign == "==")


def _equality(kind: str) -> Callable[[Any, Any], bool]:
    return _same_record if kind == "record" else _same


def _compare(node: typed.Compare) -> Evaluate:
    left, right = _value(node.left), _value(node.right)
    if node.operator in _ORDER:
        order = _ORDER[node.operator]

        def ordered(records: Records, scope: Scope) -> bool:
            one, other = left(records, scope), right(records, scope)
            return one is not None and other is not None and order(one, other)

        return ordered
    same = _equality("record" if "record" in (node.left.kind.name, node.right.kind.name) else "")
    wanted = node.operator == "=="
    return lambda records, scope: same(left(records, scope), right(records, scope)) is wanted


def _one_of(node: typed.OneOf) -> Evaluate:
    item, options, empty = _value(node.item), tuple(_value(option) for option in node.options), node.empty
    same = _equality(node.item.kind.name)

    def found(records: Records, scope: Scope) -> bool:
        value = item(records, scope)
        if value is None and empty:
            return True
        return any(same(value, option(records, scope)) for option in options)

    return found


def _member(node: typed.Member) -> Evaluate:
    item, items = _value(node.item), _items(node.collection)

    def found(records: Records, scope: Scope) -> bool:
        value = item(records, scope)
        return value is not None and any(_same_record(value, one) for one in items(records))

    return found


def _junction(node: typed.Junction) -> Evaluate:
    items = tuple(_condition(item) for item in node.items)
    if node.operator == "and":
        return lambda records, scope: all(item(records, scope) for item in items)
    return lambda records, scope: any(item(records, scope) for item in items)


def _first(node: typed.First) -> Evaluate:
    items = tuple(_value(item) for item in node.items)

    def first(records: Records, scope: Scope) -> Any:
        for item in items:
            value = item(records, scope)
            if value is not None:
                return value
        return None

    return first


def _unary(function: Callable[[Any], Any], item: Typed) -> Evaluate:
    evaluate = _value(item)

    def apply(records: Records, scope: Scope) -> Any:
        value = evaluate(records, scope)
        return None if value is None else function(value)

    return apply


def _binary(function: Callable[[Any, Any], Any], first: Typed, second: Typed) -> Evaluate:
    left, right = _value(first), _value(second)

    def apply(records: Records, scope: Scope) -> Any:
        one, other = left(records, scope), right(records, scope)
        return None if one is None or other is None else function(one, other)

    return apply


def _text_test(node: typed.TextTest) -> Evaluate:
    text, part, starts = _value(node.text), _value(node.part), node.function == "startswith"

    def test(records: Records, scope: Scope) -> bool:
        whole, piece = text(records, scope), part(records, scope)
        if whole is None or piece is None:
            return False
        return whole.startswith(piece) if starts else piece in whole

    return test


# -- collections ---------------------------------------------------------------------------------------------------


def _items(collection: typed.Collection) -> Callable[[Records], Iterable[Any]]:
    level, hops, name = collection.level, tuple(one.name for one in collection.hops), collection.field.name

    def items(records: Records) -> Iterable[Any]:
        record = _hop(records[level], hops)
        return () if record is None else getattr(record, name)

    return items


def _aggregate(node: typed.Aggregate) -> Evaluate:
    items = _items(node.collection)
    if node.function in ("any", "count"):
        return _counting(node, items)
    # The checker gives every other aggregate an item.
    value = _value(node.item) if node.item is not None else _scope_value("now")

    def values(records: Records, scope: Scope) -> list[Any]:
        found = (value((*records, item), scope) for item in items(records))
        return [one for one in found if one is not None]

    if node.function == "sum":
        return lambda records, scope: functions.total(values(records, scope))
    choose = min if node.function == "min" else max
    return lambda records, scope: choose(values(records, scope), default=None)


def _counting(node: typed.Aggregate, items: Callable[[Records], Iterable[Any]]) -> Evaluate:
    if node.item is None:
        if node.function == "any":
            return lambda records, scope: any(True for _ in items(records))
        return lambda records, scope: sum(1 for _ in items(records))
    test = _condition(node.item)
    if node.function == "any":
        return lambda records, scope: any(test((*records, item), scope) for item in items(records))
    return lambda records, scope: sum(1 for item in items(records) if test((*records, item), scope))
