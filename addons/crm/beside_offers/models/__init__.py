"""Opportunities and offers know each other."""

from addons.crm.beside_offers.models.deal import Deal
from addons.crm.beside_offers.models.offer import Offer

__all__ = ["Deal", "Offer"]
