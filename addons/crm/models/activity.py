"""What crm adds to activities: a call becomes an opportunity of a salesperson."""

from __future__ import annotations

from addons.activities.models import Activity as BaseActivity
from addons.base.models import User
from addons.base.trace import link
from addons.crm.models.deal import TAKE_IN, Deal
from addons.partners.models import Partner
from core import ValidationError, _, action, fields, onchange


class Activity(BaseActivity, extend=True):
    """``salesperson`` gets the opportunity that is made of the activity."""

    salesperson = fields.Many2one(User, _("For salesperson"))

    @onchange("partner")
    def _propose_salesperson(self) -> None:
        if self.partner is not None:
            self.salesperson = self.partner.owner or self.salesperson

    @action(label=_("Make opportunity"), groups=TAKE_IN)
    def make_opportunity(self) -> Deal:
        """An opportunity out of this activity, for the chosen salesperson; opens it."""
        env = self.env
        if self.partner is None:
            raise ValidationError(fields={"partner": _("is needed: choose one or create the contact")})
        salesperson = self.salesperson or self.partner.owner
        if salesperson is None:
            raise ValidationError(fields={"salesperson": _("is needed: who takes care of it?")})
        env.flush()
        deal = env[Deal](
            name=self.subject,
            partner=self.partner,
            person=self.person,
            owner=salesperson,
            notes=self.notes,
            source=str(self.info.fields["kind"].choices[self.kind]),
        )
        env.flush()
        link(env, self, deal, "opportunity")
        self.about = deal
        _give_owner(self.partner, salesperson)
        return deal


def _give_owner(partner: Partner, salesperson: User) -> None:
    """A customer who has no salesperson yet gets the one who takes care of the first opportunity."""
    if partner.owner is None:
        partner.owner = salesperson
