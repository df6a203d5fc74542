"""Lines of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.offers.models import OfferLine, SalesLine
from core import _, fields

if TYPE_CHECKING:
    from addons.orders.models.order import Order


def _order() -> type[Order]:
    from addons.orders.models.order import Order

    return Order


class OrderLine(
    SalesLine, name="orders.order_line", title=_("Order line"), plural=_("Order lines"), display="description"
):
    """A line of an order. All dates are days of delivery at the customer's.

    ``requested_date`` is the customer's wish, ``promised_date`` what was confirmed, ``planned_date`` what is expected.
    """

    order = fields.Many2one(_order, _("Order"), required=True)
    offer_line = fields.Many2one(OfferLine, _("Line of the offer"), readonly=True, copy=False, ondelete="set null")
    requested_date = fields.Date(_("Wanted on"))
    promised_date = fields.Date(_("Promised for"))
    planned_date = fields.Date(_("Expected on"), readonly=True, copy=False)

    @property
    def document(self) -> Order | None:
        return self.order
