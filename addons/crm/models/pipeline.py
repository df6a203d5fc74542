"""Pipelines and their stages."""

from __future__ import annotations

from decimal import Decimal

from core import Model, _, check, fields


class Pipeline(Model, name="crm.pipeline", title=_("Pipeline"), plural=_("Pipelines"), sort=("sequence",)):
    """One way in which opportunities come to an order."""

    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    sequence = fields.Integer(_("Order"), default=10)
    stages = fields.One2many(lambda: Stage, "pipeline", _("Stages"), owned=True)
    active = fields.Boolean(_("Active"), default=True)


class Stage(Model, name="crm.stage", title=_("Stage"), plural=_("Stages"), display="name", sort=("sequence",)):
    """A step of a pipeline. ``rotting_days``: how long an opportunity may lie here untouched."""

    pipeline = fields.Many2one(Pipeline, _("Pipeline"), required=True)
    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    sequence = fields.Integer(_("Order"), default=10)
    probability = fields.Decimal(_("Probability %"), digits=2, default=Decimal(10))
    rotting_days = fields.Integer(_("Days until overdue"))
    exit_criteria = fields.Text(_("What must be known to go on"))

    constraints = [
        check("probability", ">=", 0, _("must be between 0 and 100")),
        check("probability", "<=", 100, _("must be between 0 and 100")),
    ]
