"""Column types that mean the same on PostgreSQL and on SQLite.

    ExactDecimal(precision, scale)   NUMERIC            | SCALED_INTEGER, the value times 10^scale
    UtcDateTime()                    timestamptz        | text, 2026-01-31T09:15:00.000000Z, which sorts as time
    JsonType()                       jsonb              | json

Sums, comparisons, sorting, min, max, between, in, plus and minus of exact decimals work in SQL, also between columns of
different scales, and give Decimal back. What SQLite cannot compute on scaled integers without a loss is refused on both
databases, when the statement is built or compiled; ``product``, ``quotient`` and ``average`` take its place and round
half up (away from zero), as Danish, Bulgarian and Polish tax law and SQL's ``round`` do.

On SQLite they need the functions that ``core.schema.engines.make_engine`` registers on each connection.
"""

from __future__ import annotations

import datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators
from sqlalchemy.sql.functions import FunctionElement, ReturnTypeFromArgs

#: digits of a scaled number that fit into SQLite's 64 bits whatever they are
MAX_PRECISION = 18

_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
_COMPARISONS = frozenset(
    {operators.eq, operators.ne, operators.lt, operators.le, operators.gt, operators.ge}
    | {operators.is_distinct_from, operators.is_not_distinct_from}
)
_SUMS = frozenset({operators.add, operators.sub})
_REFUSED = {
    operators.mul: "use product(a, b, digits)",
    operators.truediv: "use quotient(a, b, digits)",
    operators.floordiv: "use quotient(a, b, digits)",
    operators.mod: "compute it in Python",
    operators.concat_op: "format numbers in Python",
    operators.like_op: "compare numbers, not their digits",
    operators.ilike_op: "compare numbers, not their digits",
}


class ScaledInteger(sa.BigInteger):
    """SQLite's side of ``ExactDecimal``: an integer whose declaration keeps the scale, so that a change is noticed."""

    def __init__(self, precision: int, scale: int) -> None:
        self.precision = precision
        self.scale = scale
        super().__init__()


@compiles(ScaledInteger)
def _compile_scaled_integer(type_: ScaledInteger, compiler: Any, **kw: Any) -> str:
    return f"SCALED_INTEGER({type_.precision}, {type_.scale})"


