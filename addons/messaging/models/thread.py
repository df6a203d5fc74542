"""What a model gets that people talk on: ``class Offer(Document, Conversation, …)``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from addons.base.models import Company
from addons.messaging.hookspecs import messaging_posted
from addons.messaging.models.attachment import Attachment
from addons.messaging.models.message import Message
from core import Model, StoredFile


class Conversation(Model, abstract=True):
    """A record with messages and files. They link to it by reference, so the model needs no columns for them."""

    def post(self, body: str, *, audience: str = "internal", kind: str = "comment") -> Message:
        """Add a message; ``body`` is HTML and is cleaned. Hook ``messaging_posted`` follows."""
        env = self.env
        message = env[Message](about=self, body=body, audience=audience, kind=kind, company=self._talking_company())
        env.flush()
        env.hooks.of(messaging_posted)(message=message)
        return message

    def attach(self, file: StoredFile, *, audience: str = "internal", message: Message | None = None) -> Attachment:
        """Add a file that is already in the file store."""
        return self.env[Attachment](
            about=self,
            file=file,
            name=file.name,
            message=message,
            audience=message.audience if message is not None else audience,
            company=self._talking_company(),
        )

    def _talking_company(self) -> Company | None:
        company: Company | None = getattr(self, "company", None)
        return company


def messages_of(record: Model) -> list[Message]:
    """The messages on ``record`` that the principal may see, newest first."""
    return _about(record, Message)


def files_of(record: Model) -> list[Attachment]:
    """The files on ``record`` that the principal may see, newest first."""
    return _about(record, Attachment)


def _about(record: Model, model: type[Any]) -> list[Any]:
    if record.is_new:
        return []
    cls: Any = record.env.info(model).cls
    query = select(cls).where(cls.about_model == record.info.name, cls.about_id == record.id)
    return list(record.env.session.scalars(query.order_by(cls.created_at.desc(), cls.id.desc())))
