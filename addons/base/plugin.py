"""What base answers to the kernel."""

from __future__ import annotations

from addons.base.groups import mirror_groups
from addons.base.principals import UserPrincipals
from addons.base.trace import story
from core import Env, hookimpl
from core.views.panels import Panel


@hookimpl
def kontor_principals(env: Env) -> UserPrincipals:
    return UserPrincipals(env)


@hookimpl
def kontor_applied(env: Env) -> None:
    mirror_groups(env)


@hookimpl
def kontor_panels() -> dict[str, Panel]:
    return {"thread": Panel(story)}
