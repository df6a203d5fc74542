"""The document arithmetic: figures worked by hand, and what holds for all figures."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addons.tax.arithmetic import (
    Allowance,
    DocumentLine,
    VatBreakdown,
    VatKey,
    accounting_vat,
    cash_rounding,
    discounted,
    net_of_gross,
    percentage,
    rounded,
    split,
    spread,
    totals,
)

D = Decimal


def line(quantity: str, price: str, rate: str = "25", *allowances: Allowance, base: str = "1") -> DocumentLine:
    return DocumentLine(D(quantity), D(price), D(base), allowances, rate=D(rate))


# -- figures -------------------------------------------------------------------------------------------------------


def test_the_golden_thread() -> None:
    valve, actuator = discounted(D(1350), D(10))[0], discounted(D(800), D(5))[0]
    assert (valve, actuator) == (D("1215"), D("760"))
    found = totals([line("3", str(price)) for price in (valve, actuator, D(90), D(35))])
    assert found.line_nets == (D("3645.00"), D("2280.00"), D("270.00"), D("105.00"))
    assert (found.net, found.vat, found.gross, found.payable) == (D(6300), D(1575), D(7875), D(7875))
    assert found.breakdown == (VatBreakdown("S", D(25), D("6300.00"), D("1575.00")),)
    assert str(found.gross) == "7875.00"


def test_the_complaint_of_the_golden_thread() -> None:
    unit = [line("1", price) for price in ("1215", "760", "90", "35")]
    found = totals(unit)
    assert (found.net, found.vat, found.gross) == (D(2100), D(525), D(2625))


@pytest.mark.parametrize(
    ("amount", "decimals", "result"),
    [
        ("0.125", 2, "0.13"),
        ("-0.125", 2, "-0.13"),
        ("0.115", 2, "0.12"),
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("1.0005", 3, "1.001"),
        ("-0.004", 2, "0.00"),
        ("0.12499999999999999999999999999999", 2, "0.12"),
    ],
)
def test_rounding_is_half_away_from_zero(amount: str, decimals: int, result: str) -> None:
    assert str(rounded(D(amount), decimals)) == result


def test_a_price_for_more_than_one() -> None:
    assert line("7", "2.50", base="3").net() == D("5.83")
    assert line("1000", "0.00125", base="100").net() == D("0.01")


def test_each_allowance_of_a_line_is_rounded_alone() -> None:
    pieces = line(
        "3", "33.333", "25", Allowance(percent=D("2.5")), Allowance(amount=D("1.005")), Allowance(D(4), charge=True)
    )
    # 100.00 (99.999 rounded) - 2.50 - 1.01 + 4.00
    assert pieces.net() == D("100.49")
    assert line("1", "100", "25", Allowance(percent=D(10), base=D(50))).net() == D(95)


def test_document_allowances_and_two_rates() -> None:
    lines = [line("1", "100.10", "20"), line("2", "49.95", "9")]
    changes = [
        Allowance(percent=D(10), base=D("100.10"), rate=D(20), reason_code="95"),
        Allowance(amount=D("12.50"), charge=True, rate=D(9), reason="Freight"),
    ]
    found = totals(lines, changes)
    assert (found.lines, found.allowances, found.charges, found.net) == (
        D("200.00"),
        D("10.01"),
        D("12.50"),
        D("202.49"),
    )
    assert found.breakdown == (
        VatBreakdown("S", D(20), D("90.09"), D("18.02")),
        VatBreakdown("S", D(9), D("112.40"), D("10.12")),
    )
    assert (found.vat, found.gross) == (D("28.14"), D("230.63"))


def test_a_rate_is_one_rate_however_it_is_written() -> None:
    assert len(totals([line("1", "1", "25"), line("1", "1", "25.00")]).breakdown) == 1


def test_outside_the_scope_of_vat_there_is_no_rate() -> None:
    found = totals([DocumentLine(D(1), D(10), category="O", rate=D(0))])
    assert found.breakdown == (VatBreakdown("O", None, D("10.00"), D("0.00")),)


@pytest.mark.parametrize(
    ("decimals", "net", "vat", "gross"),
    [(0, "334", "84", "418"), (2, "333.67", "83.42", "417.09"), (3, "333.667", "83.417", "417.084")],
)
def test_decimals_follow_the_currency(decimals: int, net: str, vat: str, gross: str) -> None:
    found = totals([line("3", "111.2223")], decimals=decimals)
    assert (str(found.net), str(found.vat), str(found.gross)) == (net, vat, gross)


def test_prepaid_and_cash() -> None:
    found = totals([line("1", "99.82")], paid=D("24.78"), cash_step=D("0.50"))
    assert (found.gross, found.paid, found.rounding, found.payable) == (D("124.78"), D("24.78"), D(0), D(100))
    found = totals([line("1", "99.83")], cash_step=D("0.50"))
    assert (found.gross, found.rounding, found.payable) == (D("124.79"), D("0.21"), D("125.00"))
    assert cash_rounding(D("10.25"), D("0.50")) == D("0.25")
    assert cash_rounding(D("-10.25"), D("0.50")) == D("-0.25")
    with pytest.raises(ValueError, match="smallest coin"):
        cash_rounding(D(1), D(0))


def test_the_vat_total_in_the_currency_of_the_books() -> None:
    assert accounting_vat(D("1575.00"), D("7.4604")) == D("11750.13")


def test_prices_that_include_vat() -> None:
    keys = {VatKey("S", D(25)): D("99.95"), VatKey("S", D(9)): D("10.00"), VatKey("Z", D(0)): D("3.00")}
    assert net_of_gross(keys) == (
        VatBreakdown("S", D(25), D("79.96"), D("19.99")),
        VatBreakdown("S", D(9), D("9.17"), D("0.83")),
        VatBreakdown("Z", D(0), D("3.00"), D("0.00")),
    )


def test_splitting() -> None:
    assert split(D("100.00"), [D(1), D(1), D(1)]) == (D("33.34"), D("33.33"), D("33.33"))
    assert split(D("0.01"), [D(1), D(1), D(1)], keys=[3, 1, 2]) == (D(0), D("0.01"), D(0))
    assert split(D("-100.00"), [D(1), D(2)]) == (D("-33.33"), D("-66.67"))
    assert split(D("10.00"), [D(0), D(0)]) == (D(5), D(5))
    assert split(D("1.00"), [D(3), D(-1)]) == (D("1.50"), D("-0.50"))
    assert split(D(7), [D("0.1"), D("0.2")], decimals=0) == (D(2), D(5))


@pytest.mark.parametrize(
    ("amount", "weights", "words"),
    [("1.005", ["1"], "more than 2 decimals"), ("1", [], "nothing to split"), ("1", ["1", "-1"], "cancel out")],
)
def test_what_cannot_be_split(amount: str, weights: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        split(D(amount), [D(weight) for weight in weights])


def test_a_discount_on_everything_is_spread_over_the_rates() -> None:
    lines = [line("1", "100", "25"), line("1", "200", "9"), DocumentLine(D(1), D(33), category="Z", rate=D(0))]
    allowances = spread(D("10.00"), lines, reason="Bonus")
    assert [(one.category, one.rate, one.amount) for one in allowances] == [
        ("S", D(25), D("3.00")),
        ("S", D(9), D("6.01")),
        ("Z", D(0), D("0.99")),
    ]
    assert totals(lines, allowances).allowances == D("10.00")


def test_what_is_no_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="finite Decimal"):
        DocumentLine(D("NaN"), D(1))
    with pytest.raises(ValueError, match="finite Decimal"):
        DocumentLine(D(1), 1.5)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="R121"):
        DocumentLine(D(1), D(1), D(0))
    with pytest.raises(ValueError, match="either"):
        Allowance()
    with pytest.raises(ValueError, match="either"):
        Allowance(amount=D(1), percent=D(1))


# -- what holds for all figures ------------------------------------------------------------------------------------

amounts = st.decimals(-1_000_000, 1_000_000, places=4)
rates = st.sampled_from(
    [("S", D(25)), ("S", D(20)), ("S", D(9)), ("S", D("5.5")), ("Z", D(0)), ("AE", D(0)), ("O", None)]
)


@st.composite
def allowance(draw: st.DrawFn) -> Allowance:
    category, rate = draw(rates)
    size = draw(st.decimals(0, 100, places=3))
    if draw(st.booleans()):
        return Allowance(amount=size, charge=draw(st.booleans()), category=category, rate=rate)
    return Allowance(percent=size, charge=draw(st.booleans()), category=category, rate=rate)


@st.composite
def document_line(draw: st.DrawFn) -> DocumentLine:
    category, rate = draw(rates)
    return DocumentLine(
        draw(amounts),
        draw(st.decimals(0, 100_000, places=6)),
        draw(st.sampled_from([D(1), D(3), D(100), D("0.7")])),
        tuple(draw(st.lists(allowance(), max_size=2))),
        category,
        rate,
    )


documents = st.tuples(st.lists(document_line(), max_size=6), st.lists(allowance(), max_size=3))
places = st.sampled_from([0, 2, 3])


@given(documents, places, st.sampled_from([None, D("0.05"), D("0.50")]), amounts)
def test_totals_hold_together(
    document: tuple[list[DocumentLine], list[Allowance]], decimals: int, step: Decimal | None, paid: Decimal
) -> None:
    step = step if decimals == 2 else None
    found = totals(*document, decimals=decimals, paid=paid, cash_step=step)
    assert found.lines == sum(found.line_nets)
    assert found.net == found.lines - found.allowances + found.charges
    assert found.net == sum(one.base for one in found.breakdown)
    assert found.vat == sum(one.vat for one in found.breakdown)
    assert found.gross == found.net + found.vat
    assert found.payable == found.gross - found.paid + found.rounding
    assert len({(one.category, one.rate) for one in found.breakdown}) == len(found.breakdown)
    for amount in (*found.line_nets, found.net, found.vat, found.gross, found.payable):
        assert amount.as_tuple().exponent == -decimals
    if step:
        assert found.payable % step == 0
        assert abs(found.rounding) <= step / 2


@given(documents, places)
def test_a_credit_note_is_the_mirror(document: tuple[list[DocumentLine], list[Allowance]], decimals: int) -> None:
    lines, allowances = document
    there = totals(lines, allowances, decimals=decimals)
    back = totals([_mirrored(one) for one in lines], [_negative(one) for one in allowances], decimals=decimals)
    assert (back.net, back.vat, back.gross) == (-there.net, -there.vat, -there.gross)
    assert [one.vat for one in back.breakdown] == [-one.vat for one in there.breakdown]


def _mirrored(one: DocumentLine) -> DocumentLine:
    return replace(one, quantity=-one.quantity, allowances=tuple(_negative(part) for part in one.allowances))


def _negative(one: Allowance) -> Allowance:
    """A percentage follows the sign of what it is taken of by itself."""
    return one if one.amount is None else replace(one, amount=-one.amount)


@given(documents, st.randoms())
def test_the_order_of_lines_does_not_matter(
    document: tuple[list[DocumentLine], list[Allowance]], random: object
) -> None:
    lines, allowances = document
    turned = totals(lines[::-1], allowances[::-1])
    there = totals(lines, allowances)
    assert replace(turned, line_nets=()) == replace(there, line_nets=())


weights = st.lists(st.decimals(0, 10_000, places=3), min_size=1, max_size=12)


@given(st.decimals(-100_000, 100_000, places=2), weights, st.randoms(use_true_random=False))
def test_a_split_is_exact_fair_and_independent_of_order(
    amount: Decimal, weights: list[Decimal], random: object
) -> None:
    keys = list(range(len(weights)))
    parts = split(amount, weights, keys=keys)
    assert sum(parts) == amount
    assert split(-amount, weights, keys=keys) == tuple(-part for part in parts)
    assert split(amount, [-weight for weight in weights], keys=keys) == parts or len(set(weights)) < len(weights)
    random.shuffle(keys)  # type: ignore[attr-defined]
    shuffled = split(amount, [weights[key] for key in keys], keys=keys)
    assert dict(zip(keys, shuffled, strict=True)) == dict(enumerate(parts))
    total = sum(weights)
    for weight, part in zip(weights, parts, strict=True):
        share = amount * weight / total if total else amount / len(weights)
        assert abs(part - share) < D("0.01")
        assert weight or not total or part == 0


@given(st.decimals(0, 1_000_000, places=2), st.sampled_from([D(25), D(23), D(20), D(9), D(8), D(5)]))
def test_net_of_gross_gives_back_what_the_customer_saw(gross: Decimal, rate: Decimal) -> None:
    (one,) = net_of_gross({VatKey("S", rate): gross})
    assert one.base + one.vat == gross
    assert abs(percentage(one.base, rate) - one.vat) <= D("0.01")
