"""Everybody that the business deals with: companies, their branches, and persons."""

from __future__ import annotations

from addons.base import identifiers
from addons.base.models import Company, Country, Currency, Language, Recorded, User
from addons.base.models.document import acting_user
from addons.base.models.setting import setting
from addons.messaging.models import Conversation
from addons.partners.models.address import Address
from addons.partners.models.bank_account import BankAccount
from addons.partners.models.contact_point import ContactPoint
from addons.partners.models.partner_role import PartnerRole
from core import Env, ValidationError, _, action, computed, constraint, fields, onchange, transition

#: True: a new customer belongs to the company of whoever makes it; False: all companies share it
OWN_PARTNERS = "partners.per_company"
MANAGER = "partners.manager"
#: how company numbers of a country are checked
LEGAL_IDS = {"DK": identifiers.cvr_problem, "BG": identifiers.eik_problem}


def _company(env: Env) -> Company | None:
    company: Company | None = env.company if setting(env, OWN_PARTNERS, False) else None
    return company


class Partner(
    Recorded,
    Conversation,
    name="partners.partner",
    title=_("Partner"),
    plural=_("Partners"),
    sort=("name",),
):
    """A company, a branch of one, or a person.

    A partner without ``company`` is shared by all own companies. What a person does where is told by ``PartnerRole``:
    one person may work for several companies, and leaving one loses no history.
    """

    kind = fields.Selection(
        _("Kind"),
        {"company": _("Company"), "branch": _("Branch"), "person": _("Person")},
        required=True,
        default="company",
    )
    name = fields.Char(_("Name"), required=True, searchable=True, tracked=True)
    number = fields.Char(_("Number"), size=40, searchable=True, readonly=True, copy=False)
    parent = fields.Many2one(
        lambda: Partner, _("Belongs to"), filter="kind != 'person'", help=_("Company of a branch or a person")
    )
    members = fields.One2many(lambda: Partner, "parent", _("Branches and persons"))
    job_title = fields.Char(_("Job title"))
    customer = fields.Boolean(_("Customer"), default=True)
    supplier = fields.Boolean(_("Supplier"))

    lifecycle = fields.State(
        "prospect",
        "active",
        "dormant",
        "closed",
        label=_("Lifecycle"),
        labels={
            "prospect": _("Prospect"),
            "active": _("Active"),
            "dormant": _("Dormant"),
            "closed": _("Closed"),
        },
    )
    blocked = fields.Boolean(_("Blocked"), tracked=True, readonly=True, copy=False, help=_("No orders are confirmed"))
    blocked_reason = fields.Char(_("Reason of the block"), tracked=True, copy=False)
    owner = fields.Many2one(User, _("Salesperson"), default=acting_user, tracked=True)
    abc_class = fields.Selection(_("Class"), {"A": "A", "B": "B", "C": "C"}, tracked=True)
    company = fields.Many2one(Company, _("Own company"), default=_company, help=_("Empty: all own companies share it"))

    country = fields.Many2one(Country, _("Country"))
    legal_id = fields.Char(_("Company number"), searchable=True, help=_("CVR, EIK, NIP …"))
    vat = fields.Char(_("VAT number"), searchable=True)
    language = fields.Many2one(Language, _("Language"), help=_("Of documents"))
    website = fields.Char(_("Website"))
    source = fields.Char(_("Source"), help=_("How we came to know each other"))
    notes = fields.Text(_("Notes"))

    currency = fields.Many2one(Currency, _("Currency"))
    payment_days = fields.Integer(_("Payment term"), help=_("Days after the invoice"))
    payment_method = fields.Selection(
        _("Payment method"),
        {
            "transfer": _("Bank transfer"),
            "direct_debit": _("Direct debit"),
            "card": _("Card"),
            "cash": _("Cash"),
        },
    )
    document_type = fields.Selection(
        _("Sales document"),
        {"invoice": _("Invoice"), "receipt": _("Receipt"), "proforma": _("Proforma invoice")},
    )
    delivery_term = fields.Char(_("Delivery term"), help=_("Incoterm and place"))
    credit_limit = fields.Money(_("Credit limit"), groups=MANAGER)

    addresses = fields.One2many(Address, "partner", _("Addresses"), owned=True)
    contact_points = fields.One2many(ContactPoint, "partner", _("Phone, e-mail"), owned=True)
    bank_accounts = fields.One2many(BankAccount, "partner", _("Bank accounts"), owned=True)
    people = fields.One2many(PartnerRole, "organisation", _("People"), owned=True)
    positions = fields.One2many(PartnerRole, "person", _("Works for"))

    indexes = [("company", "name")]

    # -- what lists and searches show of the parts ------------------------------------------------------------

    @computed(fields.Char(_("City"), searchable=True), "addresses.city", "addresses.kind", "addresses.sequence")
    def city(self) -> str | None:
        address = self.address("visit")
        return address.city if address is not None else None

    @computed(fields.Char(_("Phone")), "contact_points.kind", "contact_points.value", "contact_points.sequence")
    def phone(self) -> str | None:
        return self._first_point("phone", "mobile")

    @computed(fields.Char(_("E-mail")), "contact_points.kind", "contact_points.value", "contact_points.sequence")
    def email(self) -> str | None:
        return self._first_point("mail")

    @computed(fields.Char(_("Numbers and addresses"), searchable=True), "contact_points.search_text")
    def search_text(self) -> str | None:
        """Everything by which somebody may be looked up while on the telephone."""
        return " ".join(one.search_text for one in self.contact_points if one.search_text) or None

    def address(self, kind: str = "main") -> Address | None:
        """The first address of this kind, else the first at all."""
        ordered = sorted(self.addresses, key=lambda one: one.sequence or 0)
        return next((one for one in ordered if one.kind == kind), ordered[0] if ordered else None)

    def _first_point(self, *kinds: str) -> str | None:
        ordered = sorted(self.contact_points, key=lambda one: one.sequence or 0)
        return next((one.value for one in ordered if one.kind in kinds), None)

    # -- rules ------------------------------------------------------------------------------------------------

    @constraint("parent")
    def _no_circle(self) -> None:
        above: Partner | None = self.parent
        while above is not None:
            if above is self:
                raise ValidationError(fields={"parent": _("is a part of this partner itself")})
            above = above.parent

    @constraint("vat", "country")
    def _valid_vat(self) -> None:
        if self.vat and self.country is not None:
            problem = identifiers.vat_problem(self.vat, self.country.vat_letters)
            if problem:
                raise ValidationError(fields={"vat": problem})

    @constraint("legal_id", "country")
    def _valid_legal_id(self) -> None:
        check_number = LEGAL_IDS.get(self.country.code) if self.country is not None else None
        problem = check_number(self.legal_id) if self.legal_id and check_number is not None else None
        if problem:
            raise ValidationError(fields={"legal_id": problem})

    @onchange("country")
    def _take_terms_of_country(self) -> None:
        if self.country is not None:
            self.currency = self.currency or self.country.currency
            self.language = self.language or self.country.language

    @onchange("parent")
    def _take_terms_of_parent(self) -> None:
        if self.parent is not None:
            self.company = self.parent.company
            self.country = self.country or self.parent.country
            self.language = self.language or self.parent.language
            self.owner = self.parent.owner or self.owner

    def before_create(self) -> None:
        super().before_create()
        if self.number is None and self.kind != "person":
            company = self.company.id if self.company is not None else None
            self.number = self.env.sequence("partners.partner", company).next()

    # -- lifecycle --------------------------------------------------------------------------------------------

    @transition("prospect", "dormant", to="active", label=_("Activate"))
    def activate(self) -> None:
        """The partner is a customer now."""

    @transition("active", to="dormant", label=_("Set dormant"))
    def rest(self) -> None:
        """Nothing is bought at present."""

    @transition("prospect", "active", "dormant", to="closed", label=_("Close"), groups=MANAGER)
    def close(self) -> None:
        """The partner is no more; its history stays."""

    @transition("closed", to="dormant", label=_("Reopen"), groups=MANAGER)
    def reopen(self) -> None:
        """Closed by mistake, or back again."""

    @action(label=_("Block"), groups=MANAGER)
    def block(self) -> None:
        """Hold all orders of this partner; needs a reason."""
        if not self.blocked_reason:
            raise ValidationError(fields={"blocked_reason": _("says why, before the partner is blocked")})
        self.blocked = True

    @action(label=_("Unblock"), groups=MANAGER)
    def unblock(self) -> None:
        self.blocked = False
        self.blocked_reason = None
