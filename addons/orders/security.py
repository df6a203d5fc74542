"""Salespeople write orders and read colleagues'; others may be allowed to read them."""

from __future__ import annotations

from addons.offers.security import READER as OFFERS_READER
from addons.offers.security import USER as OFFERS
from addons.orders.models import Order
from core import _, group, rights

READER = group("orders.reader", _("Orders: read"), implies=OFFERS_READER)
USER = group("orders.user", _("Orders"), implies=(READER, OFFERS))
MANAGER = group("orders.manager", _("Orders: manager"), implies=USER)

rights(Order, {READER: "read", USER: "create write", MANAGER: "delete"})
