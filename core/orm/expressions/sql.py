"""The typed tree as a SQLAlchemy expression over a mapped class or an alias of it.

What always holds:

- Values are bound parameters, never text of the statement.
- A condition is true or false, never NULL, so that NOT means not. ``compile_filter`` drops the guards where NULL and
  false filter the same rows; a column that is compared with a value stays bare, so that its index serves.
- Other records are read through scalar subqueries and EXISTS on the related mapped class, so that criteria that
  rights add to that class hold here too, or through joins that the caller supplies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.orm.expressions import dialects, functions, python, typed
from core.orm.expressions.kinds import Kind, Scope
from core.orm.expressions.typed import Typed
from core.orm.types import MAX_PRECISION, ExactDecimal, UtcDateTime, product

Element: TypeAlias = "sa.ColumnElement[Any]"
#: gives the SQL expression of a field of an entity; the entity's attribute unless the caller knows better
Attribute: TypeAlias = "Callable[[Any, Any], Any]"
#: path of many2one names -> entity that the caller has joined for it
Joins: TypeAlias = "Mapping[tuple[str, ...], Any]"

_PLAIN_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "text": sa.Text(),
    "boolean": sa.Boolean(),
    "date": sa.Date(),
    "datetime": UtcDateTime(),
    "record": sa.BigInteger(),
}


def compile_sql(tree: Typed, entity: Any, scope: Scope, attribute: Attribute, joins: Joins) -> Element:
    """The value of an expression. A record's value is its id; a condition is true or false, never NULL."""
    translator = _Translator(entity, scope, attribute, joins)
    if tree.kind.name == "boolean":
        return translator.condition(tree, strict=True)
    return translator.element(translator.value(tree))


def compile_filter(tree: Typed, entity: Any, scope: Scope, attribute: Attribute, joins: Joins) -> Element:
    """A condition for WHERE, where NULL leaves a row out as false does."""
    return _Translator(entity, scope, attribute, joins).condition(tree, strict=False)


def field_attribute(entity: Any, field: Any) -> Any:
    """The SQL of a field as the mapped class gives it; a reference is told by its column."""
    name = getattr(field, "column_name", field.name) if field.kind == "reference" else field.name
    return getattr(entity, name)


@dataclass(frozen=True)
class _Term:
    """A value in SQL, or a constant that has not become SQL yet (``sql`` None), since its type follows its partner."""

    kind: Kind
    sql: Element | None = None
    constant: Any = None
    nullable: bool = True
    scale: int = 0

    @property
    def is_constant(self) -> bool:
        return self.sql is None

    @property
    def is_column(self) -> bool:
        return isinstance(self.sql, sa.Column)


#: what is read of the entity at the end of a path
_Leaf: TypeAlias = "Callable[[Any], _Term]"


