"""Reads lists: one SELECT of exactly the shown and readable columns, with the labels of linked records joined to it.

    statement   made once for each view, combination of groups, language and order; filters and place are added to it
    rows        plain tuples in the order that the compiled template unpacks (View.slots)
    count       one more statement that stops at 10,000; none at all where the page itself tells

Both run in the principal's session, so that its rules are part of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.views.check import UNSORTABLE
from core.web import paging
from core.web.paging import Key
from core.web.selecting import Columns, expressions_of, moves

if TYPE_CHECKING:
    from core.env import Env
    from core.views import Access, Slot, View
    from core.web.app import Web
    from core.web.liststate import ListState

PAGE = 80
COUNT_LIMIT = 10_000
_KEPT_PLANS = 2_000


@dataclass(frozen=True)
class Plan:
    """A statement that is ready but for filters and place. The keys' values stand behind the row in each result."""

    statement: sa.Select[Any]
    columns: Columns
    keys: tuple[Key, ...]
    sort: tuple[str, ...]
    width: int
    #: positions in the row of columns that name several records, or a record of any model
    extra: tuple[tuple[int, Slot], ...]
    indexed: bool
    #: the first page of every row, by size: the same statement object again and again costs the session least
    starts: dict[int, sa.Select[Any]] = field(default_factory=dict)

    def start(self, size: int) -> sa.Select[Any]:
        """The first ``size`` rows, and one more that tells whether there are further ones."""
        if size not in self.starts:
            self.starts[size] = self.statement.order_by(*(key.order() for key in self.keys)).limit(size + 1)
        return self.starts[size]


@dataclass
class Page:
    """One page of a list. ``count``: None when it is more than ``COUNT_LIMIT``."""

    rows: Sequence[Sequence[Any]]
    count: int | None
    first: str = ""
    last: str = ""
    has_before: bool = False
    has_after: bool = False
    sort: tuple[str, ...] = ()
    indexed: bool = True
    sums: dict[str, Any] = field(default_factory=dict)


def plan_of(env: Env, web: Web, view: View, access: Access, sort: tuple[str, ...]) -> Plan:
    """The statement of ``view`` in the order ``sort`` (fields that cannot be sorted by are passed over)."""
    sort = valid_sort(env, view, access, sort)
    expressions = [*expressions_of(env, view.columns), *(one.expression for one in view.flags.values())]
    moving = (env.user_id, env.company_id, env.today) if moves(expressions) else None
    if any("now" in one.text for one in expressions):
        return _plan(env, view, access, sort)
    key = (*web.key(view, env), env.language, sort, moving)
    cache = web.cache("plans")
    found: Plan | None = cache.get(key)
    if found is None:
        if len(cache) > _KEPT_PLANS:
            cache.clear()
        found = cache[key] = _plan(env, view, access, sort)
    return found


def valid_sort(env: Env, view: View, access: Access, sort: Sequence[str]) -> tuple[str, ...]:
    """Those of ``sort`` that may be sorted by, else the order of the view."""
    asked = [one for one in sort if may_sort(env, view, access, one.removeprefix("-"))]
    return tuple(asked or (one for one in view.sort if readable_path(env, view, one.removeprefix("-"))))


def may_sort(env: Env, view: View, access: Access, path: str) -> bool:
    node = view.fields.get(path)
    if node is None or node.kind in UNSORTABLE or not access.may.get(path):
        return False
    expression = node.field.expression
    return expression is None or Columns(env, view.info).may_ask(expression)


def readable_path(env: Env, view: View, path: str) -> bool:
    columns = Columns(env, view.info)
    *hops, name = path.split(".")
    if not columns.reachable(tuple(hops)):
        return False
    if name == "id":
        return True
    info = view.info
    for hop in hops:
        info = env.models[str(info.fields[hop].target)]
    return name in info.fields and env.readable(info, info.fields[name])


def _plan(env: Env, view: View, access: Access, sort: tuple[str, ...]) -> Plan:
    columns = Columns(env, view.info)
    shown = [columns.slot(slot, access.may, dict(view.flags)) for slot in view.slots]
    keys, indexed = _keys(env, view, columns, sort)
    extra = tuple(
        (at, slot)
        for at, slot in enumerate(view.slots)
        if slot.path in view.fields
        and access.may.get(slot.path)
        and (
            (slot.what == "value" and view.fields[slot.path].kind == "many2many")
            or (slot.what == "label" and view.fields[slot.path].kind == "reference")
        )
    )
    every = [*shown, *(key.expression for key in keys)]
    statement = sa.select(*(one.label(f"c{at}") for at, one in enumerate(every)))
    statement = columns.joined(statement.select_from(view.info.cls))
    return Plan(statement, columns, keys, sort, len(shown), extra, indexed)


def _keys(env: Env, view: View, columns: Columns, sort: tuple[str, ...]) -> tuple[tuple[Key, ...], bool]:
    keys: list[Key] = []
    indexed = True
    for at, one in enumerate(sort):
        path, descending = one.removeprefix("-"), one.startswith("-")
        if path == "id":
            continue
        expression, field_ = columns.field(path)
        nullable = "." in path or not (field_.not_null or field_.kind in ("boolean", "state"))
        kind = field_.kind
        if kind == "many2one":
            expression, nullable, kind = columns.label(path), True, "char"
        elif field_.searchable and "." not in path:
            # the folded shadow has an index and sorts as people expect, whatever the case
            expression, kind = view.info.folded(path), "char"
        if at == 0:
            indexed = "." not in path and _is_indexed(view, path)
        keys.append(Key(expression, descending, nullable, kind))
    down = bool(sort) and sort[0].startswith("-")
    cls: Any = view.info.cls
    return (*keys, Key(cls.id, down, False, "id")), indexed


