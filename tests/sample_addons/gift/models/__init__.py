"""Points for orders, and a note on every paper."""

from __future__ import annotations

from core import fields, transition
from tests.sample_addons.trade.models import Order as BaseOrder
from tests.sample_addons.trade.models.company import Numbered as BaseNumbered


class Numbered(BaseNumbered, extend=True):
    """A fragment of an abstract base reaches every model that uses it."""

    remark = fields.Char("Remark")

    def title_line(self) -> str:
        return super().title_line() + "!"


class Order(BaseOrder, extend=True):
    """Orders earn points, and can be given away."""

    points = fields.Integer("Points", default=0)
    state = fields.State(add=("given",))

    def confirm(self) -> None:
        super().confirm()
        self.points = (self.points or 0) + 10

    @transition("draft", to="given", label="Give away", groups="trade.user")
    def give(self) -> None:
        """Another way out of draft."""
