"""Articles: what stands on a line of a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.base import identifiers
from addons.base.models import Company, Currency, Recorded
from core import Env, ValidationError, _, check, constraint, fields

if TYPE_CHECKING:
    from addons.products.models.product import Product

#: who sees what things cost, and what is earned on them
COSTS = "products.costs"


def _product() -> type[Product]:
    from addons.products.models.product import Product

    return Product


def _currency(env: Env) -> Currency | None:
    company: Company | None = env.company
    return company.currency if company is not None else None


class Article(
    Recorded,
    name="products.article",
    title=_("Article"),
    plural=_("Articles"),
    display="code + ' ' + name",
    sort=("code",),
):
    """A sellable, stockable form of a product. Prices and cost are for one base unit of the product."""

    product = fields.Many2one(_product, _("Product"), required=True)
    code = fields.Char(_("Code"), required=True, size=60, unique=True, searchable=True, tracked=True)
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    gtin = fields.Char(_("GTIN"), size=14, searchable=True)
    list_price = fields.Money(_("List price"), digits=4, tracked=True, help=_("Net, for one base unit"))
    cost = fields.Money(_("Cost"), digits=4, groups=COSTS, tracked=True)
    currency = fields.Many2one(Currency, _("Currency"), required=True, default=_currency)
    active = fields.Boolean(_("Active"), default=True)

    sellable = fields.Boolean(
        _("On sale"), expr="active and (product.lifecycle == 'active' or product.lifecycle == 'phase_out')"
    )

    constraints = [
        check("list_price", ">=", 0, _("must not be negative")),
        check("cost", ">=", 0, _("must not be negative")),
    ]

    @constraint("gtin")
    def _valid_gtin(self) -> None:
        if self.gtin:
            problem = identifiers.gtin_problem(self.gtin)
            if problem:
                raise ValidationError(fields={"gtin": problem})
