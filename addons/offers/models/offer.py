"""Offers. States and who brings them about:

    draft ── send ─► sent ── accept ─► accepted          orders makes the order
                      ├─ lose ─► lost ─┐
                      ├─ expire ─► expired ─┤ reopen ─► draft
    draft, sent ── withdraw ─► withdrawn ─┘
    sent, expired, lost ── revise ─► superseded          the next revision is a new draft
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from decimal import Decimal
from typing import ClassVar

from addons.base.models.setting import setting
from addons.base.trace import link
from addons.offers.hookspecs import (
    offers_accepted,
    offers_before_send,
    offers_lost,
    offers_revised,
    offers_sent,
)
from addons.offers.models.offer_line import OfferLine
from addons.offers.models.sales_document import SalesDocument
from core import Env, Model, Refusal, _, action, check, fields, guard, transition

USER = "offers.user"
#: setting: days that an offer is valid
VALIDITY = "offers.validity_days"


def _valid_until(env: Env) -> datetime.date:
    return env.today + datetime.timedelta(days=int(setting(env, VALIDITY, 30)))


class Offer(
    SalesDocument,
    name="offers.offer",
    title=_("Offer"),
    plural=_("Offers"),
    display="number",
    sort=("-date", "-number"),
):
    """An offer to a customer. Revisions share ``base_number``; only the last one is live, the others are superseded."""

    series: ClassVar[str] = "offers.offer"

    state = fields.State(
        "draft",
        "sent",
        "accepted",
        "lost",
        "expired",
        "superseded",
        "withdrawn",
        labels={
            "draft": _("Draft"),
            "sent": _("Sent"),
            "accepted": _("Accepted"),
            "lost": _("Lost"),
            "expired": _("Expired"),
            "superseded": _("Superseded"),
            "withdrawn": _("Withdrawn"),
        },
    )
    base_number = fields.Char(_("Number without revision"), size=40, readonly=True, copy=False)
    revision = fields.Integer(_("Revision"), default=0, readonly=True, copy=False)
    supersedes = fields.Many2one(lambda: Offer, _("Revision of"), readonly=True, copy=False)
    title = fields.Char(_("Subject"), searchable=True)
    valid_until = fields.Date(_("Valid until"), default=_valid_until, copy=False)
    probability = fields.Decimal(_("Probability %"), digits=2, default=Decimal(50))
    delivery_time = fields.Char(_("Delivery time"), help=_("As it is written on the offer: 4 weeks from order"))
    follow_up_on = fields.Date(_("Follow up on"), copy=False)
    sent_at = fields.DateTime(_("Sent"), readonly=True, copy=False)
    answered_at = fields.DateTime(_("Answered"), readonly=True, copy=False)
    lost_reason = fields.Selection(
        _("Reason of loss"),
        {
            "price": _("Price"),
            "time": _("Delivery time"),
            "product": _("Product"),
            "no_purchase": _("Nothing was bought"),
            "other": _("Other"),
        },
        copy=False,
    )
    lost_to = fields.Char(_("Lost to"), copy=False)
    lost_note = fields.Text(_("Note on the loss"), copy=False)
    lines = fields.One2many(OfferLine, "offer", _("Lines"), owned=True)

    live = fields.Boolean(_("Live"), expr="state in ('draft', 'sent')")
    open_value = fields.Money(_("Open value"), expr="net if state in ('draft', 'sent') else 0")
    weighted = fields.Money(
        _("Weighted value"), expr="round(net * coalesce(probability, 0) * 0.01, 2) if state in ('draft', 'sent') else 0"
    )
    late = fields.Boolean(_("Past its date"), expr="state == 'sent' and valid_until != None and valid_until < today")

    constraints = [
        check("probability", ">=", 0, _("must be between 0 and 100")),
        check("probability", "<=", 100, _("must be between 0 and 100")),
    ]

    def before_create(self) -> None:
        super().before_create()
        self.base_number = self.base_number or self.number

    # -- on the way to the customer ---------------------------------------------------------------------------

    @action(label=_("Prepare"), groups=USER, help=_("Completes dates and texts before the offer is sent"))
    def prepare(self) -> None:
        today = self.env.today
        if self.valid_until is None or self.valid_until < today:
            self.valid_until = _valid_until(self.env)
        self.follow_up_on = self.follow_up_on or today + datetime.timedelta(days=7)

    @transition("draft", to="sent", label=_("Mark as sent"), groups=USER)
    def send(self) -> None:
        """The offer is with the customer."""
        self.prepare()
        self.sent_at = self.env.now
        self.env.flush()
        self._expire_later()
        self.env.hooks.of(offers_sent)(offer=self)

    @guard("send")
    def _can_be_sent(self) -> Iterable[Refusal]:
        yield from self.problems("offer")
        for refusals in self.env.hooks.of(offers_before_send)(offer=self):
            yield from refusals

    def _expire_later(self) -> None:
        from addons.offers.jobs import expire_offer

        if self.valid_until is None:
            return
        day_after = datetime.datetime.combine(self.valid_until + datetime.timedelta(days=1), datetime.time.min)
        self.env.enqueue(
            expire_offer,
            key=f"offers.expire:{self.id}:{self.valid_until}",
            run_at=day_after.replace(tzinfo=self.env.zone),
            offer=self.id,
        )

    # -- the answer -------------------------------------------------------------------------------------------

    @transition("sent", to="accepted", label=_("Accept"), groups=USER, help=_("The customer has accepted the offer"))
    def accept(self) -> Model | None:
        """The customer wants it. Answers with what comes of it, to be opened: orders gives the order."""
        self.answered_at = self.env.now
        self.env.hooks.of(offers_accepted)(offer=self)
        return None

    @guard("accept")
    def _still_valid(self) -> Iterable[Refusal]:
        if self.valid_until is not None and self.valid_until < self.env.today:
            text = str(_("The offer was valid until {day}.")).format(day=self.valid_until.isoformat())
            yield Refusal("expired", text, str(_("Revise it, and check prices and dates.")))

    @transition("sent", to="lost", label=_("Lost"), groups=USER)
    def lose(self) -> None:
        """The customer does not want it."""
        self.answered_at = self.env.now
        self.env.hooks.of(offers_lost)(offer=self)

    @guard("lose")
    def _loss_has_a_reason(self) -> Iterable[Refusal]:
        if self.lost_reason is None:
            yield Refusal("no_reason", str(_("There is no reason of loss.")), str(_("Choose one first.")))

    @transition("sent", to="expired", label=_("Expire"), groups=USER)
    def expire(self) -> None:
        """Its day has passed without an answer."""

    @transition("draft", "sent", to="withdrawn", label=_("Withdraw"), groups=USER, confirm=_("Withdraw this offer?"))
    def withdraw(self) -> None:
        """It holds no more; if it was a revision, the one before holds again."""
        former = self.supersedes
        if former is not None and former.state == "superseded":
            former.restore()

    @transition("superseded", to="sent", label=_("Restore"), groups=USER)
    def restore(self) -> None:
        """The later revision was withdrawn; no button, ``withdraw`` of that one does it."""

    @transition("lost", "expired", "withdrawn", to="draft", label=_("Reopen"), groups=USER)
    def reopen(self) -> None:
        self.answered_at = None
        self.lost_reason = None

    @transition("sent", "expired", "lost", to="superseded", label=_("Revise"), groups=USER)
    def revise(self) -> Offer:
        """A new draft with the same lines and the next revision; this one is superseded. Opens the new one."""
        env = self.env
        revision = (self.revision or 0) + 1
        new = self.duplicate(
            company=self.company,
            number=f"{self.base_number}-{revision:02}",
            base_number=self.base_number,
            revision=revision,
            supersedes=self,
            responsible=self.responsible,
        )
        env.flush()
        link(env, self, new, "revision")
        env.hooks.of(offers_revised)(old=self, new=new)
        return new
