"""Who may do what with users, companies and the lists that all addons share."""

from __future__ import annotations

from typing import Any

from addons.base.models import Company, Country, Currency, Edge, Group, Language, Setting, Unit, User
from core import EVERYONE, Principal, _, group, rights, rule

USER = group("base.user", _("Employee"))
ADMIN = group("base.admin", _("Administrator"), implies=USER)

for _shared in (Country, Currency, Language, Unit):
    rights(_shared, {EVERYONE: "read", ADMIN: "create write delete"})

rights(Company, {EVERYONE: "read", ADMIN: "create write"})
rights(User, {USER: "read", ADMIN: "create write"})
rights(Group, {ADMIN: "read"})
rights(Setting, {USER: "read", ADMIN: "create write delete"})
rights(Edge, {USER: "read create"})


@rule(Company, modes="read")
def own_companies(principal: Principal) -> Any:
    """Nobody sees that there are other companies; an administrator keeps those that he belongs to."""
    return Company.id.in_(principal.companies)
