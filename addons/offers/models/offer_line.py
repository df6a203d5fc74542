"""Lines of offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.offers.models.sales_line import SalesLine
from core import _, fields

if TYPE_CHECKING:
    from addons.offers.models.offer import Offer


def _offer() -> type[Offer]:
    from addons.offers.models.offer import Offer

    return Offer


class OfferLine(
    SalesLine, name="offers.offer_line", title=_("Offer line"), plural=_("Offer lines"), display="description"
):
    """A line of an offer."""

    offer = fields.Many2one(_offer, _("Offer"), required=True)
    requested_date = fields.Date(_("Wanted on"))

    @property
    def document(self) -> Offer | None:
        return self.offer
