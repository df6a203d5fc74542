"""Papers with tax: what a line and a document must have so that their totals follow EN 16931.

    line      quantity × price − discount = net;  VAT category and rate copied when the article is chosen
    document  net = Σ lines,  VAT = Σ over (category, rate) of the rounded VAT of their sum,  total = net + VAT

A concrete document declares ``lines``, an owned One2many to its concrete line.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from addons.base.models import Document, Unit
from addons.tax import arithmetic
from addons.tax.models.rate import CATEGORIES
from core import Model, _, check, computed, fields

#: kinds of lines whose amounts make up the totals
COUNTED = ("article",)


class TaxedLine(Model, abstract=True):
    """A line of a paper with tax. Prices are net, in the currency of the document.

    Kinds: an *article* (or free text with a price) counts; *text* and *subtotal* have no amounts; *optional* and
    *alternative* show theirs and are left out of the totals.
    """

    sequence = fields.Integer(_("Order"), default=10)
    kind = fields.Selection(
        _("Kind"),
        {
            "article": _("Article"),
            "text": _("Text"),
            "subtotal": _("Subtotal"),
            "optional": _("Optional"),
            "alternative": _("Alternative"),
        },
        required=True,
        default="article",
    )
    description = fields.Text(_("Description"))
    quantity = fields.Quantity(_("Quantity"), required=True, default=Decimal(1))
    unit = fields.Many2one(Unit, _("Unit"))
    price = fields.Money(_("Price"), currency="", digits=8, help=_("Net, for one unit"))
    discount = fields.Decimal(_("Discount %"), digits=4, default=Decimal(0))
    vat_category = fields.Selection(_("VAT category"), CATEGORIES, required=True, default="S", readonly=True)
    vat_rate = fields.Decimal(_("VAT %"), digits=2, default=Decimal(0), readonly=True)
    vat_reason = fields.Char(_("Why this VAT"), readonly=True)

    constraints = [
        check("price", ">=", 0, _("must not be negative: a return has a negative quantity")),
        check("discount", ">=", 0, _("must not be negative: raise the price")),
        check("discount", "<=", 100, _("must not be more than 100")),
        check("vat_rate", ">=", 0, _("must not be negative")),
    ]

    @computed(fields.Money(_("Net"), currency="", digits=2), "kind", "quantity", "price", "discount")
    def net(self) -> Decimal:
        """Rounded half up to 2 decimals (BT-131)."""
        return Decimal(0) if self.kind in ("text", "subtotal") else self.figures().net()

    def figures(self) -> arithmetic.DocumentLine:
        """The line as the arithmetic of documents takes it."""
        discount = self.discount or Decimal(0)
        return arithmetic.DocumentLine(
            quantity=self.quantity or Decimal(0),
            price=self.price or Decimal(0),
            allowances=(arithmetic.Allowance(percent=discount, reason_code="95"),) if discount else (),
            category=self.vat_category or "S",
            rate=self.vat_rate,
        )

    @property
    def counted(self) -> bool:
        """Whether the line is part of the totals."""
        return self.kind in COUNTED


class TaxedDocument(Document, abstract=True):
    """A numbered paper whose lines carry tax."""

    if TYPE_CHECKING:

        @property
        def lines(self) -> Sequence[Any]: ...

    @computed(fields.Money(_("Net"), digits=2), "lines.net", "lines.kind")
    def net(self) -> Decimal:
        return sum((line.net for line in self.lines if line.counted), Decimal(0))

    @computed(fields.Money(_("VAT"), digits=2), "lines.net", "lines.kind", "lines.vat_category", "lines.vat_rate")
    def tax(self) -> Decimal:
        return self.totals().vat

    @computed(fields.Money(_("Total"), digits=2), "net", "tax")
    def total(self) -> Decimal:
        return (self.net or Decimal(0)) + (self.tax or Decimal(0))

    def totals(self) -> arithmetic.Totals:
        """Net, VAT and total with the breakdown by category and rate (BG-23)."""
        return arithmetic.totals(line.figures() for line in self.lines if line.counted)
