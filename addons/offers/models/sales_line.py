"""A line of a paper of a sale: an article with quantity, price, discount and VAT; cost and margin for those who may.

Description, unit and price are proposed when the article is chosen and may be changed. VAT and cost are no matter of
taste: they are determined when the line is saved, whoever saves it, and again when article, customer or date change.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from addons.products.models import Article
from addons.products.models.article import COSTS
from addons.tax.determination import determine
from addons.tax.models import TaxedLine
from core import ValidationError, _, computed, fields, onchange
from core.orm.translated import text_in

#: what stands on a line once its paper has left the house
FROZEN = ("kind", "article", "description", "quantity", "unit", "price", "discount")

if TYPE_CHECKING:
    from addons.offers.models.sales_document import SalesDocument


class SalesLine(TaxedLine, abstract=True):
    """Concrete lines say which document they belong to by ``document``."""

    article = fields.Many2one(Article, _("Article"), filter="sellable")
    cost = fields.Money(_("Cost"), currency="", digits=4, groups=COSTS, readonly=True, help=_("Of one unit"))

    @property
    def document(self) -> SalesDocument | None:
        """The paper that the line stands on."""
        raise NotImplementedError

    @computed(fields.Money(_("Margin"), currency="", digits=2), "kind", "net", "cost", "quantity")
    def margin(self) -> Decimal | None:
        """What is left of the net after the cost; empty without a cost."""
        if self.cost is None or self.kind in ("text", "subtotal"):
            return None
        return (self.net or Decimal(0)) - self.cost * (self.quantity or Decimal(0))

    @onchange("article")
    def _take_article(self) -> None:
        """Propose what the article says, in the language of the paper."""
        article, document = self.article, self.document
        if article is None:
            return
        self.description = self._text_of_article()
        self.unit = article.product.unit
        if document is None or document.currency is None or article.currency is document.currency:
            self.price = article.list_price
        self.take_vat()
        self.cost = article.cost

    def take_vat(self) -> None:
        """Determine the VAT of this line anew, from article, customer and date."""
        document = self.document
        if document is None or document.company is None or self.kind in ("text", "subtotal"):
            return
        partner = document.partner
        treatment = determine(
            self.env,
            seller=document.company.country,
            buyer=partner.country if partner is not None else None,
            buyer_vat=partner.vat if partner is not None else None,
            tax_class=self.article.product.tax_class if self.article is not None else document.standard_tax_class(),
            day=document.date,
        )
        self.vat_category, self.vat_rate, self.vat_reason = treatment.category, treatment.rate, treatment.reason

    def before_create(self) -> None:
        super().before_create()
        document = self.document
        if document is not None and document.frozen:
            raise ValidationError(fields={"lines": str(_("cannot be added to any more"))})
        article = self.article
        if article is not None:
            self.description = self.description or self._text_of_article()
            self.unit = self.unit or article.product.unit
            self.cost = article.cost if self.cost is None else self.cost
        if self.price is None and article is not None:
            self.price = article.list_price
        if self.vat_reason is None:
            self.take_vat()

    def before_write(self, changed: Collection[str]) -> None:
        super().before_write(changed)
        document = self.document
        if document is not None and document.frozen:
            faults = {name: str(_("cannot be changed any more")) for name in FROZEN if name in changed}
            if faults and not sa.inspect(document).attrs["state"].history.has_changes():
                raise ValidationError(fields=faults)
        if "article" in changed and self.article is not None:
            self.cost = self.article.cost
            self.take_vat()

    def _text_of_article(self) -> str | None:
        """The article's name in the language of the paper."""
        article, document = self.article, self.document
        if article is None:
            return None
        language = document.language if document is not None else None
        if language is None:
            return article.name
        texts: dict[str, str] | None = article._name  # type: ignore[attr-defined]
        return text_in(texts, language.code)
