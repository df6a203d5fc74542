"""Files on a record."""

from __future__ import annotations

from addons.base.models import Company, Recorded, User
from addons.base.models.document import acting_user
from addons.messaging.models.message import AUDIENCES, Message
from core import _, fields


class Attachment(
    Recorded, name="messaging.attachment", title=_("File"), plural=_("Files"), display="name", sort=("-created_at",)
):
    """A file on a record, by itself or as part of a message. Has the audience of its message."""

    about = fields.Reference(_("About"), required=True, readonly=True)
    message = fields.Many2one(Message, _("Message"), readonly=True, ondelete="cascade")
    name = fields.Char(_("Name"), required=True, searchable=True)
    file = fields.File(_("File"), required=True)
    audience = fields.Selection(_("Audience"), AUDIENCES, required=True, default="internal")
    author = fields.Many2one(User, _("Author"), default=acting_user, readonly=True)
    company = fields.Many2one(Company, _("Company"), readonly=True)
