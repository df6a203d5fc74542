"""Customers have a card number, points, and the level that they reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.partners.models import Partner as BasePartner
from core import _, fields

if TYPE_CHECKING:
    from addons_contrib.loyalty.models.order import Order


def _order() -> type[Order]:
    from addons_contrib.loyalty.models.order import Order

    return Order


class Partner(BasePartner, extend=True):
    """``points`` sums up the points of all orders; ``loyalty_level`` follows from it. Both are live."""

    loyalty_card = fields.Char(_("Loyalty card"), size=20, searchable=True)
    loyalty_since = fields.Date(_("Collects points since"), readonly=True)
    orders = fields.One2many(_order, "partner", _("Orders"))
    points = fields.Integer(_("Points"), expr="sum(orders.points)")
    loyalty_level = fields.Char(
        _("Level"), expr="'gold' if sum(orders.points) >= 1000 else 'silver' if sum(orders.points) >= 100 else 'blue'"
    )
