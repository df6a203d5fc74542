"""Rates of VAT: by country, class and date; data, never code."""

from __future__ import annotations

from collections.abc import Collection

from addons.base.models import Country
from addons.tax.models.tax_class import TaxClass
from core import Model, ValidationError, _, check, constraint, fields

#: categories of UNCL 5305 as EN 16931 uses them
CATEGORIES = {
    "S": _("Standard or reduced rate"),
    "Z": _("Zero rate"),
    "E": _("Exempt"),
    "AE": _("Reverse charge"),
    "K": _("Goods to another EU country"),
    "G": _("Export"),
    "O": _("Not subject to VAT"),
}

#: under which a session remembers the rates that it looked up (determination.py)
KNOWN = "tax.rates"


class Rate(Model, name="tax.rate", title=_("Tax rate"), plural=_("Tax rates"), display="name", sort=("-valid_from",)):
    """The rate of a class in a country, from one day until another."""

    country = fields.Many2one(Country, _("Country"), required=True)
    tax_class = fields.Many2one(TaxClass, _("Tax class"), required=True)
    name = fields.Char(_("Name"), required=True, translate=True, help=_("As it is printed"))
    category = fields.Selection(_("Category"), CATEGORIES, required=True, default="S")
    rate = fields.Decimal(_("Rate %"), required=True, digits=2)
    valid_from = fields.Date(_("Valid from"), required=True)
    valid_to = fields.Date(_("Valid until"))

    constraints = [
        check("rate", ">=", 0, _("must be between 0 and 100")),
        check("rate", "<=", 100, _("must be between 0 and 100")),
    ]
    indexes = [("country", "tax_class", "valid_from")]

    @constraint("valid_from", "valid_to")
    def _right_way_round(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValidationError(fields={"valid_to": _("is before the beginning")})

    @constraint("category", "rate")
    def _rate_fits_category(self) -> None:
        if (self.category == "S") != (self.rate > 0):
            raise ValidationError(fields={"rate": _("is above zero in category S, and zero in all others")})

    def before_create(self) -> None:
        super().before_create()
        self.env.session.info.pop(KNOWN, None)

    def before_write(self, changed: Collection[str]) -> None:
        super().before_write(changed)
        self.env.session.info.pop(KNOWN, None)
