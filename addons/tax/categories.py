"""What each VAT category demands of a document (EN 16931, BR-S-* to BR-O-*, and the general rules beside them).

Pure functions: they get what the document knows and give every problem at once, each with the number of its rule, a
sentence for the user and what to do. Which category a sale has is decided elsewhere; here it is only held to its rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from addons.tax.arithmetic import Allowance, DocumentLine, VatKey
from core.i18n import _

#: category -> the VATEX code that says why there is no VAT (Peppol P0104 to P0111)
EXEMPTION_CODES: Mapping[str, str] = {
    "AE": "VATEX-EU-AE",
    "K": "VATEX-EU-IC",
    "G": "VATEX-EU-G",
    "O": "VATEX-EU-O",
}
#: category -> the letters in the numbers of its rules
RULES: Mapping[str, str] = {
    "S": "BR-S",
    "Z": "BR-Z",
    "E": "BR-E",
    "AE": "BR-AE",
    "K": "BR-IC",
    "G": "BR-G",
    "O": "BR-O",
    "L": "BR-AF",
    "M": "BR-AG",
}
#: a rate of zero, and no other
_ZERO_RATED = frozenset({"Z", "E", "AE", "K", "G"})
#: a reason for not charging VAT is required
_EXEMPT = frozenset({"E", "AE", "K", "G", "O"})


@dataclass(frozen=True)
class Parties:
    """What the document says of seller, buyer and delivery, as far as VAT asks for it."""

    seller_vat: str = ""  #: BT-31, with the country's letters
    seller_registration: str = ""  #: BT-32, a tax number that is no VAT number
    representative_vat: str = ""  #: BT-63
    buyer_vat: str = ""  #: BT-48
    buyer_legal_id: str = ""  #: BT-47
    delivery_known: bool = False  #: BT-72 the actual delivery date, or BG-14 the invoicing period
    delivery_country: str = ""  #: BT-80

    @property
    def has_seller_vat(self) -> bool:
        return bool(self.seller_vat or self.representative_vat)

    @property
    def has_seller_tax_id(self) -> bool:
        return bool(self.has_seller_vat or self.seller_registration)


@dataclass(frozen=True)
class Exemption:
    """Why a category carries no VAT: ``reason`` BT-120 in the document's language, ``code`` BT-121 (VATEX)."""

    reason: str = ""
    code: str = ""

    def __bool__(self) -> bool:
        return bool(self.reason or self.code)


@dataclass(frozen=True)
class Problem:
    """One broken rule: its number, a sentence, and the cure."""

    rule: str
    text: str
    fix: str = ""


def problems(
    lines: Sequence[DocumentLine],
    allowances: Sequence[Allowance] = (),
    parties: Parties | None = None,
    exemptions: Mapping[str, Exemption] | None = None,
) -> tuple[Problem, ...]:
    """Every rule that the document breaks; ``exemptions`` by category. Empty: it may be sent."""
    parties, exemptions = parties or Parties(), exemptions or {}
    used = {line.vat_key for line in lines} | {one.vat_key for one in allowances}
    keys = sorted(used, key=lambda key: (key.category, key.rate or 0))
    found = [*_general(lines, allowances)]
    for key in keys:
        found += _of_key(key)
    categories = dict.fromkeys(key.category for key in keys)
    for category in categories:
        found += _of_category(category, parties, exemptions.get(category, Exemption()))
    if "O" in categories and len(categories) > 1:
        text = str(_("A document with sales outside the scope of VAT (O) has no other VAT category"))
        found.append(Problem("BR-O-11", text, str(_("Make two documents"))))
    found += _prefixes(parties)
    return tuple(dict.fromkeys(found))