class ExactDecimal(sa.types.TypeDecorator[Decimal]):
    """A decimal number with ``precision`` digits, ``scale`` of them behind the point. Never a float.

    Values may be given as Decimal, int or str. Raises ValueError for a value with more digits than that, and for NaN
    and infinity; TypeError for anything else (SQLAlchemy shows both as StatementError).
    """

    impl = sa.Numeric
    cache_ok = True

    def __init__(self, precision: int = MAX_PRECISION, scale: int = 4) -> None:
        if not 0 <= scale <= precision <= MAX_PRECISION:
            raise ValueError(f"ExactDecimal({precision}, {scale}): at most {MAX_PRECISION} digits, scale among them")
        self.precision = precision
        self.scale = scale
        super().__init__(precision, scale)

    class Comparator(sa.types.TypeDecorator.Comparator[Decimal]):
        """Refuses what would lose digits, and brings operands of different scales to the larger one."""

        __slots__ = ()
        type: ExactDecimal

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            _refuse(op)
            if op in _COMPARISONS or op in _SUMS:
                return self._with_other(op, other[0], kwargs)
            if op in (operators.in_op, operators.not_in_op) and isinstance(other[0], list | tuple | set | frozenset):
                return self._with_list(op, list(other[0]), kwargs)
            if op in (operators.between_op, operators.not_between_op):
                return self._with_range(op, other, kwargs)
            return super().operate(op, *other, **kwargs)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            _refuse(op)
            if op in _SUMS:
                literal = _operand(other, self.type)
                return op(literal, self.expr)
            return super().reverse_operate(op, other, **kwargs)

        def _adapt_expression(self, op: Any, other_comparator: Any) -> Any:
            if op in _SUMS:
                return op, ExactDecimal(MAX_PRECISION, self.type.scale)
            return super()._adapt_expression(op, other_comparator)

        def _with_other(self, op: Any, other: Any, kwargs: dict[str, Any]) -> Any:
            operand = _operand(other, self.type)
            scale = max(self.type.scale, _scale(operand, self.type.scale))
            if scale != self.type.scale:
                return op(_at_scale(self.expr, scale), _at_scale(operand, scale))
            return super().operate(op, _at_scale(operand, scale), **kwargs)

        def _with_list(self, op: Any, values: list[Any], kwargs: dict[str, Any]) -> Any:
            operands = [_operand(value, self.type) for value in values]
            scale = max([self.type.scale, *(_scale(one, self.type.scale) for one in operands)])
            if scale != self.type.scale:
                return op(_at_scale(self.expr, scale), [_at_scale(one, scale) for one in operands])
            plain = all(isinstance(one, sa.BindParameter) for one in operands)
            # plain values keep one cached statement for lists of any length
            return super().operate(op, values if plain else [_at_scale(one, scale) for one in operands], **kwargs)

        def _with_range(self, op: Any, ends: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            low, high = (_operand(end, self.type) for end in ends)
            scale = max(self.type.scale, _scale(low, self.type.scale), _scale(high, self.type.scale))
            if scale != self.type.scale:
                return op(_at_scale(self.expr, scale), _at_scale(low, scale), _at_scale(high, scale))
            return super().operate(op, _at_scale(low, scale), _at_scale(high, scale), **kwargs)

    comparator_factory = Comparator

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(ScaledInteger(self.precision, self.scale))
        return dialect.type_descriptor(sa.Numeric(self.precision, self.scale))

    def coerce_compared_value(self, op: Any, value: Any) -> sa.types.TypeEngine[Any]:
        return self

    def scaled(self, value: Any) -> int:
        """``value`` times 10^scale, checked."""
        if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
            raise TypeError(f"{value!r} is no exact number; give a Decimal")
        try:
            whole = _EXACT.scaleb(Decimal(value), self.scale).to_integral_exact(context=_EXACT)
            if not whole.is_finite():
                raise ValueError(f"{value!r} is no number")
        except InvalidOperation:
            raise ValueError(f"{value!r} is no number") from None
        except Inexact:
            raise ValueError(f"{value} has more than {self.scale} decimals") from None
        if abs(whole) >= 10**self.precision:
            raise ValueError(f"{value} has more than {self.precision - self.scale} digits before the point")
        return int(whole)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        scaled = self.scaled(value)
        return scaled if dialect.name == "sqlite" else Decimal(scaled).scaleb(-self.scale)

    def literal_processor(self, dialect: Dialect) -> Any:
        return lambda value: format(Decimal(self.process_bind_param(value, dialect)), "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None or dialect.name != "sqlite":
            return value  # type: ignore[no-any-return]  # psycopg gives Decimal
        if not isinstance(value, int):
            raise TypeError(f"{value!r} was read as an exact number; the sum left SQLite's 64 bits, or a type is wrong")
        return Decimal(value).scaleb(-self.scale)


class UtcDateTime(sa.types.TypeDecorator[datetime.datetime]):
    """A moment, kept and given back in UTC. Raises ValueError for a naive datetime, TypeError for a date."""

    impl = sa.DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    class Comparator(sa.types.TypeDecorator.Comparator[datetime.datetime]):
        """Refuses arithmetic: text on SQLite cannot be added to."""

        __slots__ = ()

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op in _SUMS:
                raise TypeError("moments are not added to in SQL; compare with one that is computed in Python")
            return super().operate(op, *other, **kwargs)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            return self.operate(op, other, **kwargs)

    comparator_factory = Comparator

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(sa.String(27))
        return dialect.type_descriptor(sa.DateTime(timezone=True))

    def coerce_compared_value(self, op: Any, value: Any) -> sa.types.TypeEngine[Any]:
        return self

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, datetime.datetime):
            raise TypeError(f"{value!r} is no moment; give a datetime with a time zone")
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(datetime.UTC)
        return f"{value:%Y-%m-%dT%H:%M:%S.%fZ}".rjust(27, "0") if dialect.name == "sqlite" else value

    def literal_processor(self, dialect: Dialect) -> Any:
        return lambda value: f"'{self.process_bind_param(value, dialect)}'"

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime.datetime | None:
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.datetime.fromisoformat(value)
        return value.astimezone(datetime.UTC)  # type: ignore[no-any-return]


class JsonType(sa.types.TypeDecorator[Any]):
    """JSON; None is SQL's NULL. Decimals inside must be strings already."""

    impl = sa.JSON
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(none_as_null=True)

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.JSONB(none_as_null=True))
        return dialect.type_descriptor(sa.JSON(none_as_null=True))

    def coerce_compared_value(self, op: Any, value: Any) -> sa.types.TypeEngine[Any]:
        return self.impl_instance.coerce_compared_value(op, value)


# -- what replaces *, / and avg ----------------------------------------------------------------------------------------


def product(left: Any, right: Any, digits: int = 4) -> sa.ColumnElement[Decimal]:
    """``left * right`` rounded half up to ``digits`` decimals; columns, expressions, Decimals or ints."""
    return _Product(_number(left), _number(right), digits)


def quotient(left: Any, right: Any, digits: int = 4) -> sa.ColumnElement[Decimal]:
    """``left / right`` rounded half up to ``digits`` decimals; NULL where ``right`` is zero."""
    return _Quotient(_number(left), _number(right), digits)


