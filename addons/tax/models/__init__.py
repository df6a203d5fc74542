"""The models of tax, and the abstract bases of papers with tax."""

from addons.tax.models.rate import CATEGORIES, Rate
from addons.tax.models.tax_class import TaxClass
from addons.tax.models.taxed import TaxedDocument, TaxedLine

__all__ = ["CATEGORIES", "Rate", "TaxClass", "TaxedDocument", "TaxedLine"]
