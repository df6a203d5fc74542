"""Tax classes: what kind of thing an article is for the tax office."""

from __future__ import annotations

from core import Model, _, fields


class TaxClass(
    Model, name="tax.tax_class", title=_("Tax class"), plural=_("Tax classes"), display="name", sort=("code",)
):
    """Goods and services that have the same rate in every country that knows them."""

    code = fields.Char(_("Code"), required=True, size=20, unique=True, searchable=True)
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    service = fields.Boolean(_("Services"), help=_("The place of supply is decided by other rules than for goods"))
    active = fields.Boolean(_("Active"), default=True)
