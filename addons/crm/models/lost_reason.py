"""Why opportunities are lost."""

from __future__ import annotations

from core import Model, _, fields


class LostReason(Model, name="crm.lost_reason", title=_("Reason of loss"), plural=_("Reasons of loss"), sort=("name",)):
    """A reason that can be chosen; statistics count them."""

    name = fields.Char(_("Name"), required=True, translate=True, searchable=True)
    active = fields.Boolean(_("Active"), default=True)
