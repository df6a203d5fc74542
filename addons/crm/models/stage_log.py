"""When an opportunity came into which stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.base.models import User
from addons.base.models.document import acting_user
from addons.crm.models.pipeline import Stage
from core import Env, Model, _, fields

if TYPE_CHECKING:
    import datetime

    from addons.crm.models.deal import Deal


def _deal() -> type[Deal]:
    from addons.crm.models.deal import Deal

    return Deal


def _now(env: Env) -> datetime.datetime:
    return env.now


class StageLog(
    Model, name="crm.stage_log", title=_("Change of stage"), plural=_("Changes of stage"), display="to.name"
):
    """One move of an opportunity; conversion and speed of the pipeline are told from these rows."""

    deal = fields.Many2one(_deal, _("Opportunity"), required=True)
    origin = fields.Many2one(Stage, _("From"), readonly=True)
    to = fields.Many2one(Stage, _("To"), required=True, readonly=True)
    at = fields.DateTime(_("Time"), required=True, default=_now, readonly=True)
    user = fields.Many2one(User, _("Who"), default=acting_user, readonly=True)
