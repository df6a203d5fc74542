"""What loyalty adds to customers and orders."""

from addons_contrib.loyalty.models.order import Order
from addons_contrib.loyalty.models.partner import Partner

__all__ = ["Order", "Partner"]
