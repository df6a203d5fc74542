"""A rule on rows, as a customer would write one: members of the sales team see their company and their own."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from addons.orders.models import Order
from addons.orders.security import READER, USER
from core import Principal, group, rule

SALES = group("benchmark.sales", "Sales of the bench", implies=(USER,))


@rule(Order, groups=READER)
def of_my_company(principal: Principal) -> object:
    """One that all rows of the company fulfil, so that the page is a full one."""
    order: Any = Order
    return sa.or_(order.company_id == principal.company, order.responsible_id == principal.id)
