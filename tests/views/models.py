"""A small trade, in four addons: base <- partners <- orders <- loyalty, and crm, which knows partners only."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core.orm import public_fields as fields
from core.orm.fields import computed
from core.orm.model import Model
from core.orm.states import action, transition


class Company(Model, name="base.company"):
    name = fields.Char("Name", required=True)


class User(Model, name="base.user"):
    name = fields.Char("Name", required=True)


class Currency(Model, name="base.currency"):
    code = fields.Char("Code", required=True)


class Country(Model, name="partners.country"):
    name = fields.Char("Name", required=True)


class Partner(Model, name="partners.partner", sort=("name",)):
    name = fields.Char("Name", required=True, searchable=True)
    email = fields.Char("Email")
    phone = fields.Char("Phone")
    website = fields.Char("Website")
    city = fields.Char("City")
    country = fields.Many2one(Country, "Country")
    kind = fields.Selection("Kind", choices={"company": "Company", "person": "Person"})
    active = fields.Boolean("Active")
    note = fields.Text("Note")
    contacts = fields.One2many(lambda: Contact, "partner", "Contacts")


class Contact(Model, name="partners.contact"):
    partner = fields.Many2one(Partner, "Partner", required=True)
    name = fields.Char("Name", required=True)
    email = fields.Char("Email")


class Order(Model, name="orders.order", sort=("-date", "number")):
    number = fields.Char("Number", readonly=True)
    partner = fields.Many2one(Partner, "Customer", required=True, help="Who pays")
    salesperson = fields.Many2one(User, "Salesperson")
    date = fields.Date("Date", required=True)
    due = fields.Date("Due")
    signed = fields.DateTime("Signed")
    urgent = fields.Boolean("Urgent")
    channel = fields.Selection("Channel", choices={"phone": "Phone", "mail": "Mail"})
    currency = fields.Many2one(Currency, "Currency")
    note = fields.Text("Note")
    margin = fields.Money("Margin", groups="orders.manager")
    lines = fields.One2many(lambda: OrderLine, "order", "Lines", owned=True)
    state = fields.State("draft", "confirmed", "done", "cancelled")

    @computed(fields.Money("Net"), "lines.net")
    def net(self) -> Decimal:
        return sum((line.net or Decimal(0) for line in self.lines), Decimal(0))

    @transition("draft", to="confirmed", label="Confirm", groups="orders.user")
    def confirm(self) -> None:
        """Nothing more."""

    @transition("draft", "confirmed", to="cancelled", label="Cancel", confirm="Really cancel it?")
    def cancel(self) -> None:
        """Nothing more."""

    @action(label="Copy to new offer")
    def copy_to_offer(self) -> None:
        """Nothing more."""


class OrderLine(Model, name="orders.line"):
    order = fields.Many2one(Order, "Order", required=True)
    sequence = fields.Integer("Sequence")
    article = fields.Many2one(Partner, "Article", required=True)
    text = fields.Text("Text")
    quantity = fields.Quantity("Quantity", required=True)
    price = fields.Money("Price")
    kind = fields.Selection("Kind", choices={"goods": "Goods", "service": "Service"}, required=True)
    free = fields.Boolean("Free of charge")
    delivery = fields.Date("Delivery")

    @computed(fields.Money("Net"), "quantity", "price")
    def net(self) -> Decimal:
        return self.quantity * (self.price or Decimal(0))


class LoyalOrder(Order, extend=True):
    points = fields.Integer("Points")


class LoyalPartner(Partner, extend=True):
    loyal_since = fields.Date("Loyal since")


class CrmPartner(Partner, extend=True):
    rating = fields.Selection("Rating", choices={"a": "A", "b": "B"})


FRAGMENTS: list[tuple[str, list[type[Model]]]] = [
    ("base", [Company, User, Currency]),
    ("partners", [Country, Partner, Contact]),
    ("crm", [CrmPartner]),
    ("orders", [Order, OrderLine]),
    ("loyalty", [LoyalOrder, LoyalPartner]),
]
DEPENDS: dict[str, set[str]] = {
    "base": set(),
    "partners": {"base"},
    "crm": {"base", "partners"},
    "orders": {"base", "partners"},
    "loyalty": {"base", "partners", "orders"},
}


def depends(later: str, earlier: str) -> bool:
    return later == earlier or earlier in DEPENDS.get(later, ())


def names() -> Iterable[str]:
    return (addon for addon, _classes in FRAGMENTS)
