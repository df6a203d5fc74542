"""A small shop for the tests: mapped classes, and the metadata of their fields as the expression language reads it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from core.orm.expressions import Expression, Scope, parse
from core.orm.types import ExactDecimal, UtcDateTime


class Base(DeclarativeBase):
    pass


members = sa.Table(
    "partner_member",
    Base.metadata,
    sa.Column("partner_id", sa.ForeignKey("partner.id"), primary_key=True),
    sa.Column("user_id", sa.ForeignKey("app_user.id"), primary_key=True),
)


class User(Base):
    __tablename__ = "app_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str]


class Partner(Base):
    __tablename__ = "partner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    credit: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 2))
    blocked: Mapped[bool | None]
    since: Mapped[datetime.date | None]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    salesperson_id: Mapped[int | None] = mapped_column(sa.ForeignKey("app_user.id"))
    parent: Mapped[Partner | None] = relationship(remote_side="Partner.id", back_populates="children")
    children: Mapped[list[Partner]] = relationship(back_populates="parent")
    salesperson: Mapped[User | None] = relationship()
    members: Mapped[list[User]] = relationship(secondary=members)
    orders: Mapped[list[Order]] = relationship(back_populates="partner")


class Order(Base):
    __tablename__ = "sale_order"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    note: Mapped[str | None]
    state: Mapped[str] = mapped_column(sa.String(64), index=True)
    kind: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    priority: Mapped[int | None] = mapped_column(sa.BigInteger)
    rate: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 6))
    total: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 2))
    urgent: Mapped[bool | None]
    due: Mapped[datetime.date | None]
    sent: Mapped[datetime.datetime | None] = mapped_column(UtcDateTime)
    company: Mapped[str | None]
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    salesperson_id: Mapped[int | None] = mapped_column(sa.ForeignKey("app_user.id"))
    partner: Mapped[Partner | None] = relationship(back_populates="orders")
    salesperson: Mapped[User | None] = relationship()
    lines: Mapped[list[Line]] = relationship(back_populates="order", order_by="Line.id")


class Line(Base):
    __tablename__ = "sale_line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("sale_order.id"))
    name: Mapped[str | None]
    quantity: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 6))
    price: Mapped[Decimal | None] = mapped_column(ExactDecimal(18, 4))
    pieces: Mapped[int | None]
    done: Mapped[bool | None]
    date: Mapped[datetime.date | None]
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partner.id"))
    order: Mapped[Order] = relationship(back_populates="lines")
    supplier: Mapped[Partner | None] = relationship()


@dataclass
class Field:
    name: str
    kind: str
    target: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    expression: Expression | None = None


def _fields(*fields: Field) -> dict[str, Field]:
    return {one.name: one for one in fields}


STATES = {"draft": "Draft", "confirmed": "Confirmed", "done": "Done"}

FIELDS: dict[str, dict[str, Field]] = {
    "base.user": _fields(Field("login", "char")),
    "partners.partner": _fields(
        Field("name", "char"),
        Field("credit", "money"),
        Field("blocked", "boolean"),
        Field("since", "date"),
        Field("parent", "many2one", "partners.partner"),
        Field("children", "one2many", "partners.partner"),
        Field("salesperson", "many2one", "base.user"),
        Field("members", "many2many", "base.user"),
        Field("orders", "one2many", "orders.order"),
    ),
    "orders.order": _fields(
        Field("number", "char"),
        Field("note", "text"),
        Field("state", "state", choices=STATES),
        Field("kind", "selection", choices={"web": "Web", "shop": "Shop"}),
        Field("priority", "integer"),
        Field("rate", "decimal"),
        Field("total", "money"),
        Field("urgent", "boolean"),
        Field("due", "date"),
        Field("sent", "datetime"),
        Field("company", "char"),
        Field("picture", "image"),
        Field("partner", "many2one", "partners.partner"),
        Field("salesperson", "many2one", "base.user"),
        Field("lines", "one2many", "orders.line"),
    ),
    "orders.line": _fields(
        Field("name", "char"),
        Field("quantity", "quantity"),
        Field("price", "money"),
        Field("pieces", "integer"),
        Field("done", "boolean"),
        Field("date", "date"),
        Field("supplier", "many2one", "partners.partner"),
        Field("order", "many2one", "orders.order"),
    ),
}


class Shop:
    """A resolver; ``hidden`` are fields that the principal may not read."""

    def __init__(self, *hidden: tuple[str, str]) -> None:
        self.hidden = hidden

    def fields(self, model: str) -> Mapping[str, Any]:
        return {name: one for name, one in FIELDS[model].items() if (model, name) not in self.hidden}


SCOPE = Scope(
    user=1,
    company=7,
    today=datetime.date(2026, 3, 1),
    now=datetime.datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=datetime.UTC),
)


def checked(text: str, model: str = "orders.order", expect: str | None = None) -> Expression:
    expression = parse(text)
    expression.check(Shop(), model, expect)
    return expression
