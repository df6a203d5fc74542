"""Who may log in."""

from core import Model, fields


class Company(Model, name="shop.company", plural="Companies"):
    """An own legal entity."""

    name = fields.Char("Name", required=True)


class User(Model, name="shop.user"):
    """Somebody who logs in. ``groups`` are names, separated by blanks."""

    principals = True

    login = fields.Char("Login", required=True, unique=True)
    name = fields.Char("Name", required=True)
    groups = fields.Char("Groups")
    language = fields.Char("Language", default="en")
    companies = fields.Many2many(Company, "Companies")
    active = fields.Boolean("Active", default=True)
