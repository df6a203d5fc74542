"""One number, however it was written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.partners.telephones import e164, search_text


@pytest.mark.parametrize(
    ("written", "home", "expected"),
    [
        ("86 12 34 56", "45", "+4586123456"),
        ("+45 86-12-34-56", "45", "+4586123456"),
        ("0045 8612 3456", None, "+4586123456"),
        ("040/123 45 67", "46", "+46401234567"),
        ("+44 (0)20 7946 0123", None, "+442079460123"),
        ("06 1 234 5678", "36", "+3612345678"),
        ("86 12 34 56 ext. 12", "45", "+4586123456"),
    ],
)
def test_numbers_are_normalised(written: str, home: str | None, expected: str) -> None:
    assert e164(written, home) == expected


@pytest.mark.parametrize("written", ["", "ask Peter", "12", "+123456789012345678", "86 12 34 56 x y"])
def test_what_is_no_number_has_no_normal_form(written: str) -> None:
    assert e164(written, "45") is None


def test_without_a_country_a_national_number_means_nothing() -> None:
    assert e164("86 12 34 56") is None


def test_a_number_is_found_as_written_in_full_and_as_dialled_at_home() -> None:
    assert search_text("86 12 34 56", "45") == "86 12 34 56 +4586123456 86123456"


@given(st.text(max_size=40), st.sampled_from(["45", "46", "359", "36", None]))
def test_the_normal_form_is_its_own_normal_form(written: str, home: str | None) -> None:
    found = e164(written, home)
    assert found is None or e164(found, home) == found
