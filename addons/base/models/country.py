"""Countries by ISO 3166."""

from __future__ import annotations

from addons.base.models.currency import Currency
from addons.base.models.language import Language
from core import Model, _, fields


class Country(
    Model, name="base.country", title=_("Country"), plural=_("Countries"), display="name", sort=("code",)
):
    """A country, with what papers, telephones and tax rules need to know of it."""

    code = fields.Char(_("Code"), required=True, size=2, unique=True, searchable=True, help=_("ISO 3166-1 alpha-2"))
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    currency = fields.Many2one(Currency, _("Currency"))
    language = fields.Many2one(Language, _("Language"))
    calling_code = fields.Char(_("Calling code"), size=6, help=_("Without +, for example 45"))
    vat_prefix = fields.Char(_("VAT prefix"), size=2, help=_("Where it differs from the code: EL for Greece"))
    eu = fields.Boolean(_("European Union"))
    active = fields.Boolean(_("Active"), default=True)

    @property
    def vat_letters(self) -> str:
        """The two letters before the country's VAT numbers."""
        return self.vat_prefix or self.code
