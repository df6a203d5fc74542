"""The models of activities."""

from addons.activities.models.activity import Activity

__all__ = ["Activity"]
