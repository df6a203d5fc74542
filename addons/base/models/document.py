"""Abstract bases: records that know when they began, records of one company, and numbered papers.

    Recorded        created_at, and its time in the story of a record (thread)
    CompanyOwned    belongs to one own company and is seen there alone
    Document        a numbered paper: company, number, date, currency, language, responsible
"""

from __future__ import annotations

import datetime
from typing import ClassVar

from addons.base.models.company import Company
from addons.base.models.currency import Currency
from addons.base.models.language import Language
from addons.base.models.user import User
from core import Env, Model, _, fields, unique


def _now(env: Env) -> datetime.datetime:
    return env.now


def _today(env: Env) -> datetime.date:
    return env.today


def acting_user(env: Env) -> User | None:
    """The default of fields that hold the person who acts."""
    user: User | None = env.user
    return user


def _currency(env: Env) -> Currency | None:
    company: Company | None = env.company
    return company.currency if company is not None else None


def _language(env: Env) -> Language | None:
    company: Company | None = env.company
    return company.language if company is not None else None


class Recorded(Model, abstract=True):
    """A record that knows when it was made."""

    created_at = fields.DateTime(_("Created"), default=_now, readonly=True, copy=False)

    def thread_time(self) -> datetime.datetime | None:
        """When this record happened, for the story that it is part of."""
        return self.created_at


class CompanyOwned(Model, abstract=True, company="own"):
    """A record of one own company."""

    company = fields.Many2one(Company, _("Company"), required=True, readonly=True)


class Document(Recorded, CompanyOwned, abstract=True):
    """A numbered paper. The number is drawn when the paper is saved for the first time, from the series ``series``."""

    #: the code of its number series
    series: ClassVar[str] = ""

    number = fields.Char(_("Number"), size=40, readonly=True, searchable=True, copy=False)
    date = fields.Date(_("Date"), required=True, default=_today, copy=False)
    currency = fields.Many2one(Currency, _("Currency"), required=True, default=_currency)
    language = fields.Many2one(Language, _("Language"), default=_language, help=_("Of the printed paper"))
    responsible = fields.Many2one(User, _("Responsible"), default=acting_user)

    constraints = [unique("company", "number", message=_("This number is already taken."))]

    def before_create(self) -> None:
        super().before_create()
        if self.number is None and self.series:
            self.number = self.env.sequence(self.series, self.company.id).next(self.date)
