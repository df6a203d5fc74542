"""Languages that documents and users can have."""

from __future__ import annotations

from core import Model, _, fields


class Language(
    Model, name="base.language", title=_("Language"), plural=_("Languages"), display="name", sort=("code",)
):
    """A language. ``interface``: Kontor itself speaks it; documents may be written in any other as well."""

    code = fields.Char(_("Code"), required=True, size=8, unique=True, searchable=True, help=_("ISO 639-1"))
    name = fields.Char(_("Name"), required=True, searchable=True, help=_("In the language itself"))
    interface = fields.Boolean(_("Interface"))
    active = fields.Boolean(_("Active"), default=True)
