"""Tax classes and rates are read by all and kept by those who answer to the tax office."""

from __future__ import annotations

from addons.base.security import USER as EMPLOYEE
from addons.tax.models import Rate, TaxClass
from core import EVERYONE, _, group, rights

MANAGER = group("tax.manager", _("Tax: rates"), implies=EMPLOYEE)

rights(TaxClass, {EVERYONE: "read", MANAGER: "create write delete"})
rights(Rate, {EVERYONE: "read", MANAGER: "create write delete"})
