"""Rights of the shop: sellers of a company, their manager, readers of customers."""

from core import EVERYONE, group, rights
from tests.sample_addons.shop.models import Article, City, Company, Currency, Order, Partner, Tag, User

READER = group("shop.reader", "Shop: reader")
USER = group("shop.user", "Shop", implies=READER)
MANAGER = group("shop.manager", "Shop: manager", implies=USER)

rights(Company, {EVERYONE: "read"})
rights(User, {MANAGER: "read write"})
rights(Currency, {EVERYONE: "read"})
rights(City, {READER: "read", USER: "create write"})
rights(Tag, {READER: "read", USER: "create write delete"})
rights(Partner, {READER: "read", USER: "create write", MANAGER: "delete"})
rights(Article, {USER: "read", MANAGER: "create write delete"})
rights(Order, {USER: "read create write delete"})
