"""Keeps the rows of ``base.group`` in step with the groups that the installed addons declare."""

from __future__ import annotations

from sqlalchemy import select

from addons.base.models import Group
from core import Env


def mirror_groups(env: Env) -> None:
    """Add groups that are new, rename those that changed, switch off those whose addon is gone."""
    declared = {name: one for name, one in env.set.groups.items() if name != "everyone"}
    stored = {one.name: one for one in env.session.scalars(select(Group))}
    for name, one in declared.items():
        values = {
            "label": str(getattr(one.label, "msgid", one.label)),
            "addon": name.partition(".")[0],
            "implies": ", ".join(one.implies) or None,
            "active": True,
        }
        row = stored.get(name)
        if row is None:
            env[Group](name=name, **values)
            continue
        for key, value in values.items():
            if getattr(row, key) != value:
                setattr(row, key, value)
    for name, row in stored.items():
        if name not in declared and row.active:
            row.active = False
    env.flush()
