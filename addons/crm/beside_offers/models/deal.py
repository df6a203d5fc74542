"""What offers give to opportunities."""

from __future__ import annotations

from addons.crm.beside_offers.models.offer import Offer, offer_of
from addons.crm.models import Deal as BaseDeal
from core import _, action, fields


class Deal(BaseDeal, extend=True):
    """The offers that were made for the opportunity."""

    offers = fields.One2many(Offer, "deal", _("Offers"))
    offered = fields.Money(_("Offered"), expr="sum(offers.open_value)", help=_("Net of all live offers"))

    @action(label=_("Make offer"), groups="offers.user")
    def make_offer(self) -> Offer:
        """An offer for this opportunity; opens it."""
        return offer_of(self)  # type: ignore[return-value]
