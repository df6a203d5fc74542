"""People who log in. What proves who they are is kept apart from this model (see credentials.py)."""

from __future__ import annotations

from typing import ClassVar

from addons.base.models.company import Company, check_zone
from addons.base.models.group import Group
from addons.base.models.language import Language
from core import Model, ValidationError, _, constraint, fields

ADMIN = "base.admin"


class User(Model, name="base.user", title=_("User"), plural=_("Users"), sort=("name",)):
    """A person who works here.

    ``company`` is the entity of the person and empty for people who work for several; ``companies`` are those whose
    papers the person sees. New papers belong to ``company``, or else to the first of ``companies``.
    """

    principals: ClassVar[bool] = True

    login = fields.Char(_("Login"), required=True, size=80, unique=True, searchable=True)
    name = fields.Char(_("Name"), required=True, searchable=True, personal=True)
    email = fields.Char(_("E-mail"), searchable=True, personal=True)
    phone = fields.Char(_("Phone"), personal=True)
    job_title = fields.Char(_("Job title"))
    company = fields.Many2one(Company, _("Company"), help=_("Empty: works for several"))
    companies = fields.Many2many(Company, _("Sees the papers of"), groups=ADMIN)
    groups = fields.Many2many(Group, _("Groups"), groups=ADMIN)
    language = fields.Many2one(Language, _("Language"), filter="interface")
    zone = fields.Char(_("Time zone"), help=_("Empty: that of the company"))
    active = fields.Boolean(_("Active"), default=True, tracked=True)

    @constraint("login")
    def _plain_login(self) -> None:
        if self.login != self.login.lower() or any(letter.isspace() for letter in self.login):
            raise ValidationError(fields={"login": _("must be in small letters, without spaces")})

    @constraint("zone")
    def _known_zone(self) -> None:
        check_zone(self.zone)

    @constraint("company", "companies")
    def _sees_own_company(self) -> None:
        if self.company is not None and self.company not in self.companies:
            raise ValidationError(fields={"companies": _("must hold the company of the user")})
