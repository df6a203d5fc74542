"""Messages and files are seen by those who may read records of the model that they are about."""

from __future__ import annotations

from typing import Any

from addons.base.security import USER
from addons.messaging.models import Attachment, Message
from core import Principal, _, current, group, rights, rule

MODERATOR = group("messaging.moderator", _("Messages: remove"), implies=USER)

rights(Message, {USER: "read create", MODERATOR: "write delete"})
rights(Attachment, {USER: "read create", MODERATOR: "write delete"})


def _readable(principal: Principal) -> list[str]:
    env = current()
    return sorted(name for name in env.models if env.set.security.may(principal, name, "read"))


@rule(Message)
def of_readable_models(principal: Principal) -> Any:
    model: Any = Message
    return current().info(model).cls.about_model.in_(_readable(principal))  # type: ignore[attr-defined]


@rule(Attachment)
def files_of_readable_models(principal: Principal) -> Any:
    model: Any = Attachment
    return current().info(model).cls.about_model.in_(_readable(principal))  # type: ignore[attr-defined]
