"""What a view shows, as columns of one SELECT: values, labels of linked records, units, flags, conditions.

    partner          trade_order.partner_id
    partner (label)  LEFT JOIN trade_partner AS partner … its display expression
    partner.city     LEFT JOIN … of the joined one

Everything goes through the principal's session, which adds the rules of every model joined here to the join itself: a
linked record that the user may not see has no label, and the row stays. What may not be read is selected as NULL.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.orm.expressions import Expression, to_sql

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.assemble import ModelInfo
    from core.orm.fields import Field
    from core.views import FieldNode, Slot

NOTHING = sa.null()
#: names in expressions whose meaning changes with user or time
_MOVING = ("user", "company", "today", "now")


class Columns:
    """Columns over one model for one principal. Joins are made as they are asked for."""

    def __init__(self, env: Env, info: ModelInfo) -> None:
        self.env = env
        self.info = info
        self.cls: Any = info.cls
        self._joins: dict[tuple[str, ...], tuple[Any, Any, ModelInfo]] = {}

    # -- links ------------------------------------------------------------------------------------------------------

    def entity(self, hops: tuple[str, ...]) -> tuple[Any, ModelInfo]:
        """The class, or the alias joined along ``hops``, and its model."""
        if not hops:
            return self.cls, self.info
        found = self._joins.get(hops)
        if found is None:
            parent, parent_info = self.entity(hops[:-1])
            link = parent_info.fields[hops[-1]]
            info = self.env.models[str(link.target)]
            alias = aliased(info.cls, name="j_" + "_".join(hops))
            on = getattr(parent, link.column_name) == alias.id
            found = self._joins[hops] = alias, on, info
        return found[0], found[2]

    def joined(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        """``statement`` with all joins that its columns need."""
        for hops in sorted(self._joins, key=len):
            alias, on, _info = self._joins[hops]
            statement = statement.outerjoin(alias, on)
        return statement

    def reachable(self, hops: tuple[str, ...]) -> bool:
        """Whether the principal may read every model and link along ``hops``."""
        info = self.info
        for hop in hops:
            link = info.fields[hop]
            if not self.env.readable(info, link) or not self.env.may(str(link.target), "read"):
                return False
            info = self.env.models[str(link.target)]
        return True

    # -- values -----------------------------------------------------------------------------------------------------

    def field(self, path: str) -> tuple[Any, Field[Any]]:
        """The expression of ``path`` and its field."""
        *hops, name = path.split(".")
        entity, info = self.entity(tuple(hops))
        return info.attr(name, entity), info.fields[name]

    def value(self, path: str) -> Any:
        return self.field(path)[0]

    def label(self, path: str) -> Any:
        """The label of the record that ``path`` links to."""
        hops = tuple(path.split("."))
        if not self.reachable(hops):
            return NOTHING
        entity, info = self.entity(hops)
        return self.label_of(info, entity)

    def label_of(self, info: ModelInfo, entity: Any) -> Any:
        """The display expression of ``info`` over ``entity``, if the principal may read what it is made of."""
        plain = sa.case((entity.id.is_(None), None), else_=sa.literal(f"{info.title} ") + sa.cast(entity.id, sa.Text))
        if info.display is None or not self.may_ask(info.display):
            return plain
        return sa.func.coalesce(to_sql(info.display, entity, self.env.scope), plain)

    def may_ask(self, expression: Expression) -> bool:
        """Whether every field that ``expression`` reads is readable."""
        env = self.env
        for used in expression.used:
            for model, name in zip(used.models, used.names, strict=True):
                if not env.may(model, "read") or not env.readable(env.models[model], env.models[model].fields[name]):
                    return False
        return True

    def holds(self, expression: Expression, otherwise: bool = False) -> Any:
        """A condition as a column; ``otherwise`` where it reads something hidden."""
        if not self.may_ask(expression):
            return sa.literal(otherwise)
        return to_sql(expression, self.cls, self.env.scope)

    # -- rows of views ----------------------------------------------------------------------------------------------

    def slot(self, slot: Slot, may: dict[str, bool], flags: dict[str, Any]) -> Any:
        """The column of one position in a row. ``may``: by path of the view."""
        what, path = slot.what, slot.path
        if what == "id":
            return self.cls.id
        if what == "version":
            return self.cls.row_version
        if what == "flag":
            return self.holds(flags[path].expression) if may.get(path) else NOTHING
        if what == "unit":
            return self.unit(path)
        if not may.get(path, True):
            return NOTHING
        if what == "label":
            return NOTHING if self._kind(path) == "reference" else self.label(path)
        if what == "model":
            *hops, name = path.split(".")
            return getattr(self.entity(tuple(hops))[0], f"{name}_model")
        return self._readable_value(path)

    def _kind(self, path: str) -> str:
        return self.last(path).kind

    def last(self, path: str) -> Field[Any]:
        """The field at the end of ``path``, without joining anything."""
        info = self.info
        *hops, name = path.split(".")
        for hop in hops:
            info = self.env.models[str(info.fields[hop].target)]
        return info.fields[name]

    def unit(self, path: str) -> Any:
        """What a currency or unit at ``path`` is called; NULL where the model has no such field."""
        info = self.info
        *hops, name = path.split(".")
        for hop in hops:
            info = self.env.models[str(info.fields[hop].target)]
        if name not in info.fields:
            return NOTHING
        return self.label(path) if info.fields[name].kind == "many2one" else self._readable_value(path)

    def _readable_value(self, path: str) -> Any:
        *hops, name = path.split(".")
        if not self.reachable(tuple(hops)):
            return NOTHING
        entity, info = self.entity(tuple(hops))
        found = info.fields.get(name)
        if found is None or not self.env.readable(info, found) or found.kind in ("many2many", "one2many"):
            return NOTHING
        if found.kind == "reference":
            return getattr(entity, found.column_name)
        return info.attr(name, entity)


def moves(expressions: Iterable[Expression]) -> bool:
    """Whether any of these reads the user or the time, so that a statement made of it cannot be kept."""
    return any(word in one.text for one in expressions for word in _MOVING)


def expressions_of(env: Env, nodes: Iterable[FieldNode]) -> list[Expression]:
    """The live values and labels behind ``nodes``."""
    found: list[Expression] = []
    for node in nodes:
        if isinstance(node.field.expression, Expression):
            found.append(node.field.expression)
        if node.field.target and (display := env.models[node.field.target].display) is not None:
            found.append(display)
    return found
