"""The hooks that offers offer. All run in the transaction of the event; what leaves the house goes to the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core import hookspec

if TYPE_CHECKING:
    from addons.offers.models import Offer
    from core import Refusal


@hookspec
def offers_before_send(offer: Offer) -> Iterable[Refusal]:
    """Reasons why ``offer`` may not be sent now. Changes nothing; all reasons are shown together::

        @hookimpl
        def offers_before_send(offer):
            if offer.net > 500_000 and not offer.approved_by:
                yield Refusal("approval", _("It needs approval."), _("Ask for it first."))
    """
    return ()


@hookspec
def offers_sent(offer: Offer) -> Any:
    """Called when an offer is marked as sent, before its state says so. To plan the follow-up, for instance::

        @hookimpl
        def offers_sent(offer):
            plan_call(offer.partner, offer.follow_up_on)
    """


@hookspec
def offers_revised(old: Offer, new: Offer) -> Any:
    """Called when ``new``, a draft, takes the place of ``old``::

        @hookimpl
        def offers_revised(old, new):
            move_follow_up(old, new)
    """


@hookspec
def offers_accepted(offer: Offer) -> Any:
    """Called when the customer has accepted, before the state says so. What must come of it in any case, the order,
    is made by a fragment that extends ``accept``; this is for the world around::

        @hookimpl
        def offers_accepted(offer):
            praise(offer.responsible)
    """


@hookspec
def offers_lost(offer: Offer) -> Any:
    """Called when the customer has refused; reason and competitor stand on the offer::

        @hookimpl
        def offers_lost(offer):
            count_loss(offer.lost_reason, offer.lost_to)
    """
