"""Messages: what people wrote on a record."""

from __future__ import annotations

from addons.base.models import Company, Recorded, User
from addons.base.models.document import acting_user
from core import _, fields

AUDIENCES = {"internal": _("Colleagues"), "customer": _("Customer")}


class Message(
    Recorded, name="messaging.message", title=_("Message"), plural=_("Messages"), display="kind", sort=("-created_at",)
):
    """One message on a record. ``audience`` says who gets to see it besides colleagues; it never changes afterwards."""

    about = fields.Reference(_("About"), required=True, readonly=True)
    kind = fields.Selection(
        _("Kind"),
        {"comment": _("Comment"), "mail": _("E-mail"), "system": _("Notice"), "call": _("Call")},
        required=True,
        default="comment",
    )
    audience = fields.Selection(_("Audience"), AUDIENCES, required=True, default="internal")
    author = fields.Many2one(User, _("Author"), default=acting_user, readonly=True)
    body = fields.RichText(_("Text"), required=True)
    pinned = fields.Boolean(_("Pinned"))
    company = fields.Many2one(Company, _("Company"), readonly=True)
