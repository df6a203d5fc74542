"""Units of measure by UN/ECE Recommendation 20."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Literal

from core import Model, UserError, _, check, fields

Purpose = Literal["nearest", "up", "down"]
_MODES = {"nearest": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}


class Unit(Model, name="base.unit", title=_("Unit"), plural=_("Units"), display="name", sort=("category", "code")):
    """A unit. ``numerator / denominator`` of the category's reference unit make one of it: a gram is 1/1000 kg."""

    code = fields.Char(_("Code"), required=True, size=3, unique=True, searchable=True, help=_("UN/ECE Rec 20"))
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    symbol = fields.Char(_("Symbol"), translate=True)
    category = fields.Selection(
        _("Category"),
        {
            "count": _("Number"),
            "mass": _("Mass"),
            "length": _("Length"),
            "area": _("Area"),
            "volume": _("Volume"),
            "time": _("Time"),
            "energy": _("Energy"),
            "other": _("Other"),
        },
        required=True,
    )
    numerator = fields.Integer(_("Numerator"), required=True, default=1)
    denominator = fields.Integer(_("Denominator"), required=True, default=1)
    step = fields.Decimal(_("Smallest step"), digits=6, default=Decimal("1"), help=_("Quantities are multiples of it"))
    active = fields.Boolean(_("Active"), default=True)

    constraints = [
        check("numerator", ">", 0, _("must be positive")),
        check("denominator", ">", 0, _("must be positive")),
        check("step", ">", 0, _("must be positive")),
    ]

    def convert(self, quantity: Decimal, to: Unit) -> Decimal:
        """``quantity`` of this unit in ``to``, exact to 28 digits; UserError between categories."""
        if self.category != to.category:
            raise UserError(_("{one} cannot be converted to {other}.").format(one=self.name, other=to.name))
        return quantity * self.numerator * to.denominator / (self.denominator * to.numerator)

    def rounded(self, quantity: Decimal, purpose: Purpose = "nearest") -> Decimal:
        """``quantity`` as a multiple of the step; inputs of production go up, outputs down."""
        step = self.step or Decimal(1)
        return (quantity / step).quantize(Decimal(1), _MODES[purpose]) * step
