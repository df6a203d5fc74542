"""The hooks that activities offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import hookspec

if TYPE_CHECKING:
    from addons.activities.models import Activity


@hookspec
def activities_done(activity: Activity) -> Any:
    """Called when an activity is done, in the same transaction, before its state says so.

    To plan what follows from it::

        @hookimpl
        def activities_done(activity):
            if activity.kind == "visit":
                remind_of_report(activity)
    """