def _general(lines: Sequence[DocumentLine], allowances: Sequence[Allowance]) -> Iterator[Problem]:
    if not lines:
        yield Problem("BR-16", str(_("A document has at least one line")))
    for line in lines:
        if not line.category:
            yield Problem("BR-CO-04", str(_("Each line has a VAT category")))
        if line.price < 0:
            fix = str(_("Make the quantity negative instead"))
            yield Problem("BR-27", str(_("A price is never negative")), fix)
        yield from _reasons(line.allowances, {False: "BR-CO-23", True: "BR-CO-24"})
    yield from _reasons(allowances, {False: "BR-CO-21", True: "BR-CO-22"})


def _reasons(allowances: Iterable[Allowance], rules: Mapping[bool, str]) -> Iterator[Problem]:
    for one in allowances:
        if not one.reason and not one.reason_code:
            yield Problem(rules[one.charge], str(_("Each discount and each charge has a reason")))


def _of_key(key: VatKey) -> Iterator[Problem]:
    category, rate = key
    if category not in RULES:
        text = str(_("'{category}' is no VAT category")).format(category=category)
        yield Problem("BR-CL-17", text, str(_("It is one of {known}")).format(known=", ".join(RULES)))
    elif category == "S" and not (rate or 0) > 0:
        yield Problem("BR-S-05", str(_("The standard category (S) has a rate above zero")), str(_("Zero rate is Z")))
    elif category in _ZERO_RATED and rate:
        text = str(_("Category {category} has the rate zero")).format(category=category)
        yield Problem(f"{RULES[category]}-05", text)


def _of_category(category: str, parties: Parties, exemption: Exemption) -> Iterator[Problem]:
    if category not in RULES:
        return
    yield from _identities(category, parties)
    if category in _EXEMPT and not exemption:
        text = str(_("Category {category} states why there is no VAT")).format(category=category)
        yield Problem(f"{RULES[category]}-10", text, EXEMPTION_CODES.get(category, ""))
    if category not in _EXEMPT and exemption:
        text = str(_("Category {category} states no reason for an exemption")).format(category=category)
        yield Problem(f"{RULES[category]}-10", text)
    wanted = EXEMPTION_CODES.get(category)
    if wanted and exemption.code and exemption.code != wanted:
        text = str(_("The exemption code of category {category} is {code}")).format(category=category, code=wanted)
        yield Problem("PEPPOL-EN16931-P0104", text)


def _identities(category: str, parties: Parties) -> Iterator[Problem]:
    rule = RULES[category]
    buyer_fix = str(_("Enter the VAT number of the customer"))
    match category:
        case "O":
            if parties.has_seller_vat or parties.buyer_vat:
                yield Problem("BR-O-02", str(_("Sales outside the scope of VAT (O) name no VAT numbers")))
        case "K" | "G":
            if not parties.has_seller_vat:
                yield Problem(f"{rule}-02", str(_("The VAT number of the seller is missing")))
        case _:
            if not parties.has_seller_tax_id:
                yield Problem(f"{rule}-02", str(_("The VAT number of the seller is missing")))
    if category == "AE" and not (parties.buyer_vat or parties.buyer_legal_id):
        yield Problem("BR-AE-02", str(_("Reverse charge (AE) needs the VAT number of the buyer")), buyer_fix)
    if category == "K":
        if not parties.buyer_vat:
            yield Problem("BR-IC-02", str(_("Intra-EU sales (K) need the VAT number of the buyer")), buyer_fix)
        if not parties.delivery_known:
            yield Problem("BR-IC-11", str(_("Intra-EU sales (K) state the delivery date or the period")))
        if not parties.delivery_country:
            yield Problem("BR-IC-12", str(_("Intra-EU sales (K) state the country of delivery")))


def _prefixes(parties: Parties) -> Iterator[Problem]:
    for number in (parties.seller_vat, parties.representative_vat, parties.buyer_vat):
        if number and not (number[:2].isascii() and number[:2].isalpha() and number[:2].isupper()):
            text = str(_("VAT number {number} does not begin with its country")).format(number=number)
            yield Problem("BR-CO-09", text, str(_("DK12345678; Greece writes EL")))
