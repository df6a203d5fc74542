"""The story of a record: every record that led to it or came out of it, over the edges that were written on the way.

    link(env, call, deal, "opportunity")      when the deal is made from the call
    thread(order)                             call → opportunity → offer → order, in order of time

Edges are followed also through records that the principal may not see, but only visible ones are in the answer.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from addons.base.models import Company, Edge
from core import Env, Model
from core.views.panels import Entry

#: a story never grows beyond this many records
LIMIT = 500

Key = tuple[str, int]


@dataclass(frozen=True)
class ThreadItem:
    """One record of a story. ``kind`` is the word of the edge that it came by, empty for where the story begins."""

    record: Model
    at: datetime.datetime | None
    kind: str = ""

    @property
    def label(self) -> str:
        return str(self.record)

    @property
    def model(self) -> str:
        return self.record.info.name

    @property
    def title(self) -> str:
        """What kind of record it is, for the reader."""
        return str(self.record.info.label)

    @property
    def state(self) -> str:
        """How far it has come, for the reader; empty where that is not told."""
        info = self.record.info
        field = next((one for one in info.fields.values() if one.kind == "state"), None)
        if field is None or not self.record.env.readable(info, field):
            return ""
        return str(field.choices.get(getattr(self.record, field.name), ""))


def link(env: Env, source: Model, target: Model, kind: str) -> Edge:
    """Write down that ``target`` came out of ``source``. Belongs to the company of the target, if it has one."""
    company: Company | None = getattr(target, "company", None) or env.company
    return env[Edge](source=source, target=target, kind=kind, at=env.now, company=company)


def thread(record: Model) -> list[ThreadItem]:
    """The whole connected story of ``record``, in order of time, as far as the principal may see it."""
    env = record.env
    start = (record.info.name, record.id)
    kinds: dict[Key, str] = {start: ""}
    times: dict[Key, datetime.datetime] = {}
    steps: dict[Key, set[Key]] = defaultdict(set)
    frontier: set[Key] = {start}
    while frontier and len(kinds) < LIMIT:
        found: set[Key] = set()
        for edge in _edges(env, frontier):
            source, target = (edge.source_model, edge.source_id), (edge.target_model, edge.target_id)
            for key in (source, target):
                if key not in kinds:
                    kinds[key] = ""
                    found.add(key)
                times[key] = min(edge.at, times.get(key, edge.at))
            kinds[target] = kinds[target] or edge.kind
            steps[target].add(source)
        frontier = found
    items = [
        ThreadItem(one, _time(one) or times.get((one.info.name, one.id)), kinds[one.info.name, one.id])
        for one in _visible(env, kinds)
    ]
    return _in_order(items, steps)


def _in_order(items: list[ThreadItem], steps: Mapping[Key, set[Key]]) -> list[ThreadItem]:
    """By time; yet nothing stands before what it came out of, whatever the clocks said."""
    times = {(item.model, item.record.id): item.at for item in items}
    places: dict[Key, tuple[datetime.datetime, int]] = {}
    beginning = datetime.datetime.min.replace(tzinfo=datetime.UTC)

    def place(key: Key, trail: frozenset[Key]) -> tuple[datetime.datetime, int]:
        if key not in places:
            own = times.get(key) or beginning
            before = [place(one, trail | {one}) for one in steps.get(key, ()) if one not in trail]
            latest = max((at for at, _step in before), default=beginning)
            places[key] = max(own, latest), max((step + 1 for _at, step in before), default=0)
        return places[key]

    def order(item: ThreadItem) -> tuple[datetime.datetime, int, int]:
        key = (item.model, item.record.id)
        return *place(key, frozenset({key})), item.record.id

    return sorted(items, key=order)


def story(record: Model) -> list[Entry]:
    """The panel ``thread``: the story of ``record``, each step a link."""
    if record.is_new:
        return []
    return [
        Entry(item.label, at=item.at, kind=item.title, text=item.state, record=item.record, here=item.record is record)
        for item in thread(record)
    ]


def _edges(env: Env, keys: Iterable[Key]) -> list[Any]:
    """The edges that touch ``keys`` at either end."""
    ids: dict[str, list[int]] = defaultdict(list)
    for model, one in keys:
        ids[model].append(one)
    edge: Any = env.info(Edge).cls
    ends = ((edge.source_model, edge.source_id), (edge.target_model, edge.target_id))
    touches = [sa.and_(model == name, key.in_(some)) for name, some in ids.items() for model, key in ends]
    columns = (edge.source_model, edge.source_id, edge.target_model, edge.target_id, edge.kind, edge.at)
    return list(env.session.execute(sa.select(*columns).where(sa.or_(*touches)).order_by(edge.at, edge.id)))


def _visible(env: Env, keys: Iterable[Key]) -> Iterable[Model]:
    ids: dict[str, list[int]] = defaultdict(list)
    for model, one in keys:
        ids[model].append(one)
    for name, some in ids.items():
        if name not in env.models or not env.may(name, "read"):
            continue
        cls: Any = env.info(name).cls
        yield from env.session.scalars(sa.select(cls).where(cls.id.in_(some)))


def _time(record: Model) -> datetime.datetime | None:
    own = getattr(record, "thread_time", None)
    found: datetime.datetime | None = own() if own is not None else None
    return found
