"""The models of base, and the abstract bases of numbered papers."""

from addons.base.models.company import Company
from addons.base.models.country import Country
from addons.base.models.currency import Currency
from addons.base.models.document import CompanyOwned, Document, Recorded
from addons.base.models.edge import Edge
from addons.base.models.group import Group
from addons.base.models.language import Language
from addons.base.models.setting import Setting
from addons.base.models.unit import Unit
from addons.base.models.user import User

__all__ = [
    "Company",
    "CompanyOwned",
    "Country",
    "Currency",
    "Document",
    "Edge",
    "Group",
    "Language",
    "Recorded",
    "Setting",
    "Unit",
    "User",
]