class _Translator:
    def __init__(self, entity: Any, scope: Scope, attribute: Attribute, joins: Joins) -> None:
        self.scope = scope
        self.attribute = attribute
        self.joins = joins
        self.levels: list[Any] = [entity]
        #: every entity in play, for explicit correlation: two of them may be the same table
        self.entities: list[Any] = [entity]

    # ------------------------------------------------------------------ conditions

    def condition(self, node: Typed, strict: bool) -> Element:
        """``strict``: never NULL. Otherwise NULL may stand for false."""
        match node:
            case typed.Const():
                return _truth(bool(node.value))
            case typed.Not():
                return self._not(node.item)
            case typed.Junction():
                items = [self.condition(item, strict) for item in node.items]
                return sa.and_(*items) if node.operator == "and" else sa.or_(*items)
            case typed.Compare():
                return self._compare(self.value(node.left), self.value(node.right), node.operator, strict)
            case typed.OneOf():
                return self._one_of(node, strict)
            case typed.Member():
                return self._member(node)
            case typed.TextTest():
                return self._text_test(node, strict)
            case typed.Aggregate(function="any"):
                return self._any(node)
        term = self.value(node)
        if term.is_constant:
            return _truth(bool(term.constant))
        element = self.element(term)
        return element.is_(sa.true()) if term.nullable else element

    def _not(self, item: Typed) -> Element:
        if isinstance(item, typed.Compare | typed.OneOf | typed.TextTest | typed.Junction):
            return self.condition(item, strict=False).is_not(sa.true())
        return sa.not_(self.condition(item, strict=True))

    def _compare(self, left: _Term, right: _Term, operator: str, strict: bool) -> Element:
        if left.is_constant and right.is_constant:
            return _truth(python.compared(operator, left.constant, right.constant))
        for one, other in ((left, right), (right, left)):
            if one.is_constant and one.constant is None:
                return self._empty(other, operator == "==")
        first, second = self._pair(left, right, ordered=operator not in ("==", "!="))
        if operator == "!=":
            return first.is_distinct_from(second) if left.nullable or right.nullable else _unlike(first, second)
        if operator == "==":
            if left.nullable and right.nullable:
                return first.is_not_distinct_from(second)
            compared = _like(first, second)
        else:
            compared = _ORDER[operator](first, second)
        return self._guarded(compared, (left, right)) if strict else compared

    def _empty(self, term: _Term, empty: bool) -> Element:
        element = self.element(term)
        return element.is_(None) if empty else element.is_not(None)

    def _guarded(self, condition: Element, terms: tuple[_Term, ...]) -> Element:
        """``condition``, false where one of ``terms`` is NULL. Columns are asked outright: their index still serves."""
        nullable = [term for term in terms if term.nullable and not term.is_constant]
        if not nullable:
            return condition
        if all(term.is_column for term in nullable):
            return sa.and_(condition, *(self.element(term).is_not(None) for term in nullable))
        return sa.func.coalesce(condition, sa.false(), type_=sa.Boolean())

    def _pair(self, left: _Term, right: _Term, ordered: bool) -> tuple[Element, Element]:
        """Both sides of a comparison, brought to one type."""
        if "number" in (left.kind.name, right.kind.name):
            return self._numbers(left, right)
        one, other = self.element(left), self.element(right)
        if ordered and left.kind.name == "text":
            return _code_points(one), other
        return one, other

    def _one_of(self, node: typed.OneOf, strict: bool) -> Element:
        item = self.value(node.item)
        options = [self.value(option) for option in node.options]
        found: list[Element] = []
        plain = (item.kind.name in ("text", "record", "date") or _is_integer(item)) and all(
            option.is_constant and isinstance(option.constant, Decimal) is False for option in options
        )
        if plain and len(options) > 1 and item.sql is not None:
            element = item.sql
            among = element.in_([option.constant for option in options])
            found.append(self._guarded(among, (item,)) if strict and not node.empty else among)
        else:
            found.extend(self._compare(item, option, "==", strict) for option in options)
        if not node.empty:
            return sa.or_(*found) if found else sa.false()
        empty = _truth(item.constant is None) if item.is_constant else self._empty(item, True)
        # With the empty case asked for, a NULL of the rest can only be a NULL of an option.
        return sa.or_(*found, empty) if not strict else sa.or_(*found, empty).is_(sa.true())

    def _text_test(self, node: typed.TextTest, strict: bool) -> Element:
        text, part = self.value(node.text), self.value(node.part)
        if text.is_constant and part.is_constant:
            whole, piece = text.constant, part.constant
            return _truth(whole.startswith(piece) if node.function == "startswith" else piece in whole)
        one, other = self.element(text), self.element(part)
        if node.function == "startswith":
            test: Element = sa.type_coerce(dialects.StartsWith(one, other), sa.Boolean())
        else:
            test = sa.type_coerce(dialects.Position(one, other), sa.Integer()) > 0
        return self._guarded(test, (text, part)) if strict else test

    # ------------------------------------------------------------------ values

    def value(self, node: Typed) -> _Term:
        match node:
            case typed.Const():
                return _Term(node.kind, constant=node.value, nullable=node.value is None)
            case typed.ScopeValue():
                return _Term(node.kind, constant=self._scope_value(node.name), nullable=False)
            case typed.FieldValue():
                return self._field(node)
            case typed.RecordId():
                term = self.value(node.item)
                return _Term(node.kind, term.sql, term.constant, term.nullable)
            case typed.Choice():
                return self._choice(node)
            case typed.First():
                return self._first(node)
            case typed.Aggregate(function="any"):
                return _Term(node.kind, self._any(node), nullable=False)
            case typed.Aggregate():
                return self._aggregate(node)
            case typed.Negative() | typed.Arithmetic() | typed.Rounded():
                return self._calculation(node)
            case typed.Concat() | typed.Lower():
                return self._text(node)
            case typed.Shift():
                return self._shift(node)
            case typed.DaysBetween():
                return self._days_between(node)
        return _Term(node.kind, self.condition(node, strict=True), nullable=False)

    def _scope_value(self, name: str) -> Any:
        value = getattr(self.scope, name)
        return 0 if value is None and name in ("user", "company") else value

    def element(self, term: _Term) -> Element:
        """The SQL of a term."""
        if term.sql is not None:
            return term.sql
        if term.constant is None:
            return sa.null()
        if term.kind.name == "number":
            return _in_type(term, _scale(term), not _is_integer(term))
        return sa.literal(term.constant, _PLAIN_TYPES[term.kind.name])

    def _choice(self, node: typed.Choice) -> _Term:
        terms = [self.value(node.then), self.value(node.other)]
        then, other = self._alternatives(terms, node.kind)
        case = sa.case((self.condition(node.test, strict=False), then), else_=other)
        return self._alternative(case, terms, node.kind, any(term.nullable for term in terms))

    def _first(self, node: typed.First) -> _Term:
        terms = [term for term in map(self.value, node.items) if not _is_none(term)]
        if len(terms) < 2:
            return terms[0] if terms else _Term(node.kind)
        first = sa.func.coalesce(*self._alternatives(terms, node.kind))
        return self._alternative(first, terms, node.kind, all(term.nullable for term in terms))

    def _alternatives(self, terms: list[_Term], kind: Kind) -> list[Element]:
        """All in one type."""
        if kind.name != "number":
            return [self.element(term) for term in terms]
        scale, exact = max(map(_scale, terms)), not all(_is_integer(term) or _is_none(term) for term in terms)
        return [self.element(term) if _is_none(term) else _in_type(term, scale, exact) for term in terms]

    def _alternative(self, element: Element, terms: list[_Term], kind: Kind, nullable: bool) -> _Term:
        if kind.name == "none":
            return _Term(kind)
        if kind.name != "number":
            return _Term(kind, sa.type_coerce(element, _PLAIN_TYPES[kind.name]), nullable=nullable)
        scale, exact = max(map(_scale, terms)), not all(_is_integer(term) or _is_none(term) for term in terms)
        return _Term(kind, sa.type_coerce(element, _number_type(scale, exact)), nullable=nullable, scale=scale)

    # ------------------------------------------------------------------ numbers

    def _numbers(self, left: _Term, right: _Term) -> tuple[Element, Element]:
        """Two numbers in one type, so that SQLite compares and adds like with like."""
        scale = max(_scale(left), _scale(right))
        exact = not (_is_integer(left) and _is_integer(right))
        return _in_type(left, scale, exact), _in_type(right, scale, exact)

    def _calculation(self, node: typed.Negative | typed.Arithmetic | typed.Rounded) -> _Term:
        if isinstance(node, typed.Arithmetic):
            return self._arithmetic(node)
        item = self.value(node.item)
        if isinstance(node, typed.Negative):
            return _Term(node.kind, -self.element(item), nullable=item.nullable, scale=item.scale)
        element = product(self.element(item), sa.literal(1, sa.BigInteger()), node.decimals)
        return _Term(node.kind, element, nullable=item.nullable, scale=node.decimals)

    def _arithmetic(self, node: typed.Arithmetic) -> _Term:
        left, right = self.value(node.left), self.value(node.right)
        nullable = left.nullable or right.nullable
        one, other = self._numbers(left, right)
        if node.operator == "+":
            return _Term(node.kind, one + other, nullable=nullable, scale=_scale_of(one.type))
        if node.operator == "-":
            return _Term(node.kind, one - other, nullable=nullable, scale=_scale_of(one.type))
        if node.kind.integer:
            return _Term(node.kind, one * other, nullable=nullable)
        scale = min(_scale(left) + _scale(right), functions.PRODUCT_DECIMALS)
        element = product(self.element(left), self.element(right), scale)
        return _Term(node.kind, element, nullable=nullable, scale=scale)

    def _folded(self, node: Typed) -> _Term:
        """Dates of the request are moved here, by the rules of the language, and stay constants."""
        value = python.compile_python(node)(None, self.scope)
        return _Term(node.kind, constant=value, nullable=value is None)

    # ------------------------------------------------------------------ texts and dates

    def _text(self, node: typed.Concat | typed.Lower) -> _Term:
        if isinstance(node, typed.Lower):
            item = self.value(node.item)
            if item.sql is None:
                return _Term(node.kind, constant=functions.lower(item.constant), nullable=False)
            lowered = dialects.Lower(item.sql, sa.literal(functions.CAPITALS), sa.literal(functions.SMALL))
            return _Term(node.kind, sa.type_coerce(lowered, sa.Text()), nullable=item.nullable)
        left, right = self._filled(self.value(node.left)), self._filled(self.value(node.right))
        return _Term(node.kind, sa.type_coerce(left, sa.Text()) + sa.type_coerce(right, sa.Text()), nullable=False)

    def _filled(self, term: _Term) -> Element:
        element = self.element(term)
        return sa.func.coalesce(element, sa.literal(""), type_=sa.Text()) if term.nullable else element

    def _shift(self, node: typed.Shift) -> _Term:
        base, days = self.value(node.base), self.value(node.days)
        if base.is_constant and days.is_constant:
            return self._folded(node)
        number, element = self.element(days), self.element(base)
        number = number if node.sign == 1 else -number
        construct = dialects.ShiftedDate if node.kind.name == "date" else dialects.ShiftedMoment
        return _Term(node.kind, sa.type_coerce(construct(element, number), element.type))

    def _days_between(self, node: typed.DaysBetween) -> _Term:
        later, earlier = self.value(node.later), self.value(node.earlier)
        if later.is_constant and earlier.is_constant:
            return self._folded(node)
        days = dialects.DaysBetween(self.element(later), self.element(earlier))
        return _Term(node.kind, sa.type_coerce(days, sa.BigInteger()), nullable=later.nullable or earlier.nullable)

    # ------------------------------------------------------------------ fields and other records

    def _field(self, node: typed.FieldValue) -> _Term:
        entity = self.levels[node.level]
        if node.field is None:
            return _Term(node.kind, _clause(entity.id), nullable=False)
        field = node.field
        return self._reach(entity, node.hops, lambda reached: self._own(reached, field, node.kind), node.level == 0)

    def _own(self, entity: Any, field: Any, kind: Kind) -> _Term:
        if kind.name == "record":
            column = _clause(_link(entity, field.name))
            return _Term(kind, column, nullable=_nullable(column))
        column = _clause(self.attribute(entity, field))
        # A live condition is an expression of this language, and so never NULL.
        live = kind.name == "boolean" and getattr(field, "expression", None) is not None
        return _Term(kind, column, nullable=not live and _nullable(column), scale=_scale_of(column.type))

    def _reach(
        self,
        entity: Any,
        hops: tuple[Any, ...],
        leaf: _Leaf,
        joinable: bool,
        done: tuple[str, ...] = (),
    ) -> _Term:
        """What ``leaf`` gives at the end of ``hops``, seen from ``entity``; NULL where a hop leads nowhere."""
        if not hops:
            term = leaf(entity)
            # An entity that the caller joined may be absent from the row, whatever its columns promise.
            return term if not done else _Term(term.kind, term.sql, term.constant, True, term.scale)
        hop, rest = hops[0], hops[1:]
        path = (*done, hop.name)
        if joinable and path in self.joins:
            return self._reach(self.joins[path], rest, leaf, True, path)
        target = _target(entity, hop.name)
        correlated = tuple(self.entities)
        self.entities.append(target)
        inner = self._reach(target, rest, leaf, False)
        self.entities.pop()
        # compared by attributes, not by the relationship: so the session sees which model the alias stands for
        link = target.id == _link(entity, hop.name)
        query = sa.select(self.element(inner)).select_from(target).where(link).correlate(*correlated)
        return _Term(inner.kind, query.scalar_subquery(), nullable=True, scale=inner.scale)

    def _member(self, node: typed.Member) -> Element:
        item = self.value(node.item)

        def leaf(entity: Any) -> _Term:
            def same(target: Any) -> Element:
                return _clause(target.id) == self.element(item)

            return _Term(node.kind, self._exists(entity, node.collection, same), nullable=False)

        return self._present(self._collected(node.collection, leaf))

    def _any(self, node: typed.Aggregate) -> Element:
        item = node.item

        def leaf(entity: Any) -> _Term:
            def matching(target: Any) -> Element | None:
                return None if item is None else self._inside(target, lambda: self.condition(item, strict=False))

            return _Term(node.kind, self._exists(entity, node.collection, matching), nullable=False)

        return self._present(self._collected(node.collection, leaf))

    def _present(self, term: _Term) -> Element:
        element = self.element(term)
        return sa.func.coalesce(element, sa.false(), type_=sa.Boolean()) if term.nullable else element

    def _collected(self, collection: typed.Collection, leaf: _Leaf) -> _Term:
        return self._reach(self.levels[collection.level], collection.hops, leaf, collection.level == 0)

    def _exists(self, entity: Any, collection: typed.Collection, matching: Callable[[Any], Element | None]) -> Element:
        name = collection.field.name
        target = _target(entity, name)
        correlated = tuple(self.entities)
        query: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(target)
        query = query.where(getattr(entity, name).of_type(target))
        self.entities.append(target)
        condition = matching(target)
        self.entities.pop()
        if condition is not None:
            query = query.where(condition)
        return query.correlate(*correlated).exists()

    def _inside(self, target: Any, translate: Callable[[], Any]) -> Any:
        self.levels.append(target)
        result = translate()
        self.levels.pop()
        return result

    def _aggregate(self, node: typed.Aggregate) -> _Term:
        term = self._collected(node.collection, lambda entity: self._aggregated(entity, node))
        if node.function in ("min", "max"):
            return term
        element = self.element(term)
        zero = sa.literal(0, element.type)
        return _Term(node.kind, sa.func.coalesce(element, zero, type_=element.type), nullable=False, scale=term.scale)

    def _aggregated(self, entity: Any, node: typed.Aggregate) -> _Term:
        name = node.collection.field.name
        target = _target(entity, name)
        query: sa.Select[Any] = sa.select().select_from(target).where(getattr(entity, name).of_type(target))
        query = query.correlate(*self.entities)
        self.entities.append(target)
        term: _Term = self._inside(target, lambda: self._over_items(node, query))
        self.entities.pop()
        return term

    def _over_items(self, node: typed.Aggregate, query: sa.Select[Any]) -> _Term:
        if node.function == "count":
            if node.item is not None:
                query = query.where(self.condition(node.item, strict=False))
            return _Term(node.kind, query.add_columns(sa.func.count(type_=sa.BigInteger())).scalar_subquery())
        if node.item is None:
            raise TypeError(f"{node.function}() without a value")
        item = self.value(node.item)
        element = self.element(item)
        if not self._is_own_column(node.item, item):
            # SQL gives an aggregate to the query whose columns it names: one over a value without columns of the
            # items, or with those of the outer record too, must not be able to choose.
            values = query.add_columns(element.label("value")).subquery()
            query, element = sa.select(), sa.type_coerce(values.c.value, element.type)
        total = _aggregate_function(node.function, element, item)
        return _Term(node.kind, query.add_columns(total).scalar_subquery(), scale=_scale(item))

    def _is_own_column(self, node: Typed, term: _Term) -> bool:
        """Whether the value is a plain column of the innermost item."""
        own = isinstance(node, typed.FieldValue) and node.level == len(self.levels) - 1 and not node.hops
        return own and term.is_column


