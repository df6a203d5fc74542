"""Customers, seen by everybody or by one company."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from core import Model, fields
from tests.sample_addons.trade.models.company import Company


class Tag(Model, name="trade.tag"):
    """A word that partners are marked with."""

    name = fields.Char("Name", required=True, translate=True, searchable=True)


class Partner(Model, name="trade.partner", plural="Customers", sort=("name",)):
    """A customer. Without a company it belongs to all of them."""

    company_id: Mapped[int | None]

    name = fields.Char("Name", required=True, searchable=True, size=80, tracked=True)
    company = fields.Many2one(Company, "Company")
    parent = fields.Many2one(lambda: Partner, "Part of")
    branches = fields.One2many(lambda: Partner, "parent", "Branches")
    tags = fields.Many2many(Tag, "Tags")
    limit = fields.Money("Credit limit", groups="trade.manager")
    about = fields.RichText("About")
    born = fields.Date("Born")
    seen = fields.DateTime("Last seen")
    kind = fields.Selection("Kind", choices={"company": "Company", "person": "Person"}, default="company")
    active = fields.Boolean("Active", default=True)
    extra = fields.Json("Extra")
    paper = fields.File("Contract")
