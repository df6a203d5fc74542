"""The hooks that crm offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import hookspec

if TYPE_CHECKING:
    from addons.crm.models import Deal, Stage


@hookspec
def crm_stage_changed(deal: Deal, old: Stage | None, new: Stage) -> Any:
    """Called when an opportunity has moved to another stage, in the same transaction.

    ::

        @hookimpl
        def crm_stage_changed(deal, old, new):
            if new.name == "Negotiation":
                ask_for_credit_check(deal.partner)
    """


@hookspec
def crm_deal_closed(deal: Deal, outcome: str) -> Any:
    """Called when an opportunity is won or lost (``outcome``), in the same transaction, before its state says so.

    ::

        @hookimpl
        def crm_deal_closed(deal, outcome):
            if outcome == "lost":
                plan_question_in_half_a_year(deal)
    """
