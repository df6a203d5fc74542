"""Bank accounts of a partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.base import identifiers
from addons.base.models import Currency
from core import Model, ValidationError, _, constraint, fields

if TYPE_CHECKING:
    from addons.partners.models.partner import Partner


def _partner() -> type[Partner]:
    from addons.partners.models.partner import Partner

    return Partner


class BankAccount(
    Model,
    name="partners.bank_account",
    title=_("Bank account"),
    plural=_("Bank accounts"),
    display="iban",
    sort=("sequence",),
):
    """An account that a partner is paid to, or pays from."""

    partner = fields.Many2one(_partner, _("Partner"), required=True)
    sequence = fields.Integer(_("Order"), default=10)
    iban = fields.Char(_("IBAN"), required=True, size=42, tracked=True)
    bic = fields.Char(_("BIC"), size=11)
    bank = fields.Char(_("Bank"))
    holder = fields.Char(_("Holder"))
    currency = fields.Many2one(Currency, _("Currency"))
    active = fields.Boolean(_("Active"), default=True)

    @constraint("iban")
    def _valid_iban(self) -> None:
        problem = identifiers.iban_problem(self.iban or "")
        if problem:
            raise ValidationError(fields={"iban": problem})
