"""The trace between records: what was made from what. ``addons.base.trace`` writes and follows it."""

from __future__ import annotations

from addons.base.models.company import Company
from core import Model, _, fields


class Edge(Model, name="base.edge", title=_("Trace"), plural=_("Traces"), display="kind", sort=("-at",)):
    """``target`` came out of ``source``: an offer out of an opportunity, an order out of an offer.

    Written when the target is made, never guessed later. ``kind`` says in one word how they hang together.
    """

    source = fields.Reference(_("From"), required=True, readonly=True)
    target = fields.Reference(_("To"), required=True, readonly=True)
    kind = fields.Char(_("Kind"), required=True, size=40, readonly=True)
    at = fields.DateTime(_("Time"), required=True, readonly=True)
    company = fields.Many2one(Company, _("Company"), readonly=True)
