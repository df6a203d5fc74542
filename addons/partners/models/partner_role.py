"""What a person does at a company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import Model, ValidationError, _, constraint, fields

if TYPE_CHECKING:
    from addons.partners.models.partner import Partner


def _partner() -> type[Partner]:
    from addons.partners.models.partner import Partner

    return Partner


class PartnerRole(
    Model,
    name="partners.partner_role",
    title=_("Role"),
    plural=_("Roles"),
    display="person.name",
    sort=("sequence",),
):
    """A person's role at ``organisation``, from one day to another; a line of the organisation."""

    organisation = fields.Many2one(_partner, _("Works for"), required=True)
    person = fields.Many2one(_partner, _("Person"), required=True, filter="kind == 'person'")
    sequence = fields.Integer(_("Order"), default=10)
    function = fields.Char(_("Function"))
    department = fields.Char(_("Department"))
    begins = fields.Date(_("From"))
    ends = fields.Date(_("To"))
    primary = fields.Boolean(_("First contact"))
    authority = fields.Selection(
        _("Decides on"),
        {"orders": _("Orders"), "pays": _("Payments"), "technical": _("Technical questions")},
    )

    @constraint("begins", "ends")
    def _right_way_round(self) -> None:
        if self.begins is not None and self.ends is not None and self.ends < self.begins:
            raise ValidationError(fields={"ends": _("is before the beginning")})

    @constraint("person")
    def _is_a_person(self) -> None:
        if self.person is not None and self.person.kind != "person":
            raise ValidationError(fields={"person": _("is not a person")})
