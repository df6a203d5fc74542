"""What orders speak of."""

from __future__ import annotations

from core import Model, fields, onchange
from tests.sample_addons.shop.models.user import Company


class Currency(Model, name="shop.currency", plural="Currencies", display="code"):
    """Money of a country."""

    code = fields.Char("Code", required=True, searchable=True)


class City(Model, name="shop.city", plural="Cities"):
    """Where customers are."""

    name = fields.Char("Name", required=True, searchable=True)


class Tag(Model, name="shop.tag"):
    """A word that customers are marked with."""

    name = fields.Char("Name", required=True, searchable=True)


class Partner(Model, name="shop.partner", title="Customer", sort=("name",)):
    """A customer of one company, or of all."""

    name = fields.Char("Name", required=True, searchable=True, size=80, index=True)
    company = fields.Many2one(Company, "Company")
    city = fields.Many2one(City, "City")
    kind = fields.Selection("Kind", choices={"company": "Company", "person": "Person"}, default="company")
    vat = fields.Char("VAT number")
    email = fields.Char("Mail")
    limit = fields.Money("Credit limit", groups="shop.manager")
    born = fields.Date("Born")
    seen = fields.DateTime("Last seen")
    tags = fields.Many2many(Tag, "Tags")
    active = fields.Boolean("Active", default=True)
    note = fields.Text("Note")
    about = fields.RichText("About")
    paper = fields.File("Contract")
    secret = fields.Char("Secret", groups="shop.manager", searchable=True)

    @onchange("kind")
    def _no_vat_of_persons(self) -> None:
        if self.kind == "person":
            self.vat = None


class Article(Model, name="shop.article", display="code + ' ' + name", sort=("code",)):
    """What is sold."""

    code = fields.Char("Code", required=True, searchable=True, unique=True)
    name = fields.Char("Name", required=True, searchable=True)
    price = fields.Money("Price", required=True, default=0)
    cost = fields.Money("Cost", groups="shop.manager")
