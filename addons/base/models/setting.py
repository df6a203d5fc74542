"""Settings: few values by which a database, or one company in it, chooses how it works."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from addons.base.models.company import Company
from core import Env, Model, _, fields, unique


class Setting(Model, name="base.setting", title=_("Setting"), plural=_("Settings"), display="key", sort=("key",)):
    """The value of ``key``, for one company or, without one, for all that have none of their own."""

    key = fields.Char(_("Key"), required=True, size=100)
    company = fields.Many2one(Company, _("Company"))
    value = fields.Json(_("Value"))
    note = fields.Char(_("Meaning"))

    constraints = [unique("key", "company")]


def setting(env: Env, key: str, default: Any = None) -> Any:
    """What is set for ``key`` in the current company, else for all, else ``default``. Read once for each session."""
    known: dict[str, Any] | None = env.session.info.get("base_settings")
    if known is None:
        model: Any = env.info(Setting).cls
        query = select(model.key, model.value, model.company_id)
        rows = [row for row in env.session.execute(query) if row.company_id in (None, env.company_id)]
        known = {row.key: row.value for row in sorted(rows, key=lambda row: row.company_id is not None)}
        env.session.info["base_settings"] = known
    return known.get(key, default)