def average(value: Any, digits: int = 4) -> sa.ColumnElement[Decimal]:
    """The average over the rows of a group, empty values left out, rounded half up to ``digits`` decimals."""
    return quotient(sa.func.sum(value), sa.func.count(value), digits)


class _Scaled(FunctionElement[Decimal]):
    """A function with a result at a scale of its own; the scale is a clause, so that it is part of the cache key."""

    inherit_cache = True

    def __init__(self, *operands: sa.ColumnElement[Any], digits: int) -> None:
        self.type = ExactDecimal(MAX_PRECISION, digits)
        super().__init__(*operands, sa.literal_column(str(int(digits)), sa.Integer()))

    @property
    def operands(self) -> list[sa.ColumnElement[Any]]:
        return list(self.clauses)[:-1]

    @property
    def digits(self) -> int:
        return int(str(list(self.clauses)[-1]))


class _Product(_Scaled):
    name = "kontor_product"
    inherit_cache = True

    def __init__(self, left: sa.ColumnElement[Any], right: sa.ColumnElement[Any], digits: int) -> None:
        super().__init__(left, right, digits=digits)


class _Quotient(_Scaled):
    name = "kontor_quotient"
    inherit_cache = True

    def __init__(self, left: sa.ColumnElement[Any], right: sa.ColumnElement[Any], digits: int) -> None:
        super().__init__(left, right, digits=digits)


class _Rescaled(_Scaled):
    """The same number with more decimals: nothing on PostgreSQL, a power of ten on SQLite."""

    name = "kontor_rescaled"
    inherit_cache = True

    def __init__(self, value: sa.ColumnElement[Any], digits: int) -> None:
        super().__init__(value, digits=digits)


@compiles(_Product)
def _compile_product(element: _Product, compiler: Any, **kw: Any) -> str:
    left, right = (compiler.process(one, **kw) for one in element.operands)
    return f"round(CAST({left} AS NUMERIC) * {right}, {element.digits})"


@compiles(_Product, "sqlite")
def _compile_product_sqlite(element: _Product, compiler: Any, **kw: Any) -> str:
    left, right = (compiler.process(one, **kw) for one in element.operands)
    surplus = sum(_scale(one, 0) for one in element.operands) - element.digits
    return f"kontor_product({left}, {right}, {surplus})"


@compiles(_Quotient)
def _compile_quotient(element: _Quotient, compiler: Any, **kw: Any) -> str:
    left, right = (compiler.process(one, **kw) for one in element.operands)
    # NUMERIC division stops after some digits: an integer quotient of scaled numbers rounds exactly
    power = 10**element.digits
    ratio = f"abs(CAST({left} AS NUMERIC)) * {2 * power} + abs(CAST({right} AS NUMERIC))"
    sign = f"sign(CAST({left} AS NUMERIC)) * sign(CAST({right} AS NUMERIC))"
    whole = f"div({ratio}, NULLIF(2 * abs(CAST({right} AS NUMERIC)), 0))"
    return f"round({sign} * {whole} / {power}, {element.digits})"


@compiles(_Quotient, "sqlite")
def _compile_quotient_sqlite(element: _Quotient, compiler: Any, **kw: Any) -> str:
    left, right = (compiler.process(one, **kw) for one in element.operands)
    lack = element.digits + _scale(element.operands[1], 0) - _scale(element.operands[0], 0)
    return f"kontor_quotient({left}, {right}, {lack})"


@compiles(_Rescaled)
def _compile_rescaled(element: _Rescaled, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.operands[0], **kw))


@compiles(_Rescaled, "sqlite")
def _compile_rescaled_sqlite(element: _Rescaled, compiler: Any, **kw: Any) -> str:
    value = element.operands[0]
    return f"({compiler.process(value, **kw)} * {10 ** (element.digits - _scale(value, 0))})"


def divide_half_up(numerator: int, denominator: int) -> int:
    """The whole quotient, halves away from zero."""
    quotient, rest = divmod(abs(numerator), abs(denominator))
    quotient += 2 * rest >= abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient


def sqlite_product(left: int | None, right: int | None, surplus: int) -> int | None:
    """SQLite's ``kontor_product``: scaled numbers in, scaled number out. ValueError beyond 64 bits."""
    if left is None or right is None:
        return None
    _whole(left, right)
    value = left * right
    return _fitting(value * 10**-surplus if surplus < 0 else divide_half_up(value, 10**surplus))


def sqlite_quotient(left: int | None, right: int | None, lack: int) -> int | None:
    """SQLite's ``kontor_quotient``."""
    if left is None or not right:
        return None
    _whole(left, right)
    up, down = (10**lack, 1) if lack >= 0 else (1, 10**-lack)
    return _fitting(divide_half_up(left * up, right * down))


