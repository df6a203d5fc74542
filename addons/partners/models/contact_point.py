"""Telephone numbers, e-mail addresses and the like of a partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from addons.base.models import Country
from addons.partners import telephones
from core import Env, Model, ValidationError, _, computed, constraint, fields

if TYPE_CHECKING:
    from addons.partners.models.partner import Partner

TELEPHONES = ("phone", "mobile", "fax")


def _partner() -> type[Partner]:
    from addons.partners.models.partner import Partner

    return Partner


def _calling_code(env: Env) -> str | None:
    country: Country | None = env.company.country if env.company is not None else None
    return country.calling_code if country is not None else None


class ContactPoint(
    Model,
    name="partners.contact_point",
    title=_("Phone or e-mail"),
    plural=_("Phones and e-mails"),
    display="value",
    sort=("sequence",),
):
    """One way to reach a partner. ``normalised`` is the same number or address as everybody else would write it.

    ``calling_code`` is that of the country in which ``value`` is dialled without one.
    """

    partner = fields.Many2one(_partner, _("Partner"), required=True)
    sequence = fields.Integer(_("Order"), default=10)
    kind = fields.Selection(
        _("Kind"),
        {"phone": _("Phone"), "mobile": _("Mobile"), "fax": _("Fax"), "mail": _("E-mail"), "web": _("Website")},
        required=True,
        default="phone",
    )
    value = fields.Char(_("Number or address"), required=True, personal=True)
    label = fields.Char(_("Note"), help=_("Switchboard, private, only mornings …"))
    calling_code = fields.Char(_("Calling code"), size=6, default=_calling_code)
    status = fields.Selection(
        _("Status"),
        {"ok": _("In use"), "soft": _("Uncertain"), "dead": _("Out of use"), "opted_out": _("Not wanted")},
        required=True,
        default="ok",
    )

    @computed(fields.Char(_("Normalised"), index=True, personal=True), "kind", "value", "calling_code")
    def normalised(self) -> str | None:
        if not self.value:
            return None
        if self.kind in TELEPHONES:
            return telephones.e164(self.value, self.calling_code)
        return self.value.strip().lower()

    @computed(fields.Char(_("Search text"), personal=True), "kind", "value", "calling_code")
    def search_text(self) -> str | None:
        """The value as written, and for telephones its digits with and without the calling code."""
        if not self.value or self.kind not in TELEPHONES:
            return self.value
        return telephones.search_text(self.value, self.calling_code)

    @constraint("kind", "value")
    def _plausible(self) -> None:
        value = self.value or ""
        if self.kind == "mail" and not _is_mail(value):
            raise ValidationError(fields={"value": _("is no e-mail address")})
        if self.kind in TELEPHONES and telephones.e164(value, self.calling_code) is None:
            raise ValidationError(fields={"value": _("is no telephone number")})


def _is_mail(value: str) -> bool:
    name, at, domain = value.rpartition("@")
    return bool(name and at and "." in domain.strip(".") and not any(letter.isspace() for letter in value))
