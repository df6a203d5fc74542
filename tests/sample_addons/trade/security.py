"""Rights of trade: users of a company, their manager, and readers."""

from typing import Any

from core import EVERYONE, Principal, group, rights, rule
from tests.sample_addons.trade.models import Company, Note, Order, Partner, Tag

READER = group("trade.reader", "Trade: reader")
USER = group("trade.user", "Trade", implies=READER)
MANAGER = group("trade.manager", "Trade: manager", implies=USER)

rights(Company, {EVERYONE: "read"})
rights(Tag, {READER: "read", USER: "create write delete"})
rights(Partner, {READER: "read", USER: "create write delete"})
rights(Order, {READER: "read", USER: "create write delete"})
rights(Note, {USER: "read create write delete"})


@rule(Note)
def own_notes(principal: Principal) -> Any:
    return Note.writer == principal.id


@rule(Order, groups=USER, modes="delete")
def only_drafts(principal: Principal) -> Any:
    return Order.state == "draft"
