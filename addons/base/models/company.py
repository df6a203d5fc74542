"""The own legal entities: each keeps its own papers, and sees nothing of the others."""

from __future__ import annotations

import zoneinfo

from addons.base.models.country import Country
from addons.base.models.currency import Currency
from addons.base.models.language import Language
from core import Model, ValidationError, _, constraint, fields


class Company(Model, name="base.company", title=_("Company"), plural=_("Companies"), sort=("name",)):
    """One of the legal entities that this database keeps the business of."""

    name = fields.Char(_("Name"), required=True, searchable=True)
    country = fields.Many2one(Country, _("Country"), required=True)
    currency = fields.Many2one(Currency, _("Currency"), required=True)
    language = fields.Many2one(Language, _("Language"), help=_("Of documents, unless the customer has another"))
    zone = fields.Char(_("Time zone"), required=True, default="Europe/Copenhagen")
    vat = fields.Char(_("VAT number"))
    legal_id = fields.Char(_("Company number"), help=_("CVR, EIK, KRS …"))
    street = fields.Char(_("Street"))
    postcode = fields.Char(_("Postcode"), size=16)
    city = fields.Char(_("City"))
    phone = fields.Char(_("Phone"))
    email = fields.Char(_("E-mail"))
    website = fields.Char(_("Website"))
    logo = fields.Image(_("Logo"))
    active = fields.Boolean(_("Active"), default=True)

    @constraint("zone")
    def _known_zone(self) -> None:
        check_zone(self.zone)


def check_zone(zone: str | None) -> None:
    """Raises ValidationError when ``zone`` is no zone of the IANA database."""
    try:
        zoneinfo.ZoneInfo(zone or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        raise ValidationError(fields={"zone": _("is no time zone, like Europe/Copenhagen")}) from None
