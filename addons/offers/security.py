"""Salespeople write offers and read colleagues'; others may be allowed to read them."""

from __future__ import annotations

from addons.offers.models import Offer
from addons.partners.security import USER as CUSTOMERS
from addons.products.security import USER as PRODUCTS
from core import _, group, rights

READER = group("offers.reader", _("Offers: read"), implies=(CUSTOMERS, PRODUCTS))
USER = group("offers.user", _("Offers"), implies=READER)
MANAGER = group("offers.manager", _("Offers: manager"), implies=USER)

rights(Offer, {READER: "read", USER: "create write", MANAGER: "delete"})
