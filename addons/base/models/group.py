"""Groups of users, mirrored from the addons' ``security.py`` so that an administrator can choose them."""

from __future__ import annotations

from core import Model, _, fields


class Group(Model, name="base.group", title=_("Group"), plural=_("Groups"), display="label", sort=("name",)):
    """A group that an addon declares. ``mirror_groups`` keeps these rows; nobody else writes them."""

    name = fields.Char(_("Technical name"), required=True, unique=True, readonly=True)
    label = fields.Char(_("Name"), required=True, readonly=True, searchable=True)
    addon = fields.Char(_("Addon"), readonly=True)
    implies = fields.Char(_("Includes"), readonly=True)
    active = fields.Boolean(_("Active"), default=True, readonly=True, help=_("Off: its addon is not installed"))
