"""What each VAT category demands."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from addons.tax.arithmetic import Allowance, DocumentLine
from addons.tax.categories import EXEMPTION_CODES, Exemption, Parties, problems

D = Decimal
DANE = Parties(seller_vat="DK12345678")
PARTIES = Parties("DK12345678", "", "", "DE123456789", "", True, "DE")


def line(category: str, rate: str | None = "0") -> DocumentLine:
    return DocumentLine(D(1), D(100), category=category, rate=None if rate is None else D(rate))


Exemptions = dict[str, Exemption]


def rules(*lines: DocumentLine, parties: Parties = PARTIES, exempt: Exemptions | None = None) -> set[str]:
    return {one.rule for one in problems(lines, (), parties, exempt)}


def reason(category: str) -> Exemptions:
    return {category: Exemption(code=EXEMPTION_CODES.get(category, "VATEX-EU-132"))}


def test_domestic_sales_need_the_seller_alone() -> None:
    assert rules(line("S", "25"), parties=DANE) == set()
    assert rules(line("S", "25"), parties=Parties(seller_registration="987")) == set()
    assert rules(line("S", "25"), parties=Parties()) == {"BR-S-02"}
    assert rules(line("Z"), parties=DANE) == set()


@pytest.mark.parametrize("category", ["E", "AE", "K", "G"])
def test_no_vat_needs_a_reason(category: str) -> None:
    letters = {"K": "IC"}.get(category, category)
    assert rules(line(category), exempt=reason(category)) == set()
    assert rules(line(category)) == {f"BR-{letters}-10"}
    assert rules(line(category, "25"), exempt=reason(category)) == {f"BR-{letters}-05"}
    assert rules(line(category), parties=replace(PARTIES, seller_vat=""), exempt=reason(category)) == {
        f"BR-{letters}-02"
    }


@pytest.mark.parametrize("category", ["S", "Z"])
def test_a_reason_is_forbidden_where_there_is_vat(category: str) -> None:
    one = line(category, "25" if category == "S" else "0")
    assert rules(one, parties=DANE, exempt={category: Exemption("Because")}) == {f"BR-{category}-10"}


def test_reverse_charge_names_the_buyer_in_one_way_or_the_other() -> None:
    assert rules(line("AE"), parties=DANE, exempt=reason("AE")) == {"BR-AE-02"}
    assert rules(line("AE"), parties=replace(DANE, buyer_legal_id="123"), exempt=reason("AE")) == set()


def test_goods_to_another_country_of_the_union() -> None:
    assert rules(line("K"), parties=DANE, exempt=reason("K")) == {"BR-IC-02", "BR-IC-11", "BR-IC-12"}
    registered = replace(PARTIES, seller_vat="", seller_registration="987")
    assert rules(line("K"), parties=registered, exempt=reason("K")) == {"BR-IC-02"}


def test_outside_the_scope_of_vat() -> None:
    assert rules(line("O", None), parties=Parties(), exempt=reason("O")) == set()
    assert rules(line("O", None), parties=DANE, exempt=reason("O")) == {"BR-O-02"}
    assert "BR-O-11" in rules(line("O", None), line("S", "25"), parties=DANE, exempt=reason("O"))


def test_the_exemption_code_belongs_to_the_category() -> None:
    assert rules(line("G"), exempt={"G": Exemption(code="VATEX-EU-IC")}) == {"PEPPOL-EN16931-P0104"}


def test_rates_categories_prices_and_reasons() -> None:
    assert rules(line("S", "0"), parties=DANE) == {"BR-S-05"}
    assert rules(line("X", "0"), parties=DANE) == {"BR-CL-17"}
    assert rules(parties=DANE) == {"BR-16"}
    assert rules(DocumentLine(D(1), D(-5), rate=D(25)), parties=DANE) == {"BR-27"}
    bare, named = Allowance(D(1), rate=D(25)), Allowance(D(1), rate=D(25), reason_code="95")
    found = problems([replace(line("S", "25"), allowances=(bare, replace(bare, charge=True)))], [bare, named], DANE)
    assert {one.rule for one in found} == {"BR-CO-21", "BR-CO-23", "BR-CO-24"}


def test_a_vat_number_begins_with_its_country() -> None:
    (found,) = problems([line("S", "25")], (), Parties(seller_vat="12345678"))
    assert (found.rule, found.text) == ("BR-CO-09", "VAT number 12345678 does not begin with its country")
