"""Orders with lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from core import (
    Model,
    Refusal,
    ValidationError,
    action,
    check,
    computed,
    constraint,
    fields,
    guard,
    onchange,
    transition,
)
from tests.sample_addons.shop.models.partner import Article, Currency, Partner
from tests.sample_addons.shop.models.user import Company


class Order(Model, name="shop.order", company="own", sort=("-date", "number"), display="number"):
    """A customer's order."""

    number = fields.Char("Number", required=True, unique=True, searchable=True)
    company = fields.Many2one(Company, "Company", required=True)
    partner = fields.Many2one(Partner, "Customer", required=True)
    currency = fields.Many2one(Currency, "Currency")
    date = fields.Date("Date", index=True)
    reference = fields.Char("Reference", searchable=True)
    terms = fields.Char("Terms")
    discount = fields.Decimal("Discount", digits=2)
    urgent = fields.Boolean("Urgent")
    reason = fields.Char("Reason of the hurry")
    note = fields.Text("Note")
    lines = fields.One2many(lambda: Line, "order", "Lines", owned=True)
    state = fields.State("draft", "confirmed", "done", "cancelled")
    open = fields.Boolean("Open", expr="state in ('draft', 'confirmed')")

    indexes = [("company", "date")]

    @computed(fields.Money("Net"), "lines.net")
    def net(self) -> Decimal:
        return sum((line.net or Decimal() for line in self.lines), Decimal())

    @computed(fields.Money("Cost"), "lines.cost", "lines.quantity")
    def cost(self) -> Decimal:
        return sum(((line.cost or Decimal()) * (line.quantity or Decimal()) for line in self.lines), Decimal())

    @constraint("lines")
    def _has_lines(self) -> None:
        if self.state != "draft" and not self.lines:
            raise ValidationError(fields={"lines": "a confirmed order has lines"})

    @onchange("partner")
    def _take_terms(self) -> None:
        self.terms = f"terms of {self.partner.name}" if self.partner else None

    @transition("draft", to="confirmed", label="Confirm", groups="shop.user")
    def confirm(self) -> None:
        """Nothing more."""

    @transition("confirmed", to="done", label="Finish", groups="shop.manager")
    def finish(self) -> None:
        """Only managers."""

    @transition("draft", "confirmed", to="cancelled", label="Cancel the order", groups="shop.user", confirm="Really?")
    def cancel(self) -> None:
        """Nothing more."""

    @guard("confirm")
    def _complete(self) -> Iterable[Refusal]:
        if not self.lines:
            yield Refusal("empty", "The order has no lines.", "Add a line.")
        if (self.net or 0) > 100_000:
            yield Refusal("credit", "The order is too large.", "Ask for a prepayment.")

    @action(label="Copy", groups="shop.user")
    def copy_order(self) -> Order:
        return self.duplicate(number=f"{self.number}-copy")


class Line(Model, name="shop.line", display="text"):
    """A line of an order."""

    order = fields.Many2one(Order, "Order", required=True)
    sequence = fields.Integer("Sequence", default=10)
    article = fields.Many2one(Article, "Article")
    text = fields.Char("Text")
    quantity = fields.Quantity("Quantity", required=True, default=1)
    price = fields.Money("Price", required=True, default=0)
    discount = fields.Decimal("Discount %", digits=2)
    cost = fields.Money("Cost", groups="shop.manager")

    constraints = [check("quantity", ">", 0, "must be positive")]

    @computed(fields.Money("Net"), "quantity", "price", "discount")
    def net(self) -> Decimal:
        full = (self.quantity or Decimal()) * (self.price or Decimal())
        return full * (100 - (self.discount or Decimal())) / 100

    @onchange("article")
    def _take_article(self) -> None:
        if self.article:
            self.text = self.article.name
            self.price = self.article.price
