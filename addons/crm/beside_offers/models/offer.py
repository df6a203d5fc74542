"""What crm adds to offers."""

from __future__ import annotations

from addons.base.trace import link
from addons.crm.models import Deal as BaseDeal
from addons.offers.models import Offer as BaseOffer
from core import Model, _, fields


class Offer(BaseOffer, extend=True):
    """``deal``: the opportunity that it was made for. Accepting the offer wins the opportunity."""

    deal = fields.Many2one(BaseDeal, _("Opportunity"))

    def accept(self) -> Model | None:
        made = super().accept()
        deal = self.deal
        if deal is not None and deal.state in ("open", "on_hold"):
            deal.value = self.net or deal.value
            deal.win()
        return made

    def before_create(self) -> None:
        super().before_create()
        if self.deal is not None and self.title is None:
            self.title = self.deal.name


def offer_of(deal: BaseDeal) -> BaseOffer:
    """A new offer for what ``deal`` is about."""
    env = deal.env
    env.flush()
    offer = env[Offer](
        partner=deal.partner,
        person=deal.person,
        company=deal.company,
        responsible=deal.owner,
        currency=deal.currency,
        language=deal.partner.language or deal.company.language,
        title=deal.name,
        probability=deal.probability,
        deal=deal,
    )
    env.flush()
    link(env, deal, offer, "offer")
    return offer
