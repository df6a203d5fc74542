"""The customers of the demo company: 200 companies with their people, addresses and numbers."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from addons.base import identifiers
from addons.base.models import Country
from addons.demo.names import ABROAD, JOBS, MEN, STREETS, SURNAMES, TOWNS, TRADES, WOMEN
from addons.partners.models import Address, BankAccount, ContactPoint, Partner, PartnerRole
from core import Env

if TYPE_CHECKING:
    from addons.demo.company import House

#: customers of the first house and of the second
COUNTS = (130, 70)
#: what stands behind the name of a town: Aarhus C, Odense SØ, Aalborg Øst
_DISTRICT = re.compile(r" (?:[A-Z]|SV|SØ|Øst)$")
_LETTERS = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "ß": "ss", "ł": "l"})


def make_customers(env: Env, chance: random.Random, houses: list[House]) -> None:
    """Give each house its customers; every tenth one is somewhere abroad."""
    countries = {one.code: one for one in env.session.scalars(select(Country))}
    names = _company_names(chance)
    abroad = iter(ABROAD)
    for house, count in zip(houses, COUNTS, strict=True):
        for number in range(count):
            foreign = next(abroad, None) if number % 12 == 7 else None
            maker = _Maker(env, chance, house, countries)
            partner = maker.foreign(*foreign) if foreign else maker.danish(*next(names))
            maker.people(partner, chance.choice((2, 2, 3, 3, 4, 5)))
            house.customers.append(partner)


class _Maker:
    """Makes one customer of ``house``."""

    def __init__(self, env: Env, chance: random.Random, house: House, countries: dict[str, Country]) -> None:
        self.env = env
        self.chance = chance
        self.house = house
        self.countries = countries

    def danish(self, name: str, postcode: str, city: str) -> Partner:
        chance = self.chance
        cvr = cvr_number(chance)
        domain = f"{_plain(name)}.example"
        street = f"{chance.choice(STREETS)} {chance.randint(1, 120)}"
        partner = self._company(name, "DK", cvr, f"DK{cvr}", postcode, city, street, domain, _danish_phone(chance))
        if chance.random() < 0.3:
            partner.addresses.append(
                self.env[Address](
                    kind="delivery",
                    sequence=20,
                    name=chance.choice(("Stores", "Gate 2", "Workshop", "Goods reception")),
                    street=f"{chance.choice(STREETS)} {chance.randint(1, 120)}",
                    postcode=postcode,
                    city=city,
                    country=self.countries["DK"],
                )
            )
        if chance.random() < 0.25:
            account = f"{chance.randint(1000, 9999)}{chance.randint(10**9, 10**10 - 1)}"
            partner.bank_accounts.append(self.env[BankAccount](iban=_iban("DK", account), bank="Jyske Sparebank"))
        return partner

    def foreign(self, country: str, name: str, postcode: str, city: str, street: str, domain: str) -> Partner:
        chance = self.chance
        calling = self.countries[country].calling_code
        phone = f"+{calling} {chance.randint(20, 99)} {chance.randint(100, 999)} {chance.randint(1000, 9999)}"
        legal_id, vat = _foreign_numbers(country, chance)
        return self._company(name, country, legal_id, vat, postcode, city, street, domain, phone)

    def _company(
        self,
        name: str,
        code: str,
        legal_id: str,
        vat: str | None,
        postcode: str,
        city: str,
        street: str,
        domain: str,
        phone: str,
    ) -> Partner:
        chance, country, env = self.chance, self.countries[code], self.env
        abc = chance.choices("ABC", (15, 35, 50))[0]
        partner = env[Partner](
            kind="company",
            name=name,
            company=self.house.company,
            owner=chance.choice(self.house.sellers),
            country=country,
            legal_id=legal_id,
            vat=vat,
            language=country.language,
            currency=country.currency if code in ("SE", "NO", "DK") else self.countries["DE"].currency,
            abc_class=abc,
            lifecycle=chance.choices(("active", "prospect", "dormant"), (75, 17, 8))[0],
            payment_days=chance.choice((14, 30, 30, 30, 45)),
            payment_method="transfer",
            document_type="invoice",
            delivery_term=f"FCA {self.house.company.city}" if code == "DK" else f"DAP {city}",
            source=chance.choice(("Recommendation", "Exhibition", "Website", "Telephone", "Old customer")),
            website=f"https://www.{domain}",
        )
        partner.addresses.append(
            env[Address](kind="main", street=street, postcode=postcode, city=city, country=country)
        )
        for sequence, (kind, value, label) in enumerate(
            (("phone", phone, "Switchboard"), ("mail", f"post@{domain}", "Orders"))
        ):
            partner.contact_points.append(self._point(country, kind, value, label, 10 * (sequence + 1)))
        return partner

    def people(self, partner: Partner, count: int) -> None:
        chance, env, country = self.chance, self.env, partner.country
        domain = (partner.website or "").removeprefix("https://www.")
        for number, (function, department) in enumerate(chance.sample(JOBS, count)):
            first = chance.choice(WOMEN if chance.random() < 0.4 else MEN)
            name = f"{first} {chance.choice(SURNAMES)}"
            person = env[Partner](
                kind="person",
                name=name,
                parent=partner,
                job_title=function,
                company=partner.company,
                owner=partner.owner,
                customer=False,
                country=country,
                language=partner.language,
                lifecycle="active",
            )
            calling = country.calling_code if country is not None else "45"
            mobile = f"+{calling} {_groups(chance.randint(20_000_000, 61_999_999))}"
            mail = f"{_plain(name.replace(' ', '.'), dots=True)}@{domain}"
            person.contact_points.append(self._point(country, "mobile", mobile, None, 10))
            person.contact_points.append(self._point(country, "mail", mail, None, 20))
            partner.people.append(
                env[PartnerRole](
                    person=person,
                    function=function,
                    department=department,
                    sequence=10 * (number + 1),
                    primary=number == 0,
                    authority={"Purchasing": "orders", "Accounts": "pays", "Engineering": "technical"}.get(department),
                )
            )

    def _point(
        self, country: Country | None, kind: str, value: str, label: str | None, sequence: int
    ) -> ContactPoint:
        code = country.calling_code if country is not None else None
        return self.env[ContactPoint](kind=kind, value=value, label=label, sequence=sequence, calling_code=code)


def _company_names(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Name, postcode and town; a company that is called after a town lies there."""
    seen: set[str] = set()
    while True:
        postcode, town = chance.choice(TOWNS)
        name = chance.choice(TRADES).format(place=_DISTRICT.sub("", town), name=chance.choice(SURNAMES))
        if name not in seen:
            seen.add(name)
            yield name, postcode, town


