"""The models of crm."""

from addons.crm.models.activity import Activity
from addons.crm.models.deal import Deal
from addons.crm.models.lost_reason import LostReason
from addons.crm.models.pipeline import Pipeline, Stage
from addons.crm.models.stage_log import StageLog

__all__ = ["Activity", "Deal", "LostReason", "Pipeline", "Stage", "StageLog"]
