"""Salespeople keep the opportunities, and read colleagues'; reception takes them in."""

from __future__ import annotations

from addons.activities.security import USER as ACTIVITIES
from addons.crm.models import Deal, LostReason, Pipeline
from addons.partners.security import USER as CUSTOMERS
from core import EVERYONE, _, group, rights

TAKE_IN = group("crm.take_in", _("Opportunities: take in"), implies=(CUSTOMERS, ACTIVITIES))
USER = group("crm.user", _("Opportunities"), implies=TAKE_IN)
MANAGER = group("crm.manager", _("Opportunities: manager"), implies=USER)

rights(Deal, {TAKE_IN: "read create", USER: "write", MANAGER: "delete"})
rights(Pipeline, {EVERYONE: "read", MANAGER: "create write delete"})
rights(LostReason, {EVERYONE: "read", MANAGER: "create write delete"})
