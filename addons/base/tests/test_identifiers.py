"""Check digits: known numbers, every single mistake in them, and python-stdnum as an oracle where it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.base import identifiers as ids

Check = Callable[[str], str | None]

KNOWN: list[tuple[Check, str]] = [
    (ids.cvr_problem, "13585628"),
    (ids.cvr_problem, "24 25 67 90"),
    (ids.dk_vat_problem, "DK13585628"),
    (ids.eik_problem, "831650349"),
    (ids.eik_problem, "103873594"),
    (ids.eik_problem, "8316503490011"),
    (ids.bg_vat_problem, "BG175074752"),
    (ids.bg_vat_problem, "7523169263"),
    (ids.nip_problem, "856-734-62-15"),
    (ids.nip_problem, "PL8567346215"),
    (ids.iban_problem, "DK50 0040 0440 1162 43"),
    (ids.iban_problem, "BG80 BNBG 9661 1020 3456 78"),
    (ids.iban_problem, "PL61 1090 1014 0000 0712 1981 2874"),
    (ids.iban_problem, "GB82 WEST 1234 5698 7654 32"),
    (ids.creditor_reference_problem, "RF18 5390 0754 7034"),
    (ids.gtin_problem, "4006381333931"),
    (ids.gtin_problem, "96385074"),
    (ids.gtin_problem, "614141000036"),
    (ids.gtin_problem, "10614141000415"),
    (ids.gln_problem, "5798000416604"),
    (ids.sscc_problem, "0 0614141 123456789 0"),
    (ids.vat_problem, "DK13585628"),
    (ids.vat_problem, "EL094259216"),
]


@pytest.mark.parametrize(("check", "number"), KNOWN)
def test_known_numbers(check: Check, number: str) -> None:
    assert check(number) is None


@pytest.mark.parametrize(("check", "number"), KNOWN[:-1])
def test_a_wrong_last_digit_is_found(check: Check, number: str) -> None:
    bare = ids.compact(number)
    wrong = [bare[:-1] + digit for digit in "0123456789" if digit != bare[-1]]
    found = sum(check(one) is not None for one in wrong)
    # A Bulgarian VAT number of ten digits may be one of three kinds, each with a check digit of its own.
    assert found == len(wrong) or (check is ids.bg_vat_problem and len(bare) == 10 and found >= 6)


@pytest.mark.parametrize(
    ("check", "number", "words"),
    [
        (ids.cvr_problem, "1234567", "8 digits"),
        (ids.cvr_problem, "03585628", "8 digits"),
        (ids.cvr_problem, "１３５８５６２８", "8 digits"),
        (ids.cvr_problem, "", "8 digits"),
        (ids.eik_problem, "12345", "9 or 13"),
        (ids.bg_vat_problem, "BG12345678", "9 or 10"),
        (ids.nip_problem, "856734621", "10 digits"),
        (ids.iban_problem, "DK50 0040 0440 1162 4", "has 18 characters, this one 17"),
        (ids.iban_problem, "5000400440116243", "two letters"),
        (ids.iban_problem, "DK50 0040 0440 1162 34", "check digit"),
        (ids.creditor_reference_problem, "RF", "RF and two digits"),
        (ids.gtin_problem, "123", "8, 12, 13 or 14"),
        (ids.gln_problem, "96385074", "13 digits"),
        (ids.sscc_problem, "4006381333931", "18 digits"),
        (ids.vat_problem, "13585628", "two letters of its country"),
        (ids.vat_problem, "DK13585629", "check digit"),
    ],
)
def test_the_problem_is_told(check: Check, number: str, words: str) -> None:
    assert words in str(check(number))


def test_the_country_of_a_vat_number() -> None:
    assert ids.vat_problem("DK13585628", "dk") is None
    assert "begins with DK and not with PL" in str(ids.vat_problem("DK13585628", "PL"))


def test_references_that_are_made_are_right() -> None:
    assert ids.creditor_reference("539007547034") == "RF18539007547034"
    with pytest.raises(ValueError, match="letters and digits"):
        ids.creditor_reference("ø")
    with pytest.raises(ValueError, match="digits"):
        ids.gs1_check_digit("")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=21))
def test_every_reference_that_is_made_is_right(text: str) -> None:
    assert ids.creditor_reference_problem(ids.creditor_reference(text)) is None


@given(st.text("0123456789", min_size=7, max_size=17))
def test_every_gs1_number_that_is_made_is_right(digits: str) -> None:
    number = f"{digits}{ids.gs1_check_digit(digits)}"
    if len(number) in (8, 12, 13, 14):
        assert ids.gtin_problem(number) is None
    assert ids.gs1_check_digit(digits) in range(10)


@given(st.text(max_size=40))
def test_anything_can_be_asked(text: str) -> None:
    for check, _number in KNOWN:
        check(text)


ORACLES: list[tuple[Check, str, str]] = [
    (ids.cvr_problem, "stdnum.dk.cvr", r"[0-9]{8}"),
    (ids.eik_problem, "stdnum.bg.vat", r"[0-9]{9}"),
    (ids.bg_vat_problem, "stdnum.bg.vat", r"[0-9]{10}"),
    (ids.nip_problem, "stdnum.pl.nip", r"[0-9]{10}"),
    (ids.gtin_problem, "stdnum.ean", r"[0-9]{8}|[0-9]{12,14}"),
    (ids.creditor_reference_problem, "stdnum.iso11649", r"RF[0-9]{2}[0-9A-Z]{1,21}"),
]


@pytest.mark.parametrize(("check", "oracle", "shape"), ORACLES)
@given(data=st.data())
def test_as_the_oracle_says(check: Check, oracle: str, shape: str, data: st.DataObject) -> None:
    pytest.importorskip("stdnum", reason="python-stdnum: pip install python-stdnum compares check digits with it")
    other: Any = importlib.import_module(oracle)
    number = data.draw(st.from_regex(shape, fullmatch=True).filter(str.isascii))
    for last in "0123456789":
        candidate = number[:-1] + last
        assert (check(candidate) is None) == bool(other.is_valid(candidate)), candidate