def _whole(*values: object) -> None:
    for value in values:
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is no scaled number")


def _fitting(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise ValueError("the result has more digits than SQLite can hold")
    return value


# -- operands ----------------------------------------------------------------------------------------------------------


def _refuse(op: Any) -> None:
    if op in _REFUSED:
        name = getattr(op, "__name__", str(op))
        raise TypeError(f"'{name}' on exact decimals would lose digits in SQL: {_REFUSED[op]}")


def _number(value: Any) -> sa.ColumnElement[Any]:
    """An operand of product and quotient: an exact or whole number."""
    if isinstance(value, bool | float):
        raise TypeError(f"{value!r} is no exact number; give a Decimal")
    if isinstance(value, Decimal | int | str):
        return _literal(value, 0)
    element: sa.ColumnElement[Any] = sa.sql.coercions.expect(sa.sql.roles.ExpressionElementRole, value)
    if not isinstance(element.type, ExactDecimal | sa.Integer | sa.types.NullType):
        raise TypeError(f"{element} is no exact number but {element.type!r}")
    return element


def _operand(value: Any, other: ExactDecimal) -> Any:
    """What an exact decimal is compared with or added to: typed, or left alone where SQLAlchemy types it itself."""
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float; give a Decimal")
    if isinstance(value, Decimal | int | str) and not isinstance(value, bool):
        return _literal(value, other.scale)
    kind = getattr(value, "type", None)
    if isinstance(kind, sa.Numeric | sa.Float):
        raise TypeError(f"{value} is no exact decimal; give it the type ExactDecimal")
    return value


def _literal(value: Decimal | int | str, scale: int) -> sa.BindParameter[Any]:
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value!r} is no number")
    exponent = number.normalize(_EXACT).as_tuple().exponent
    needed = -exponent if isinstance(exponent, int) else 0
    return sa.literal(number, ExactDecimal(MAX_PRECISION, min(max(scale, needed), MAX_PRECISION)))


def _scale(value: Any, otherwise: int) -> int:
    kind = getattr(value, "type", None)
    if isinstance(kind, ExactDecimal):
        return kind.scale
    return 0 if isinstance(kind, sa.Integer) else otherwise


def _at_scale(value: Any, scale: int) -> Any:
    if _scale(value, scale) == scale:
        return value
    if isinstance(value, sa.BindParameter) and value.unique and value.value is not None:
        return _literal(value.value, scale)
    return _Rescaled(value, scale)


# -- guards for SQL that would meet scaled integers unawares -----------------------------------------------------------

_SAME_SCALE = frozenset({"sum", "min", "max", "coalesce", "nullif", "abs", "greatest", "least", "lag", "lead"})
_ANY_SCALE = frozenset({"count", "rank", "dense_rank", "first_value", "last_value", "array_agg"})
_LITERAL_HINT = "give a literal its type: sa.literal(value, column.type)"


class _Abs(ReturnTypeFromArgs[Any]):
    name = "abs"
    inherit_cache = True


@compiles(sa.sql.functions.Function)
def _compile_function(element: Any, compiler: Any, **kw: Any) -> str:
    arguments = list(element.clauses)
    if any(isinstance(one.type, ExactDecimal) for one in arguments):
        name = element.name.lower()
        if name in _SAME_SCALE:
            _check_same_scale(f"{name}()", arguments)
        elif name not in _ANY_SCALE:
            hint = "use average(value, digits)" if name == "avg" else "compute it in Python"
            raise TypeError(f"{name}() of an exact decimal is not the same on every database: {hint}")
    return str(compiler.visit_function(element, **kw))


@compiles(sa.Case)
def _compile_case(element: Any, compiler: Any, **kw: Any) -> str:
    results = [result for _, result in element.whens]
    _check_same_scale("case()", results if element.else_ is None else [*results, element.else_])
    return str(compiler.visit_case(element, **kw))


@compiles(sa.Cast)
def _compile_cast(element: Any, compiler: Any, **kw: Any) -> str:
    if isinstance(element.clause.type, ExactDecimal) or isinstance(element.type, ExactDecimal):
        _check_same_scale("cast()", [element.clause, element])
    return str(compiler.visit_cast(element, **kw))


def _check_same_scale(what: str, values: list[Any]) -> None:
    given = [one for one in values if not isinstance(one, sa.Null) and not _is_none(one)]
    scales = {one.type.scale if isinstance(one.type, ExactDecimal) else None for one in given}
    if len(scales) > 1:
        kinds = ", ".join(sorted({repr(one.type) for one in given}))
        raise TypeError(f"{what} mixes exact decimals with other types ({kinds}): {_LITERAL_HINT}")


def _is_none(value: Any) -> bool:
    return isinstance(value, sa.BindParameter) and value.value is None and not value.required
