"""Groups of goods, a tree."""

from __future__ import annotations

from addons.tax.models import TaxClass
from core import Model, ValidationError, _, constraint, fields


class GoodsGroup(
    Model, name="products.goods_group", title=_("Goods group"), plural=_("Goods groups"), sort=("code",)
):
    """A group of products: for discounts, statistics, and what its products start with."""

    code = fields.Char(_("Code"), required=True, size=20, unique=True, searchable=True)
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    parent = fields.Many2one(lambda: GoodsGroup, _("Belongs to"))
    children = fields.One2many(lambda: GoodsGroup, "parent", _("Groups below"))
    tax_class = fields.Many2one(TaxClass, _("Tax class"), help=_("Of new products"))
    active = fields.Boolean(_("Active"), default=True)

    @constraint("parent")
    def _no_circle(self) -> None:
        above: GoodsGroup | None = self.parent
        while above is not None:
            if above is self:
                raise ValidationError(fields={"parent": _("is below this group itself")})
            above = above.parent
