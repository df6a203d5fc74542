"""The models of the shop."""

from tests.sample_addons.shop.models.order import Line, Order
from tests.sample_addons.shop.models.partner import Article, City, Currency, Partner, Tag
from tests.sample_addons.shop.models.user import Company, User

__all__ = ["Article", "City", "Company", "Currency", "Line", "Order", "Partner", "Tag", "User"]
