"""Orders with lines."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy.orm import Mapped

from core import Refusal, ValidationError, action, check, computed, constraint, fields, guard, onchange, transition
from core.orm.model import Model
from tests.sample_addons.trade.models.company import Numbered
from tests.sample_addons.trade.models.partner import Partner


class Order(Numbered, name="trade.order", company="own", sort=("-date",), display="number"):
    """A customer's order."""

    company_id: Mapped[int]
    partner_id: Mapped[int]

    partner = fields.Many2one(Partner, "Customer", required=True)
    date = fields.Date("Date")
    terms = fields.Char("Terms")
    lines = fields.One2many(lambda: Line, "order", "Lines", owned=True)
    state = fields.State("draft", "confirmed", "done")
    open = fields.Boolean("Open", expr="state in ('draft', 'confirmed')")
    line_count = fields.Integer("Number of lines", expr="count(lines)")

    @computed(fields.Money("Net"), "lines.net")
    def net(self) -> Decimal:
        return sum((line.net or Decimal() for line in self.lines), Decimal())

    @computed(fields.Money("Cost"), "lines.cost")
    def cost(self) -> Decimal:
        return sum((line.cost or Decimal() for line in self.lines), Decimal())

    @constraint("lines")
    def _has_lines(self) -> None:
        if self.state != "draft" and not self.lines:
            raise ValidationError(fields={"lines": "a confirmed order has lines"})

    @onchange("partner")
    def _take_terms(self) -> None:
        self.terms = f"terms of {self.partner.name}" if self.partner else None

    @transition("draft", to="confirmed", label="Confirm", groups="trade.user")
    def confirm(self) -> None:
        self.number = self.number or f"O-{self.id}"

    @transition("confirmed", to="done", label="Finish", groups="trade.manager")
    def finish(self) -> None:
        """Only managers."""

    @guard("confirm")
    def _credit(self) -> Iterable[Refusal]:
        if not self.lines:
            yield Refusal("empty", "The order has no lines.", "Add a line.")
        if (self.net or 0) > 100_000:
            yield Refusal("credit", "The order is too large.", "Ask for a prepayment.")

    @action(label="Empty", groups="trade.user")
    def empty(self) -> Order:
        self.lines.clear()
        return self


class Line(Model, name="trade.line", display="text"):
    """A line of an order."""

    order = fields.Many2one(Order, "Order", required=True)
    sequence = fields.Integer("Sequence", default=10)
    text = fields.Char("Text")
    quantity = fields.Quantity("Quantity", required=True, default=1)
    price = fields.Money("Price", required=True, default=0)
    cost = fields.Money("Cost", groups="trade.manager")

    constraints = [check("quantity", ">", 0, "must be positive")]

    @computed(fields.Money("Net"), "quantity", "price")
    def net(self) -> Decimal:
        return (self.quantity or Decimal()) * (self.price or Decimal())