def cvr_number(chance: random.Random) -> str:
    """A Danish company number that passes its check (modulus 11)."""
    while True:
        digits = [chance.randint(1, 4), *(chance.randint(0, 9) for _ in range(6))]
        last = -sum(digit * weight for digit, weight in zip(digits, (2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        if last < 10:
            return "".join(map(str, (*digits, last)))


def _foreign_numbers(country: str, chance: random.Random) -> tuple[str, str | None]:
    """Company number and VAT number; those of Poland and Bulgaria pass their checks."""
    if country == "NO":
        number = f"{chance.randint(800_000_000, 999_999_999)}"
        return number, None
    checks: dict[str, Any] = {"PL": (identifiers.nip_problem, 10), "BG": (identifiers.eik_problem, 9)}
    if country in checks:
        problem, length = checks[country]
        while True:
            number = f"{chance.randint(10 ** (length - 1), 10**length - 1)}"
            if problem(number) is None:
                return number, f"{country}{number}"
    length = {"SE": 12, "DE": 9, "NL": 9}[country]
    number = f"{chance.randint(10 ** (length - 1), 10**length - 1)}"
    return number, f"{country}{number}" if country != "NL" else f"NL{number}B01"


def _iban(country: str, account: str) -> str:
    letters = "".join(str(int(letter, 36)) for letter in f"{account}{country}00")
    return f"{country}{98 - int(letters) % 97:02}{account}"


def _danish_phone(chance: random.Random) -> str:
    return _groups(chance.choice((30, 40, 60, 70, 80, 90)) * 1_000_000 + chance.randint(1_000_000, 9_999_999))


def _groups(number: int) -> str:
    digits = f"{number:08}"
    return " ".join(digits[start : start + 2] for start in range(0, 8, 2))


def _plain(text: str, dots: bool = False) -> str:
    """``text`` as part of an address: small letters a to z."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    plain = re.sub(r"\b(?:a/s|aps|a\.m\.b\.a\.|ab|as|gmbh)$", "", plain.strip())
    return re.sub(r"[^a-z0-9.]+" if dots else r"[^a-z0-9]+", "", plain)
