"""One contact with a customer, or one thing to do: planned, then done, missed or cancelled."""

from __future__ import annotations

import datetime

from addons.activities.hookspecs import activities_done
from addons.base.models import CompanyOwned, Country, Recorded, User
from addons.base.models.document import acting_user
from addons.messaging.models import Conversation
from addons.partners import telephones
from addons.partners.hookspecs import partners_duplicates
from addons.partners.models import ContactPoint, Partner, PartnerRole
from core import ValidationError, _, action, check, computed, fields, onchange, transition

USER = "activities.user"


class Activity(
    Recorded,
    CompanyOwned,
    Conversation,
    name="activities.activity",
    title=_("Activity"),
    plural=_("Activities"),
    display="subject",
    sort=("-at",),
):
    """A call, a visit, a mail … with a partner, or a task of our own.

    A caller who is not known yet is written down by name, company and number; ``create_contact`` makes partners of
    them. What comes out of an activity (an opportunity, a complaint) is linked to it by an edge of the trace.
    """

    kind = fields.Selection(
        _("Kind"),
        {
            "call": _("Call"),
            "visit": _("Visit"),
            "meeting": _("Meeting"),
            "mail": _("E-mail"),
            "task": _("Task"),
            "note": _("Note"),
            "follow_up": _("Follow-up"),
            "phone_message": _("Phone message"),
        },
        required=True,
        default="call",
    )
    subject = fields.Char(_("Subject"), required=True, searchable=True)
    direction = fields.Selection(_("Direction"), {"in": _("Incoming"), "out": _("Outgoing")}, default="in")
    state = fields.State(
        "planned",
        "done",
        "missed",
        "cancelled",
        labels={"planned": _("Planned"), "done": _("Done"), "missed": _("Missed"), "cancelled": _("Cancelled")},
    )
    planned_at = fields.DateTime(_("Planned for"))
    done_at = fields.DateTime(_("Done"), readonly=True, copy=False)
    duration = fields.Integer(_("Minutes"))
    user = fields.Many2one(User, _("Who"), default=acting_user, tracked=True)

    partner = fields.Many2one(Partner, _("Customer"), filter="kind != 'person'")
    person = fields.Many2one(Partner, _("Contact"), filter="kind == 'person'")
    persons = fields.Many2many(Partner, _("Others present"))
    about = fields.Reference(_("About"), help=_("The paper or opportunity that it is about"))
    notes = fields.Text(_("Notes"))
    outcome = fields.Text(_("Outcome"))
    next_step = fields.Char(_("Next step"))
    source = fields.Selection(
        _("Source"),
        {"manual": _("By hand"), "mail": _("E-mail"), "field": _("On the road"), "rule": _("By itself")},
        default="manual",
        readonly=True,
    )

    caller_number = fields.Char(_("Caller's number"), personal=True)
    caller_name = fields.Char(_("Caller's name"), personal=True)
    caller_company = fields.Char(_("Caller's company"))
    caller_mail = fields.Char(_("Caller's e-mail"), personal=True)

    overdue = fields.Boolean(_("Overdue"), expr="state == 'planned' and planned_at != None and planned_at < now")
    unknown_caller = fields.Boolean(
        _("Caller not known"), expr="partner == None and (caller_name != None or caller_company != None)"
    )

    constraints = [check("duration", ">=", 0, _("must not be negative"))]
    indexes = [("user", "state")]

    @computed(fields.DateTime(_("Time")), "done_at", "planned_at", "created_at")
    def at(self) -> datetime.datetime | None:
        """When it happened, or will."""
        return self.done_at or self.planned_at or self.created_at

    def thread_time(self) -> datetime.datetime | None:
        return self.created_at if self.state in ("missed", "cancelled") else self.at

    # -- who is it --------------------------------------------------------------------------------------------

    @onchange("caller_number")
    def _look_up_caller(self) -> None:
        """A number that is known names the caller at once."""
        if self.partner is not None or not self.caller_number:
            return
        known = self._known_callers()
        if known:
            self._take_partner(known[0])

    @onchange("person")
    def _take_employer(self) -> None:
        if self.person is not None and self.partner is None:
            self.partner = self.person.parent

    @action(label=_("Create contact"), groups=USER, help=_("Makes company and person of the caller"))
    def create_contact(self) -> None:
        """Make partners of a caller who is not known yet; one whose number is known is taken instead."""
        if self.partner is not None:
            raise ValidationError(fields={"partner": _("is known already")})
        if not self.caller_company and not self.caller_name:
            raise ValidationError(fields={"caller_company": _("or the name of the caller is needed")})
        known = self._known_callers()
        if known:
            self._take_partner(known[0])
            return
        env = self.env
        person = self._new_person() if self.caller_name else None
        if self.caller_company:
            company = env[Partner](
                kind="company",
                name=self.caller_company,
                owner=None,
                country=self.company.country,
                currency=self.company.currency,
                language=self.company.language,
                source=str(_("Telephone")),
                contact_points=self._caller_points() if person is None else [],
            )
            if person is not None:
                person.parent = company
                company.people.append(env[PartnerRole](person=person, primary=True))
            self.partner, self.person = company, person
        else:
            self.partner, self.person = person, person
        env.flush()

    def _new_person(self) -> Partner:
        return self.env[Partner](
            kind="person",
            name=self.caller_name,
            owner=None,
            country=self.company.country,
            language=self.company.language,
            contact_points=self._caller_points(),
        )

    def _caller_points(self) -> list[ContactPoint]:
        env = self.env
        points = []
        if self.caller_number:
            points.append(env[ContactPoint](kind="phone", value=self.caller_number))
        if self.caller_mail:
            points.append(env[ContactPoint](kind="mail", value=self.caller_mail, sequence=20))
        return points

    def _known_callers(self) -> list[Partner]:
        country: Country | None = self.company.country if self.company is not None else None
        number = telephones.e164(self.caller_number or "", country.calling_code if country is not None else None)
        answers = self.env.hooks.of(partners_duplicates)(
            env=self.env, name=self.caller_company or self.caller_name or "", numbers=[number] if number else []
        )
        return list(dict.fromkeys(one for answer in answers for one in answer))

    def _take_partner(self, partner: Partner) -> None:
        if partner.kind == "person":
            self.person = partner
            self.partner = partner.parent or partner
        else:
            self.partner = partner

    # -- states -----------------------------------------------------------------------------------------------

    @transition("planned", "missed", to="done", label=_("Done"), groups=USER)
    def finish(self) -> None:
        """It happened."""
        self.done_at = self.done_at or self.env.now
        self.env.hooks.of(activities_done)(activity=self)

    @transition("planned", to="missed", label=_("Missed"), groups=USER)
    def miss(self) -> None:
        """Nobody was reached."""

    @transition("planned", "missed", to="cancelled", label=_("Cancel"), groups=USER)
    def cancel(self) -> None:
        """It will not happen."""

    @transition("done", "missed", "cancelled", to="planned", label=_("Plan again"), groups=USER)
    def plan_again(self) -> None:
        self.done_at = None
