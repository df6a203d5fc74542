"""What orders adds to offers: accepting one makes the order."""

from __future__ import annotations

from addons.base.trace import link
from addons.offers.models import Offer as BaseOffer
from addons.offers.models import OfferLine
from addons.orders.models.order import Order
from addons.orders.models.order_line import OrderLine
from core import Model, _, fields

#: what an order takes over from its offer
_DOCUMENT = (
    "partner",
    "person",
    "company",
    "currency",
    "language",
    "responsible",
    "invoice_address",
    "delivery_address",
    "customer_reference",
    "payment_days",
    "delivery_term",
    "introduction",
    "closing",
)
_LINE = (
    "sequence",
    "kind",
    "article",
    "description",
    "quantity",
    "unit",
    "price",
    "discount",
    "vat_category",
    "vat_rate",
    "vat_reason",
    "cost",
    "requested_date",
)


class Offer(BaseOffer, extend=True):
    """The order that came out of it."""

    orders = fields.One2many(Order, "offer", _("Orders"))

    def accept(self) -> Model | None:
        super().accept()
        order = self.make_order()
        order.confirm_if_possible()
        return order

    def make_order(self) -> Order:
        """The order with the lines of this offer; alternatives and options that were not chosen stay behind."""
        env = self.env
        order = env[Order](
            offer=self,
            lines=[_order_line(line) for line in self.lines if line.kind in ("article", "text", "subtotal")],
            **{name: getattr(self, name) for name in _DOCUMENT},
        )
        env.flush()
        link(env, self, order, "order")
        return order


def _order_line(line: OfferLine) -> OrderLine:
    return line.env[OrderLine](offer_line=line, **{name: getattr(line, name) for name in _LINE})
