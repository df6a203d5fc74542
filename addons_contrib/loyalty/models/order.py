"""Orders give points when they are confirmed."""

from __future__ import annotations

from decimal import Decimal

from addons.orders.models import Order as BaseOrder
from core import _, computed, fields

#: net of the document's currency for one point
PER_POINT = Decimal(1000)
#: for the confirmation itself
BONUS = 10


class Order(BaseOrder, extend=True):
    """``points`` are given once, on confirmation; ``points_to_come`` says how many that will be."""

    points = fields.Integer(_("Points"), default=0, readonly=True, copy=False)

    @computed(fields.Integer(_("Points to come")), "net")
    def points_to_come(self) -> int:
        return int((self.net or Decimal(0)) // PER_POINT) + BONUS

    def confirm(self) -> None:
        super().confirm()
        self.points = self.points_to_come
