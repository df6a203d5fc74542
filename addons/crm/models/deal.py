"""Opportunities: what a customer may buy, how much it is worth, and how likely it is."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from addons.base.models import CompanyOwned, Currency, Recorded, User
from addons.base.models.document import acting_user
from addons.crm.hookspecs import crm_deal_closed, crm_stage_changed
from addons.crm.models.lost_reason import LostReason
from addons.crm.models.pipeline import Pipeline, Stage
from addons.crm.models.stage_log import StageLog
from addons.messaging.models import Conversation
from addons.partners.models import Partner
from core import Env, Refusal, ValidationError, _, check, constraint, fields, guard, onchange, transition

USER = "crm.user"
TAKE_IN = "crm.take_in"


def _first_pipeline(env: Env) -> Pipeline | None:
    model: Any = env.info(Pipeline).cls
    query = select(model).where(model.active).order_by(model.sequence, model.id).limit(1)
    found: Pipeline | None = env.session.scalars(query).first()
    return found


def _first_stage(env: Env) -> Stage | None:
    pipeline = _first_pipeline(env)
    return pipeline.stages[0] if pipeline is not None and pipeline.stages else None


def _currency(env: Env) -> Currency | None:
    return env.company.currency if env.company is not None else None


class Deal(
    Recorded,
    CompanyOwned,
    Conversation,
    name="crm.deal",
    title=_("Opportunity"),
    plural=_("Opportunities"),
    display="name",
    sort=("expected_close",),
):
    """An opportunity. ``value`` is net, in ``currency``; the probability is that of the stage unless overridden."""

    name = fields.Char(_("Title"), required=True, searchable=True)
    partner = fields.Many2one(Partner, _("Customer"), required=True, filter="kind != 'person'")
    person = fields.Many2one(Partner, _("Contact"), filter="kind == 'person'")
    state = fields.State(
        "open",
        "won",
        "lost",
        "on_hold",
        labels={"open": _("Open"), "won": _("Won"), "lost": _("Lost"), "on_hold": _("On hold")},
    )
    pipeline = fields.Many2one(Pipeline, _("Pipeline"), required=True, default=_first_pipeline)
    stage = fields.Many2one(Stage, _("Stage"), required=True, default=_first_stage, tracked=True)
    owner = fields.Many2one(User, _("Salesperson"), default=acting_user, tracked=True)
    value = fields.Money(_("Value"), default=Decimal(0), tracked=True)
    currency = fields.Many2one(Currency, _("Currency"), required=True, default=_currency)
    probability = fields.Decimal(_("Probability %"), digits=2, tracked=True)
    probability_reason = fields.Char(_("Why not that of the stage"))
    expected_close = fields.Date(_("Expected close"))
    closed_at = fields.DateTime(_("Closed"), readonly=True, copy=False)
    source = fields.Char(_("Source"))
    notes = fields.Text(_("Notes"))
    next_step = fields.Char(_("Next step"))
    next_step_on = fields.Date(_("Next step on"))
    lost_reason = fields.Many2one(LostReason, _("Reason of loss"), copy=False)
    lost_to = fields.Char(_("Lost to"), copy=False)
    lost_note = fields.Text(_("Note on the loss"), copy=False)
    stage_log = fields.One2many(StageLog, "deal", _("Stages so far"), owned=True)

    weighted = fields.Money(_("Weighted value"), expr="round(value * coalesce(probability, 0) * 0.01, 2)")
    overdue = fields.Boolean(
        _("Overdue"),
        expr="state == 'open' and (next_step_on == None or next_step_on < today or expected_close < today)",
        help=_("No next step, or one that is late"),
    )

    constraints = [
        check("value", ">=", 0, _("must not be negative")),
        check("probability", ">=", 0, _("must be between 0 and 100")),
        check("probability", "<=", 100, _("must be between 0 and 100")),
    ]
    indexes = [("company", "state")]

    def before_create(self) -> None:
        super().before_create()
        if self.stage is not None:
            if self.probability is None:
                self.probability = self.stage.probability
            if not self.stage_log:
                self._log_stage(None)

    def before_write(self, changed: Collection[str]) -> None:
        super().before_write(changed)
        if "stage" in changed and self.stage is not None:
            former = self.stage_log[-1].to if self.stage_log else None
            if former is not self.stage:
                self._log_stage(former)
                self.env.hooks.of(crm_stage_changed)(deal=self, old=former, new=self.stage)

    @constraint("stage", "pipeline")
    def _stage_of_pipeline(self) -> None:
        if self.stage is not None and self.stage.pipeline is not self.pipeline:
            raise ValidationError(fields={"stage": _("belongs to another pipeline")})

    @onchange("partner")
    def _take_owner(self) -> None:
        if self.partner is not None:
            self.owner = self.partner.owner or self.owner
            self.currency = self.partner.currency or self.currency

    @onchange("pipeline")
    def _take_first_stage(self) -> None:
        if self.pipeline is not None and self.pipeline.stages:
            self.stage = self.pipeline.stages[0]

    @onchange("stage")
    def _take_probability(self) -> None:
        if self.stage is not None:
            self.probability = self.stage.probability

    def move_to(self, stage: Stage) -> None:
        """Put the opportunity into ``stage``, with its probability; the move is logged when it is saved."""
        self.stage = stage
        self.probability = stage.probability

    def _log_stage(self, former: Stage | None) -> None:
        self.stage_log.append(self.env[StageLog](origin=former, to=self.stage))

    # -- states -----------------------------------------------------------------------------------------------

    @transition("open", "on_hold", to="won", label=_("Won"), groups=USER)
    def win(self) -> None:
        """The customer ordered."""
        self._close("won")
        self.probability = Decimal(100)

    @transition("open", "on_hold", to="lost", label=_("Lost"), groups=USER)
    def lose(self) -> None:
        """The customer bought elsewhere, or nothing."""
        self._close("lost")
        self.probability = Decimal(0)

    @guard("lose")
    def _loss_has_a_reason(self) -> Any:
        if self.lost_reason is None:
            yield Refusal("no_reason", str(_("There is no reason of loss.")), str(_("Choose one first.")))

    @transition("open", to="on_hold", label=_("Put on hold"), groups=USER)
    def hold(self) -> None:
        """Nothing happens for now."""

    @transition("won", "lost", "on_hold", to="open", label=_("Reopen"), groups=USER)
    def reopen(self) -> None:
        self.closed_at = None
        self.lost_reason = None
        if self.stage is not None:
            self.probability = self.stage.probability

    def _close(self, outcome: str) -> None:
        self.closed_at = self.env.now
        self.env.hooks.of(crm_deal_closed)(deal=self, outcome=outcome)
