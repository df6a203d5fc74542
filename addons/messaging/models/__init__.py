"""The models of messaging, and the abstract base of records that have a conversation."""

from addons.messaging.models.attachment import Attachment
from addons.messaging.models.message import Message
from addons.messaging.models.thread import Conversation

__all__ = ["Attachment", "Conversation", "Message"]
