"""The models of trade."""

from tests.sample_addons.trade.models.company import Company
from tests.sample_addons.trade.models.note import Note
from tests.sample_addons.trade.models.order import Line, Order
from tests.sample_addons.trade.models.partner import Partner, Tag

__all__ = ["Company", "Line", "Note", "Order", "Partner", "Tag"]
