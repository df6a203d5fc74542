"""Products: what articles have in common."""

from __future__ import annotations

from addons.base.models import Country, Recorded, Unit
from addons.products.models.article import Article
from addons.products.models.goods_group import GoodsGroup
from addons.tax.models import TaxClass
from core import _, fields, onchange, transition

MANAGER = "products.manager"


class Product(
    Recorded,
    name="products.product",
    title=_("Product"),
    plural=_("Products"),
    sort=("code",),
):
    """A product, sold and stocked as one or several articles. All its stock is counted in its base unit."""

    code = fields.Char(_("Code"), required=True, size=40, unique=True, searchable=True)
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    kind = fields.Selection(
        _("Kind"),
        {"goods": _("Goods"), "service": _("Service"), "kit": _("Kit"), "fee": _("Fee"), "text": _("Text")},
        required=True,
        default="goods",
    )
    group = fields.Many2one(GoodsGroup, _("Goods group"))
    unit = fields.Many2one(Unit, _("Base unit"), required=True)
    tax_class = fields.Many2one(TaxClass, _("Tax class"), required=True)
    tracking = fields.Selection(
        _("Serial numbers"),
        {"none": _("None"), "lot": _("Batches"), "serial": _("Serial numbers")},
        required=True,
        default="none",
    )
    description = fields.Text(_("Description"), translate=True)
    sales_text = fields.Text(_("Text on offers"), translate=True)
    image = fields.Image(_("Picture"))
    net_weight = fields.Decimal(_("Net weight, kg"), digits=4)
    gross_weight = fields.Decimal(_("Gross weight, kg"), digits=4)
    volume = fields.Decimal(_("Volume, m³"), digits=6)
    commodity_code = fields.Char(_("Commodity code"), size=10)
    origin_country = fields.Many2one(Country, _("Country of origin"))
    lifecycle = fields.State(
        "draft",
        "active",
        "phase_out",
        "obsolete",
        label=_("Lifecycle"),
        labels={
            "draft": _("Draft"),
            "active": _("Active"),
            "phase_out": _("Phase-out"),
            "obsolete": _("Obsolete"),
        },
    )
    replaced_by = fields.Many2one(lambda: Product, _("Replaced by"), copy=False)
    articles = fields.One2many(Article, "product", _("Articles"))

    @onchange("group")
    def _take_tax_class(self) -> None:
        if self.group is not None:
            self.tax_class = self.group.tax_class or self.tax_class

    @transition("draft", "phase_out", to="active", label=_("Activate"), groups=MANAGER)
    def activate(self) -> None:
        """It can be sold."""

    @transition("active", to="phase_out", label=_("Phase out"), groups=MANAGER)
    def phase_out(self) -> None:
        """Only what is left is sold."""

    @transition("draft", "active", "phase_out", to="obsolete", label=_("Make obsolete"), groups=MANAGER)
    def retire(self) -> None:
        """It is not sold any more; papers that name it stay."""
