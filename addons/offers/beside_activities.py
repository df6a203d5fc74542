"""Where activities are installed: an offer that was sent is followed up, and an answer closes the follow-up."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import select

from addons.activities.models import Activity
from addons.base.trace import link
from addons.offers.models import Offer
from core import _, hookimpl


@hookimpl
def offers_sent(offer: Offer) -> None:
    env = offer.env
    if offer.follow_up_on is None:
        return
    at = datetime.datetime.combine(offer.follow_up_on, datetime.time(9), env.zone)
    follow_up = env[Activity](
        kind="follow_up",
        direction="out",
        subject=str(_("Follow up offer {number}")).format(number=offer.number),
        partner=offer.partner,
        person=offer.person,
        user=offer.responsible,
        company=offer.company,
        planned_at=at,
        about=offer,
        source="rule",
    )
    env.flush()
    link(env, offer, follow_up, "follow-up")


@hookimpl
def offers_accepted(offer: Offer) -> None:
    _drop_follow_ups(offer)


@hookimpl
def offers_lost(offer: Offer) -> None:
    _drop_follow_ups(offer)


@hookimpl
def offers_revised(old: Offer) -> None:
    _drop_follow_ups(old)


def _drop_follow_ups(offer: Offer) -> None:
    """Planned by rule and not needed any more."""
    activity: Any = offer.env.info(Activity).cls
    query = select(activity).where(
        activity.about_model == offer.info.name,
        activity.about_id == offer.id,
        activity.state == "planned",
        activity.source == "rule",
    )
    for one in offer.env.session.scalars(query).all():
        one.cancel()
