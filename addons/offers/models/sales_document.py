"""The papers of a sale: what offers and orders, and later invoices, have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy import select

from addons.messaging.models import Conversation
from addons.offers.models.sales_line import SalesLine
from addons.partners.models import Partner
from addons.products.hookspecs import products_block
from addons.products.models.article import COSTS
from addons.tax.models import TaxClass, TaxedDocument
from core import Refusal, ValidationError, _, check, computed, constraint, fields, onchange

#: what stands on a paper once it has left the house
FROZEN = ("partner", "currency", "date")
#: the tax class of lines without an article
GOODS = "goods"


class SalesDocument(TaxedDocument, Conversation, abstract=True):
    """A paper for a customer. Address and terms are copied from the customer and frozen on the paper."""

    if TYPE_CHECKING:

        @property
        def state(self) -> str: ...

    partner = fields.Many2one(Partner, _("Customer"), required=True, filter="kind != 'person' and customer")
    person = fields.Many2one(Partner, _("Contact"), filter="kind == 'person'")
    invoice_address = fields.Text(_("Invoice address"))
    delivery_address = fields.Text(_("Delivery address"))
    customer_reference = fields.Char(_("Customer's reference"), searchable=True)
    payment_days = fields.Integer(_("Payment term"), help=_("Days after the invoice"))
    delivery_term = fields.Char(_("Delivery term"), help=_("Incoterm and place"))
    introduction = fields.Text(_("Introduction"))
    closing = fields.Text(_("Closing words"))
    notes = fields.Text(_("Internal notes"))

    constraints = [check("payment_days", ">=", 0, _("must not be negative"))]
    indexes = [("company", "state"), ("company", "date")]

    @computed(fields.Money(_("Margin"), digits=2, groups=COSTS), "lines.margin", "lines.kind")
    def margin(self) -> Decimal:
        return sum((line.margin or Decimal(0) for line in self.lines if line.counted), Decimal(0))

    @computed(fields.Decimal(_("Margin %"), digits=2, groups=COSTS), "margin", "net")
    def margin_percent(self) -> Decimal | None:
        return self.margin * 100 / self.net if self.net and self.margin is not None else None

    @onchange("partner")
    def _take_terms(self) -> None:
        """Propose the customer's terms; a language or currency of its own goes before the company's."""
        partner = cast("Partner | None", self.partner)
        if partner is None:
            return
        self.currency = partner.currency or self.currency
        self.language = partner.language or self.language
        self.payment_days = partner.payment_days
        self.delivery_term = partner.delivery_term
        self.invoice_address = written_address(partner, "invoice")
        self.delivery_address = written_address(partner, "delivery")
        if self.person is not None and self.person.parent is not partner:
            self.person = None
        self._take_vat()

    @onchange("date")
    def _take_vat(self) -> None:
        for line in self.lines:
            line.take_vat()

    def before_create(self) -> None:
        super().before_create()
        partner = self.partner
        if partner is not None:
            self.invoice_address = self.invoice_address or written_address(partner, "invoice")
            self.delivery_address = self.delivery_address or written_address(partner, "delivery")
            self.payment_days = partner.payment_days if self.payment_days is None else self.payment_days

    def before_write(self, changed: Collection[str]) -> None:
        super().before_write(changed)
        self._refuse_when_frozen(changed)
        if "partner" in changed or "date" in changed:
            self._take_vat()

    # -- a paper that binds is not changed ---------------------------------------------------------------------

    @property
    def frozen(self) -> bool:
        """Whether customer, currency and lines stand: once the paper has left the house."""
        return self.state != "draft" and not self.is_new

    def _refuse_when_frozen(self, changed: Collection[str]) -> None:
        # what is written together with the change of state was edited before it
        if self.frozen and "state" not in changed and not sa.inspect(self).attrs["state"].history.has_changes():
            faults = {name: str(_("cannot be changed any more")) for name in FROZEN if name in changed}
            if faults:
                raise ValidationError(fields=faults)

    @constraint("lines")
    def _no_line_is_taken_away(self) -> None:
        if self.frozen and sa.inspect(self).attrs["lines"].history.deleted:
            raise ValidationError(fields={"lines": str(_("cannot be changed any more"))})

    @constraint("lines")
    def _articles_are_complete(self) -> None:
        faults = {
            f"lines.{index}.description": str(_("an article or a description is needed"))
            for index, line in enumerate(self.lines)
            if line.article is None and not line.description
        }
        if faults:
            raise ValidationError(fields=faults)

    def standard_tax_class(self) -> TaxClass | None:
        """The class of lines without an article."""
        model: Any = self.env.info(TaxClass).cls
        found: TaxClass | None = self.env.session.scalars(select(model).where(model.code == GOODS)).first()
        return found

    def problems(self, usage: str) -> Iterable[Refusal]:
        """What every paper must fulfil before it binds anybody: lines, a customer who may buy, articles on sale."""
        articles: list[SalesLine] = [line for line in self.lines if line.kind == "article"]
        if not articles:
            yield Refusal("no_lines", str(_("There are no lines.")), str(_("Add at least one article.")))
        if self.partner is not None and self.partner.blocked:
            text = str(_("{partner} is blocked: {reason}"))
            yield Refusal("blocked", text.format(partner=self.partner, reason=self.partner.blocked_reason or "–"))
        for line in articles:
            if line.article is not None:
                answers = self.env.hooks.of(products_block)(article=line.article, usage=usage)
                yield from (refusal for answer in answers for refusal in answer)


def written_address(partner: Partner, kind: str) -> str | None:
    """The address of ``partner`` as it is written on a letter."""
    address = partner.address(kind)
    if address is None:
        return None
    place = " ".join(one for one in (address.postcode, address.city) if one)
    country = address.country.name if address.country is not None else None
    lines = (address.name or partner.name, address.street, address.street2, place, country)
    return "\n".join(one for one in lines if one)
