"""What a type checker must infer for partners' code; checked by mypy with the rest, never run."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import assert_type

from sqlalchemy import Select, select

from core import Env, Model, StoredFile, fields
from tests.sample_addons.trade.models import Company, Line, Note, Order, Partner, Tag


def records(env: Env, order: Order, partner: Partner) -> None:
    assert_type(order.partner, Partner)
    assert_type(partner.parent, Partner | None)
    assert_type(order.lines, list[Line])
    assert_type(order.lines[0].quantity, Decimal)
    assert_type(order.lines[0].text, str | None)
    assert_type(order.net, Decimal)
    assert_type(order.state, str)
    assert_type(order.open, bool)
    assert_type(order.date, datetime.date | None)
    assert_type(partner.name, str)
    assert_type(partner.seen, datetime.datetime | None)
    assert_type(partner.tags, list[Tag])
    assert_type(partner.paper, StoredFile | None)
    assert_type(order.partner_id, int)
    assert_type(order.id, int)


def environments(env: Env) -> None:
    assert_type(env[Order], type[Order])
    assert_type(env[Order](partner=env[Partner](name="x")), Order)
    assert_type(env.get(Order, 7), Order | None)
    assert_type(env.aliased(Order), type[Order])


def queries(env: Env) -> None:
    found = select(Order).where(Order.state == "draft", Order.partner.has(Partner.name == "x"))
    assert_type(env.session.scalars(found).all()[0], Order)
    columns: Select[Decimal, str] = select(Order.net, Partner.name)
    assert_type(env.session.execute(columns).one()[0], Decimal)


def references(note: Note) -> None:
    assert_type(note.subject, Model | None)


class Extended(Company, extend=True):
    """A fragment sees what it extends."""

    size = fields.Integer("Size", required=True)

    def double(self) -> int:
        assert_type(self.name, str)
        return self.size * 2
