"""Currencies by ISO 4217."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from core import Model, _, check, fields


class Currency(
    Model, name="base.currency", title=_("Currency"), plural=_("Currencies"), display="code", sort=("code",)
):
    """A currency. Amounts are rounded half away from zero to its decimals; cash is paid in its smallest coin."""

    code = fields.Char(_("Code"), required=True, size=3, unique=True, searchable=True, help=_("ISO 4217"))
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    symbol = fields.Char(_("Symbol"), size=8)
    decimals = fields.Integer(_("Decimals"), required=True, default=2)
    cash_step = fields.Decimal(_("Smallest cash amount"), digits=4, help=_("0.50 where coins below are not in use"))
    active = fields.Boolean(_("Active"), default=True)

    constraints = [
        check("decimals", ">=", 0, _("must not be negative")),
        check("decimals", "<=", 4, _("at most 4 decimals")),
    ]

    def rounded(self, amount: Decimal) -> Decimal:
        """``amount`` in this currency's decimals, half away from zero."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)
