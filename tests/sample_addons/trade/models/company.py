"""Own legal entities."""

from core import Model, fields


class Company(Model, name="trade.company", plural="Companies"):
    """An own legal entity."""

    name = fields.Char("Name", required=True)


class Numbered(Model, abstract=True):
    """What every paper has."""

    number = fields.Char("Number", unique=True)
    company = fields.Many2one(Company, "Company", required=True)

    def title_line(self) -> str:
        return f"No. {self.number}"
