"""Freight: knows nothing of gift."""

from __future__ import annotations

from collections.abc import Iterable

from core import Refusal, fields, guard
from tests.sample_addons.trade.models import Order as BaseOrder


class Order(BaseOrder, extend=True):
    """Orders have a carrier, and need one to be confirmed when it was asked for."""

    carrier = fields.Char("Carrier")
    needs_carrier = fields.Boolean("Needs a carrier")
    terms = fields.Char(size=20)

    def confirm(self) -> None:
        super().confirm()
        self.terms = f"{self.terms or ''} / freight"

    @guard("confirm")
    def _carrier(self) -> Iterable[Refusal]:
        if self.needs_carrier and not self.carrier:
            yield Refusal("carrier", "There is no carrier.", "Choose one.")
