"""The models of partners."""

from addons.partners.models.address import Address
from addons.partners.models.bank_account import BankAccount
from addons.partners.models.contact_point import ContactPoint
from addons.partners.models.partner import Partner
from addons.partners.models.partner_role import PartnerRole

__all__ = ["Address", "BankAccount", "ContactPoint", "Partner", "PartnerRole"]
