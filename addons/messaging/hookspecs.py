"""The hooks that messaging offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core import hookspec

if TYPE_CHECKING:
    from addons.messaging.models import Message


@hookspec
def messaging_posted(message: Message) -> Any:
    """Called when a message has been added to a record, in the same transaction.

    To tell followers, or to send what is meant for the customer; whatever leaves the house goes through the outbox::

        @hookimpl
        def messaging_posted(message):
            if message.audience == "customer":
                message.env.enqueue(send_message, message_id=message.id)
    """
