"""The models of offers, and the abstract bases of all papers of a sale."""

from addons.offers.models.offer import Offer
from addons.offers.models.offer_line import OfferLine
from addons.offers.models.sales_document import SalesDocument
from addons.offers.models.sales_line import SalesLine

__all__ = ["Offer", "OfferLine", "SalesDocument", "SalesLine"]
