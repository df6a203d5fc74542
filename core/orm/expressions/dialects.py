"""The few SQL constructs that PostgreSQL and SQLite spell differently; those of exact numbers stand in core.orm.types.

``register`` adds what SQLite lacks to a connection.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from core.orm.expressions import functions

_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"


def register(connection: sqlite3.Connection) -> None:
    """Add the language's functions to a SQLite connection; call it on every connect."""
    connection.create_function("kontor_lower", 1, functions.lower_or_none, deterministic=True)


class _Construct(FunctionElement[Any]):
    """Arguments only: whatever decides the SQL is an argument, so that statements are cached by shape."""

    inherit_cache = True


class Rescaled(_Construct):
    """(number, factor)"""

    inherit_cache = True


class Lower(_Construct):
    """(text, capitals, small)"""

    inherit_cache = True


class CodePoints(_Construct):
    """(text): in the order of code points"""

    inherit_cache = True


class Position(_Construct):
    """(text, part): from 1, 0 for absent"""

    inherit_cache = True


class StartsWith(_Construct):
    """(text, part)"""

    inherit_cache = True


class DaysBetween(_Construct):
    """(later, earlier)"""

    inherit_cache = True


class ShiftedDate(_Construct):
    """(date, days)"""

    inherit_cache = True


class ShiftedMoment(_Construct):
    """(moment, days)"""

    inherit_cache = True


def _arguments(element: _Construct, compiler: SQLCompiler, **options: Any) -> list[str]:
    return [compiler.process(argument, **options) for argument in element.clauses]


@compiles(Rescaled)
def _rescaled(element: Rescaled, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **options)


@compiles(Rescaled, "sqlite")
def _rescaled_sqlite(element: Rescaled, compiler: SQLCompiler, **options: Any) -> str:
    return "(({}) * {})".format(*_arguments(element, compiler, **options))


@compiles(Lower)
def _lower(element: Lower, compiler: SQLCompiler, **options: Any) -> str:
    return "translate({}, {}, {})".format(*_arguments(element, compiler, **options))


@compiles(Lower, "sqlite")
def _lower_sqlite(element: Lower, compiler: SQLCompiler, **options: Any) -> str:
    return f"kontor_lower({compiler.process(next(iter(element.clauses)), **options)})"


@compiles(CodePoints)
def _code_points(element: CodePoints, compiler: SQLCompiler, **options: Any) -> str:
    return '(({}) COLLATE "C")'.format(*_arguments(element, compiler, **options))


@compiles(CodePoints, "sqlite")
def _code_points_sqlite(element: CodePoints, compiler: SQLCompiler, **options: Any) -> str:
    return "({} COLLATE BINARY)".format(*_arguments(element, compiler, **options))


@compiles(Position)
def _position(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    return "strpos({}, {})".format(*_arguments(element, compiler, **options))


@compiles(Position, "sqlite")
def _position_sqlite(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    return "instr({}, {})".format(*_arguments(element, compiler, **options))


@compiles(StartsWith)
def _starts_with(element: StartsWith, compiler: SQLCompiler, **options: Any) -> str:
    return "starts_with({}, {})".format(*_arguments(element, compiler, **options))


@compiles(StartsWith, "sqlite")
def _starts_with_sqlite(element: StartsWith, compiler: SQLCompiler, **options: Any) -> str:
    text, part = _arguments(element, compiler, **options)
    again = compiler.process(list(element.clauses)[1], **options)
    return f"(substr({text}, 1, length({part})) = {again})"


@compiles(DaysBetween)
def _days_between(element: DaysBetween, compiler: SQLCompiler, **options: Any) -> str:
    return "({} - {})".format(*_arguments(element, compiler, **options))


@compiles(DaysBetween, "sqlite")
def _days_between_sqlite(element: DaysBetween, compiler: SQLCompiler, **options: Any) -> str:
    return "CAST(julianday({}) - julianday({}) AS INTEGER)".format(*_arguments(element, compiler, **options))


def _clamped(days: str, least: str, greatest: str) -> str:
    """A number of days that the calendar's arithmetic can take; what was clamped is discarded afterwards."""
    limit = functions.MAX_SHIFT
    return f"{least}({greatest}({days}, {-limit}), {limit})"


@compiles(ShiftedDate)
def _shifted_date(element: ShiftedDate, compiler: SQLCompiler, **options: Any) -> str:
    date, days = _arguments(element, compiler, **options)
    moved = f"({date} + CAST({_clamped(days, 'least', 'greatest')} AS INTEGER))"
    return (
        f"CASE WHEN abs({days}) <= {functions.MAX_SHIFT}"
        f" AND {moved} BETWEEN DATE '{_FIRST_DAY}' AND DATE '{_LAST_DAY}' THEN {moved} END"
    )


@compiles(ShiftedDate, "sqlite")
def _shifted_date_sqlite(element: ShiftedDate, compiler: SQLCompiler, **options: Any) -> str:
    date, days = _arguments(element, compiler, **options)
    moved = f"date({date}, CAST({_clamped(days, 'min', 'max')} AS TEXT) || ' days')"
    return f"CASE WHEN abs({days}) <= {functions.MAX_SHIFT} AND {moved} >= '{_FIRST_DAY}' THEN {moved} END"


@compiles(ShiftedMoment)
def _shifted_moment(element: ShiftedMoment, compiler: SQLCompiler, **options: Any) -> str:
    # Hours and not days: a day of a session's time zone may have 23 or 25 of them.
    moment, days = _arguments(element, compiler, **options)
    hours = f"make_interval(0, 0, 0, 0, CAST({_clamped(days, 'least', 'greatest')} * 24 AS INTEGER))"
    moved = f"({moment} + {hours})"
    zoned = f"({moved} AT TIME ZONE 'UTC')"
    return (
        f"CASE WHEN abs({days}) <= {functions.MAX_SHIFT}"
        f" AND {zoned} >= TIMESTAMP '{_FIRST_DAY}' AND {zoned} < TIMESTAMP '{_LAST_DAY}' + INTERVAL '1 day'"
        f" THEN {moved} END"
    )


@compiles(ShiftedMoment, "sqlite")
def _shifted_moment_sqlite(element: ShiftedMoment, compiler: SQLCompiler, **options: Any) -> str:
    # Moments are ISO texts in UTC; the part behind the day stays as it is.
    moment, days = _arguments(element, compiler, **options)
    moved = f"date({moment}, CAST({_clamped(days, 'min', 'max')} AS TEXT) || ' days')"
    return (
        f"CASE WHEN abs({days}) <= {functions.MAX_SHIFT} AND {moved} >= '{_FIRST_DAY}'"
        f" THEN {moved} || substr({moment}, 11) END"
    )