# -- small things ----------------------------------------------------------------------------------------------------


def _aggregate_function(name: str, element: Element, item: _Term) -> Element:
    if name == "sum":
        total = sa.func.sum(element, type_=element.type)
        # PostgreSQL sums whole numbers as NUMERIC.
        return sa.cast(total, sa.BigInteger()) if _is_integer(item) else total
    function = sa.func.min if name == "min" else sa.func.max
    return function(_code_points(element) if item.kind.name == "text" else element, type_=element.type)


def _like(one: Element, other: Element) -> Element:
    return one == other


def _unlike(one: Element, other: Element) -> Element:
    return one != other


def _less(one: Element, other: Element) -> Element:
    return one < other


def _less_or_same(one: Element, other: Element) -> Element:
    return one <= other


def _more(one: Element, other: Element) -> Element:
    return one > other


def _more_or_same(one: Element, other: Element) -> Element:
    return one >= other


_ORDER: dict[str, Callable[[Element, Element], Element]] = {
    "<": _less,
    "<=": _less_or_same,
    ">": _more,
    ">=": _more_or_same,
}


def _truth(value: bool) -> Element:
    return sa.true() if value else sa.false()


def _clause(attribute: Any) -> Element:
    """The expression behind a mapped attribute, a hybrid or an expression."""
    getter = getattr(attribute, "__clause_element__", None)
    element: Element = attribute if getter is None else getter()
    return element


