"""Products and list prices are read by all who sell; costs are for those in their own group."""

from __future__ import annotations

from addons.base.security import USER as EMPLOYEE
from addons.products.models import Article, GoodsGroup, Product
from core import _, group, rights

USER = group("products.user", _("Products: read"), implies=EMPLOYEE)
COSTS = group("products.costs", _("Costs and margins"), implies=USER)
MANAGER = group("products.manager", _("Products: manager"), implies=USER)

for _model in (GoodsGroup, Product, Article):
    rights(_model, {USER: "read", MANAGER: "create write delete"})
