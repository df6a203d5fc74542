"""Lists in groups: one statement counts and adds up each group, one more for each group that is unfolded.

Dates are grouped by the first day of their day, week, month, quarter or year; times in the user's zone.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from babel.dates import format_date

from core.i18n import _, translate
from core.views.format import formatter
from core.web.selecting import Columns

if TYPE_CHECKING:
    from core.env import Env
    from core.views import Access, GroupBy, View

MAX_GROUPS = 500


@dataclass
class Group:
    """``value`` as the database has it; ``key``: the same for an address."""

    value: Any
    label: str
    key: str
    count: int
    condition: Any
    sums: dict[str, Any] = field(default_factory=dict)


def read_groups(env: Env, view: View, access: Access, by: GroupBy, conditions: Sequence[Any]) -> list[Group]:
    """The groups of ``view``'s rows by ``by``, in the order of their labels."""
    columns = Columns(env, view.info)
    value, one = columns.field(by.node.path)
    label: Any = None
    if one.kind == "many2one":
        label = columns.label(by.node.path)
    elif one.kind in ("date", "datetime"):
        value = _start(env, value, by.by or "month", one.kind == "datetime")
    summed = [
        node
        for node in view.columns
        if node.sum and node.field.stored and "." not in node.path and access.may.get(node.path)
    ]
    cls: Any = view.info.cls
    amounts = [sa.func.sum(columns.value(node.path)) for node in summed]
    units = [_units(view, node.field.currency) if node.kind == "money" else sa.literal(1) for node in summed]
    keys = [value] if label is None else [value, label]
    statement = sa.select(*keys, sa.func.count(cls.id), *amounts, *units).select_from(cls)
    statement = columns.joined(statement).where(*conditions).group_by(*keys).order_by(keys[-1]).limit(MAX_GROUPS)
    groups = []
    for found_row in env.session.execute(statement):
        row: Any = tuple(found_row)
        raw, text, rest = row[0], row[len(keys) - 1], row[len(keys) :]
        found = _group(env, by, value, one, raw, text, int(rest[0]))
        for at, node in enumerate(summed):
            if rest[1 + at] is not None and (rest[1 + len(summed) + at] or 0) <= 1:
                found.sums[node.path] = rest[1 + at]
        groups.append(found)
    return groups


def _units(view: View, currency: str | None) -> Any:
    """How many currencies the amounts of a group have."""
    info = view.info
    if not currency or currency not in info.fields or not info.fields[currency].stored:
        return sa.literal(1)
    return sa.func.count(sa.distinct(info.attr(currency)))


def _group(env: Env, by: GroupBy, expression: Any, one: Any, raw: Any, text: Any, count: int) -> Group:
    key = json.dumps(
        raw.isoformat()
        if isinstance(raw, datetime.date)
        else str(raw)
        if one.kind in ("money", "decimal", "quantity")
        else raw
    )
    if raw is None:
        return Group(None, str(_("(empty)")), "null", count, expression.is_(None))
    condition = expression == raw
    if one.kind == "many2one":
        label = str(text) if text is not None else str(_("(hidden)"))
    elif one.kind in ("selection", "state"):
        label = translate(str(one.choices.get(raw, raw)))
    elif one.kind == "boolean":
        label, condition = (str(_("Yes")), expression.is_(True)) if raw else (str(_("No")), expression.is_(False))
    elif one.kind in ("date", "datetime"):
        start = raw if isinstance(raw, datetime.date) else datetime.date.fromisoformat(str(raw))
        label = period_label(start, by.by or "month", env.language)
    else:
        label = formatter(env.language, env.principal.zone).typed(raw)
    return Group(raw, label, key, count, condition)


def period_label(start: datetime.date, by: str, language: str) -> str:
    """A period's name: 31.1.2026, week 5/2026, January 2026, Q1 2026, 2026."""
    if by == "day":
        return formatter(language).date(start)
    if by == "week":
        return str(_("week {week}/{year}")).format(week=start.isocalendar().week, year=start.isocalendar().year)
    pattern = {"month": "LLLL yyyy", "quarter": "QQQ yyyy", "year": "yyyy"}[by]
    return format_date(start, pattern, locale=language)


def _start(env: Env, column: Any, by: str, has_time: bool) -> Any:
    """The first day of the period that ``column`` lies in, as SQL."""
    if env.session.kernel_connection().dialect.name == "postgresql":
        local = sa.func.timezone(env.principal.zone, column) if has_time else column
        return sa.cast(sa.func.date_trunc(by, local), sa.Date)
    shift = []
    if has_time:
        offset = env.now.astimezone(env.zone).utcoffset() or datetime.timedelta()
        shift.append(f"{int(offset.total_seconds() // 60):+d} minutes")
    text = sa.type_coerce(column, sa.Text)
    if by == "quarter":
        month = sa.cast(sa.func.strftime("%m", text, *shift), sa.Integer)
        return sa.func.date(
            text, *shift, "start of month", sa.func.printf("-%d months", (month - 1) % 3), type_=sa.Text
        )
    steps = {"day": (), "week": ("weekday 0", "-6 days"), "month": ("start of month",), "year": ("start of year",)}[by]
    return sa.func.date(text, *shift, *steps, type_=sa.Text)
