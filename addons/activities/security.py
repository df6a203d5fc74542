"""Everybody who talks to customers logs it, and reads what colleagues logged."""

from __future__ import annotations

from addons.activities.models import Activity
from addons.base.security import USER as EMPLOYEE
from core import _, group, rights

USER = group("activities.user", _("Calls & activities"), implies=EMPLOYEE)
MANAGER = group("activities.manager", _("Calls & activities: manager"), implies=USER)

rights(Activity, {USER: "read create write", MANAGER: "delete"})
