"""What happens to offers by itself."""

from __future__ import annotations

from addons.offers.models import Offer
from core import Env, job


@job
def expire_offer(env: Env, offer: int) -> None:
    """The day after ``valid_until``: an offer without an answer is expired. One that was extended stays."""
    found = env.get(Offer, offer)
    if found is None or found.state != "sent" or found.valid_until is None or found.valid_until >= env.today:
        return
    found.expire()
