"""Addresses of a partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.base.models import Country
from core import Model, _, fields

if TYPE_CHECKING:
    from addons.partners.models.partner import Partner


def _partner() -> type[Partner]:
    from addons.partners.models.partner import Partner

    return Partner


class Address(
    Model,
    name="partners.address",
    title=_("Address"),
    plural=_("Addresses"),
    display="coalesce(street + ', ', '') + coalesce(postcode + ' ', '') + coalesce(city, '')",
    sort=("sequence",),
):
    """A place of a partner: where it is visited, where goods or invoices go."""

    partner = fields.Many2one(_partner, _("Partner"), required=True)
    sequence = fields.Integer(_("Order"), default=10)
    kind = fields.Selection(
        _("Kind"),
        {
            "main": _("Main"),
            "invoice": _("Invoices"),
            "delivery": _("Deliveries"),
            "visit": _("Visits"),
        },
        required=True,
        default="main",
    )
    name = fields.Char(_("Name on the label"))
    street = fields.Char(_("Street"))
    street2 = fields.Char(_("Street, second line"))
    postcode = fields.Char(_("Postcode"), size=16)
    city = fields.Char(_("City"))
    region = fields.Char(_("Region"))
    country = fields.Many2one(Country, _("Country"))
