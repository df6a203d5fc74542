"""Orders of customers. States:

    draft ── confirm ─► confirmed ── start ─► in_progress ── finish ─► done
    draft, confirmed ── cancel ─► cancelled
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import ClassVar

import sqlalchemy as sa

from addons.offers.models import Offer, SalesDocument
from addons.orders.hookspecs import orders_cancelled, orders_confirmed, orders_hold_reasons
from addons.orders.models.order_line import OrderLine
from core import Refusal, ValidationError, _, constraint, fields, guard, transition

USER = "orders.user"
MANAGER = "orders.manager"


class Order(
    SalesDocument,
    name="orders.order",
    title=_("Order"),
    plural=_("Orders"),
    display="number",
    sort=("-date", "-number"),
):
    """A customer's order, from draft to delivered."""

    series: ClassVar[str] = "orders.order"

    state = fields.State(
        "draft",
        "confirmed",
        "in_progress",
        "done",
        "cancelled",
        labels={
            "draft": _("Draft"),
            "confirmed": _("Confirmed"),
            "in_progress": _("In progress"),
            "done": _("Done"),
            "cancelled": _("Cancelled"),
        },
    )
    offer = fields.Many2one(Offer, _("Offer"), readonly=True, copy=False)
    customer_po = fields.Char(_("Customer's order number"), searchable=True, copy=False)
    requested_date = fields.Date(_("Wanted on"))
    promised_date = fields.Date(_("Promised for"), copy=False)
    shipping_policy = fields.Selection(
        _("Delivery"),
        {"partial": _("As goods are ready"), "complete": _("All at once")},
        required=True,
        default="partial",
    )
    confirmed_at = fields.DateTime(_("Confirmed"), readonly=True, copy=False)
    hold = fields.Text(_("Held because"), readonly=True, copy=False)
    cancel_reason = fields.Char(_("Reason of cancelling"), copy=False)
    lines = fields.One2many(OrderLine, "order", _("Lines"), owned=True)

    open = fields.Boolean(_("Open"), expr="state in ('confirmed', 'in_progress')")
    late = fields.Boolean(
        _("Late"), expr="state in ('confirmed', 'in_progress') and promised_date != None and promised_date < today"
    )

    @constraint("lines", "state")
    def _confirmed_orders_have_lines(self) -> None:
        if self.state != "draft" and not self.lines:
            raise ValidationError(fields={"lines": _("a confirmed order has at least one")})

    def before_write(self, changed: Collection[str]) -> None:
        """Lines that were promised for the day of the order move with it."""
        super().before_write(changed)
        if "promised_date" in changed:
            former = set(sa.inspect(self).attrs["promised_date"].history.deleted)
            for line in self.lines:
                if line.promised_date in former or line.promised_date is None:
                    line.promised_date = self.promised_date

    def problems_of_confirming(self) -> list[Refusal]:
        """Everything that holds the order now: its own faults, and the reasons that other addons have."""
        found = list(self.problems("order"))
        for refusals in self.env.hooks.of(orders_hold_reasons)(order=self):
            found.extend(refusals)
        return found

    @transition("draft", to="confirmed", label=_("Confirm"), groups=USER)
    def confirm(self) -> None:
        """The customer gets what is written here."""
        self.confirmed_at = self.env.now
        self.hold = None
        for line in self.lines:
            line.promised_date = line.promised_date or self.promised_date
        self.env.hooks.of(orders_confirmed)(order=self)

    @guard("confirm")
    def _nothing_holds_it(self) -> Iterable[Refusal]:
        yield from self.problems_of_confirming()

    def confirm_if_possible(self) -> bool:
        """Confirm, or write down what holds the order; tells whether it is confirmed."""
        reasons = self.problems_of_confirming()
        if reasons:
            self.hold = "\n".join(one.text for one in reasons)
            return False
        self.confirm()
        return True

    @transition("confirmed", to="in_progress", label=_("Start"), groups=USER)
    def start(self) -> None:
        """Somebody works on it."""

    @transition("in_progress", "confirmed", to="done", label=_("Done"), groups=USER)
    def finish(self) -> None:
        """All of it is delivered."""

    @transition(
        "draft", "confirmed", to="cancelled", label=_("Cancel order"), groups=USER, confirm=_("Cancel this order?")
    )
    def cancel(self) -> None:
        """Nothing of it is delivered."""
        self.env.hooks.of(orders_cancelled)(order=self)

    @guard("cancel")
    def _cancelling_has_a_reason(self) -> Iterable[Refusal]:
        if not self.cancel_reason:
            yield Refusal("no_reason", str(_("There is no reason of cancelling.")), str(_("Write one first.")))