def _code_points(element: Element) -> Element:
    return sa.type_coerce(dialects.CodePoints(element), sa.Text())


def _nullable(element: Element) -> bool:
    return not isinstance(element, sa.Column) or element.nullable is not False


def _target(entity: Any, name: str) -> Any:
    return aliased(_relationship(entity, name).mapper.class_)


def _relationship(entity: Any, name: str) -> Any:
    return sa.inspect(entity).mapper.relationships[name]


def _link(entity: Any, name: str) -> Any:
    """The foreign key behind a many2one."""
    column = _relationship(entity, name).local_remote_pairs[0][0]
    return getattr(entity, sa.inspect(entity).mapper.get_property_by_column(column).key)


def _scale_of(type_: sa.types.TypeEngine[Any]) -> int:
    return 0 if isinstance(type_, sa.Integer) else int(getattr(type_, "scale", 0) or 0)


def _decimals(number: Decimal | int) -> int:
    exponent = Decimal(number).normalize().as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _scale(term: _Term) -> int:
    if not term.is_constant:
        return term.scale
    return _decimals(term.constant) if isinstance(term.constant, int | Decimal) else 0


def _is_none(term: _Term) -> bool:
    return term.is_constant and term.constant is None


def _is_integer(term: _Term) -> bool:
    """Whether the number is a whole one in SQL too, and not a decimal of which the language knows that it is whole."""
    if term.sql is not None:
        return isinstance(term.sql.type, sa.Integer)
    return isinstance(term.constant, int)


def _number_type(scale: int, exact: bool) -> sa.types.TypeEngine[Any]:
    return ExactDecimal(MAX_PRECISION, scale) if exact else sa.BigInteger()


def _in_type(term: _Term, scale: int, exact: bool) -> Element:
    """The number with ``scale`` decimals, which only SQLite has to be told about."""
    type_ = _number_type(scale, exact)
    if term.sql is None:
        return sa.literal(_clamped(term.constant, scale) if exact else term.constant, type_)
    if term.scale != scale:
        factor = sa.literal(10 ** (scale - term.scale), sa.BigInteger())
        return sa.type_coerce(dialects.Rescaled(term.sql, factor), type_)
    return term.sql if isinstance(term.sql.type, ExactDecimal) == exact else sa.type_coerce(term.sql, type_)


def _clamped(number: Decimal | int, scale: int) -> Decimal:
    """The number, or the largest that a column of this scale holds: beyond it every comparison comes out alike."""
    largest = (Decimal(10) ** MAX_PRECISION - 1).scaleb(-scale)
    return max(-largest, min(Decimal(number), largest))
