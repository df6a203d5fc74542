"""The models of orders."""

from addons.orders.models.offer import Offer
from addons.orders.models.order import Order
from addons.orders.models.order_line import OrderLine

__all__ = ["Offer", "Order", "OrderLine"]
