"""Customers are read and kept by everybody who deals with them; blocking and closing is the manager's."""

from __future__ import annotations

from addons.base.security import USER as EMPLOYEE
from addons.partners.models import Partner
from core import _, group, rights

USER = group("partners.user", _("Customers"), implies=EMPLOYEE)
MANAGER = group("partners.manager", _("Customers: manager"), implies=USER)

rights(Partner, {USER: "read create write", MANAGER: "delete"})
