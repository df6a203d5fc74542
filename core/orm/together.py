"""Loads together what would be loaded one by one.

    for line in order.lines: line.article.product        one statement for all products, not one for each article

A link that is followed for the first time is followed for its siblings too: the other records of the same model in
this session whose same link is still unread. Rules hold as for any statement of the session; a target that the
principal may not see reads as None for each of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.orm import ORMExecuteState, RelationshipDirection
from sqlalchemy.orm.attributes import set_committed_value

if TYPE_CHECKING:
    from core.orm.session import KontorSession

#: links that are followed by one statement
AT_ONCE = 500
#: records of a session that are looked through at little cost
_FEW = 100


def load_together(session: KontorSession, state: ORMExecuteState) -> Any:
    """The result of a lazy load of one link, read together with those of its siblings; None: load it alone."""
    origin = state.lazy_loaded_from
    relation = _relation(state)
    if origin is None or relation is None or relation.direction is not RelationshipDirection.MANYTOONE:
        return None
    record = origin.obj()
    info = session.models.tables.get(relation.mapper.local_table)
    if record is None or info is None or not origin.persistent or not _worth_looking(session, relation):
        return None
    if not session.security.may(session.principal, info.name, "read"):
        return None
    siblings = _siblings(session, relation, record)
    if len(siblings) < 2:
        _alone(session, relation)
        return None
    cls: Any = relation.mapper.class_
    column = f"{relation.key}_id"
    with session.no_autoflush:
        wanted = sa.select(cls).where(cls.id.in_({one.__dict__[column] for one in siblings}))
        found = {one.id: one for one in session.scalars(wanted)}
    for one in siblings:
        if one is not record:
            set_committed_value(one, relation.key, found.get(one.__dict__[column]))
    target = found.get(record.__dict__[column])
    return IteratorResult(SimpleResultMetaData((cls.__name__,)), iter([] if target is None else [(target,)]))


def _relation(state: ORMExecuteState) -> Any:
    path = state.loader_strategy_path if state.is_relationship_load else None
    if path is None or len(path) < 2:
        return None
    return next((one for one in reversed(path) if hasattr(one, "direction")), None)


def _siblings(session: KontorSession, relation: Any, record: Any) -> list[Any]:
    """``record`` first, then others with the same link unread whose target is not in the session yet."""
    key, column, cls = relation.key, f"{relation.key}_id", type(record)
    if record.__dict__.get(column) is None:
        return []
    found = [record]
    identity = relation.mapper.identity_key_from_primary_key
    for other in session.identity_map.values():
        if type(other) is cls and other is not record and key not in other.__dict__:
            number = other.__dict__.get(column)
            if number is not None and identity((number,)) not in session.identity_map:
                found.append(other)
                if len(found) == AT_ONCE:
                    break
    return found


def _worth_looking(session: KontorSession, relation: Any) -> bool:
    """Looking through a large session in vain is not done again for each record."""
    waiting: dict[Any, int] = session.info.setdefault("alone", {})
    left = waiting.get(relation, 0)
    if left > 0:
        waiting[relation] = left - 1
    return left == 0


def _alone(session: KontorSession, relation: Any) -> None:
    session.info["alone"][relation] = len(session.identity_map) // _FEW