def _is_indexed(view: View, path: str) -> bool:
    one = view.info.fields[path]
    if not one.stored or one.kind == "many2one":
        return False
    names = {one.column_name, f"{one.name}_folded"}
    table = view.info.table
    starts = [next(iter(index.columns)).name for index in table.indexes if len(index.columns)]
    starts += [
        next(iter(unique.columns)).name for unique in table.constraints if isinstance(unique, sa.UniqueConstraint)
    ]
    with_company = [list(index.columns)[1].name for index in table.indexes if len(index.columns) > 1]
    return bool(names & {*starts, *with_company})


def read_page(
    env: Env,
    web: Web,
    view: View,
    access: Access,
    conditions: Sequence[Any],
    state: ListState,
    size: int = PAGE,
    counted: bool = True,
) -> Page:
    """The page of ``view`` that ``state`` asks for, among the rows that fulfil ``conditions``."""
    plan = plan_of(env, web, view, access, state.sort)
    backwards = bool(state.before)
    keys = [key.turned() for key in plan.keys] if backwards else list(plan.keys)
    place = paging.unpack(state.before or state.after, plan.keys) if state.before or state.after else None
    if conditions or place is not None:
        statement = plan.statement.where(*conditions)
        if place is not None:
            postgresql = env.session.kernel_connection().dialect.name == "postgresql"
            statement = statement.where(paging.condition(keys, place, postgresql))
        statement = statement.order_by(*(key.order() for key in keys)).limit(size + 1)
    else:
        statement = plan.start(size)
    rows: list[Any] = list(env.session.execute(statement))
    further = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    count: int | None = len(rows)
    if counted and (place is not None or further):
        count = count_of(env, view, conditions)
    page = Page([tuple(row)[: plan.width] for row in rows], count, sort=plan.sort, indexed=plan.indexed)
    if rows:
        page.first, page.last = (paging.pack(tuple(row)[plan.width :]) for row in (rows[0], rows[-1]))
    page.has_before = further if backwards else place is not None
    page.has_after = place is not None if backwards else further
    if plan.extra:
        fill_extra(env, view, plan, page)
    page.sums = sums_of(view, access, page.rows)
    return page


def count_of(env: Env, view: View, conditions: Sequence[Any]) -> int | None:
    """How many rows fulfil ``conditions``; None for more than ``COUNT_LIMIT``."""
    kept: dict[str, Any] = env.models.plans.setdefault("counts", {})
    statement = kept.get(view.model) if not conditions else None
    if statement is None:
        cls: Any = view.info.cls
        some = sa.select(cls.id).where(*conditions).limit(COUNT_LIMIT + 1).subquery()
        statement = sa.select(sa.func.count()).select_from(some)
        if not conditions:
            kept[view.model] = statement
    found = int(env.session.scalar(statement) or 0)
    return found if found <= COUNT_LIMIT else None


def sums_of(view: View, access: Access, rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Sums of the page's columns that ask for one; amounts of several currencies are not added up."""
    found: dict[str, Any] = {}
    for at, slot in enumerate(view.slots):
        node = view.fields.get(slot.path)
        if slot.what != "value" or node is None or not node.sum or not access.may.get(slot.path):
            continue
        unit_at = at + 1 if at + 1 < len(view.slots) and view.slots[at + 1].what == "unit" else None
        if unit_at is not None and len({row[unit_at] for row in rows if row[at] is not None}) > 1:
            continue
        values = [row[at] for row in rows if row[at] is not None]
        if values:
            found[slot.path] = sum(values, Decimal()) if isinstance(values[0], Decimal) else sum(values)
    return found


def fill_extra(env: Env, view: View, plan: Plan, page: Page) -> None:
    """Columns that hold several records: one more statement for each, for the whole page."""
    rows = [list(row) for row in page.rows]
    for at, slot in plan.extra:
        if view.fields[slot.path].kind == "reference":
            labels = reference_labels(env, ((row[at - 1], row[at - 2]) for row in rows))
            for row in rows:
                row[at] = labels.get((row[at - 1], row[at - 2]))
        elif "." not in slot.path:
            names = many_labels(env, view.info, slot.path, [int(row[0]) for row in rows])
            for row in rows:
                row[at] = [label for _id, label in names.get(int(row[0]), ())]
    page.rows = [tuple(row) for row in rows]


def many_labels(env: Env, info: Any, name: str, ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """For each record the (id, label) of those that it links to by a Many2many."""
    found: dict[int, list[tuple[int, str]]] = {}
    target = env.models[str(info.fields[name].target)]
    if not ids or not env.may(target.name, "read"):
        return found
    cls, other = info.cls, sa.orm.aliased(target.cls)
    label = Columns(env, target).label_of(target, other)
    statement = (
        sa.select(cls.id, other.id, label)
        .join(getattr(cls, name).of_type(other))
        .where(cls.id.in_(ids))
        .order_by(label)
    )
    for owner, key, text in env.session.execute(statement):
        found.setdefault(owner, []).append((key, text))
    return found


def reference_labels(env: Env, links: Any) -> dict[tuple[str, int], str]:
    """The label of each (model, id) that the principal may see; one statement for each model."""
    by_model: dict[str, set[int]] = {}
    for model, key in links:
        if model and key and model in env.models and env.may(model, "read"):
            by_model.setdefault(model, set()).add(key)
    found: dict[tuple[str, int], str] = {}
    for model, ids in by_model.items():
        info = env.models[model]
        cls: Any = info.cls
        label = Columns(env, info).label_of(info, cls)
        for key, text in env.session.execute(sa.select(cls.id, label).where(cls.id.in_(ids))):
            found[model, key] = text
    return found
