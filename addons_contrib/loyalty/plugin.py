"""Loyalty answers a hook of orders."""

from __future__ import annotations

from addons.orders.models import Order
from core import hookimpl


@hookimpl
def orders_confirmed(order: Order) -> None:
    """The first order makes the customer a collector."""
    partner = order.partner
    if partner.loyalty_since is None:  # type: ignore[attr-defined]
        partner.loyalty_since = order.date  # type: ignore[attr-defined]
