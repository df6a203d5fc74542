"""The arithmetic of a commercial document: lines, discounts, VAT, totals; by EN 16931 for every document.

    line net = round(quantity x price / base quantity) - allowances + charges                      BT-131
    Σ line nets - allowances + charges of the document = total without VAT                         BT-109
    VAT of each (category, rate) = round(its share of that total x rate)                           BT-117
    total without VAT + Σ VAT = total with VAT; - paid + rounding = to be paid                     BT-112, BT-115

Pure functions over frozen values: no record, no database, no clock. Amounts are Decimal in the document's currency,
rounded half away from zero to that currency's ``decimals`` (2 unless told); unit prices, quantities and percentages
keep the decimals they come with. A return has a negative quantity, never a negative price (BR-27); a credit note
carries positive amounts, so everything here is symmetric in the sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, NamedTuple

ZERO = Decimal(0)
HUNDRED = Decimal(100)

#: wide enough that only the last step, the rounding to the currency, rounds
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)


class VatKey(NamedTuple):
    """What VAT is grouped by: category (UNCL 5305, BT-118) and rate in percent (BT-119; None for category O)."""

    category: str
    rate: Decimal | None


@dataclass(frozen=True)
class Allowance:
    """A discount, or with ``charge=True`` an addition, on a line (BG-27, BG-28) or on the document (BG-20, BG-21).

    Give ``amount`` (BT-92, BT-99, BT-136, BT-141) or ``percent`` (BT-94, BT-101, BT-138, BT-143). A percentage is taken
    of ``base`` (BT-93, BT-100, BT-137, BT-142) when that is given, else of the line's amount before allowances, or of
    the sum of line nets. ``category`` and ``rate`` (BT-95, BT-96, BT-102, BT-103) count on the document alone: an
    allowance of a line has the VAT of its line. ``reason`` and ``reason_code`` (UNCL 5189, 7161): one of them is wanted
    (BR-CO-21 to 24). Amounts and percentages are positive; raises ValueError for a missing or a doubled measure.
    """

    amount: Decimal | None = None
    percent: Decimal | None = None
    base: Decimal | None = None
    charge: bool = False
    category: str = "S"
    rate: Decimal | None = None
    reason: str = ""
    reason_code: str = ""

    def __post_init__(self) -> None:
        _check_numbers(self, "amount", "percent", "base", "rate")
        if (self.amount is None) == (self.percent is None):
            raise ValueError("an allowance has either an amount or a percentage")

    @property
    def vat_key(self) -> VatKey:
        return _vat_key(self.category, self.rate)

    def value(self, base: Decimal, decimals: int = 2) -> Decimal:
        """The amount without its sign: round(base x percent / 100) (Peppol R040), or the amount, rounded."""
        if self.amount is not None:
            return rounded(self.amount, decimals)
        return percentage(base if self.base is None else self.base, self.percent or ZERO, decimals)


@dataclass(frozen=True)
class DocumentLine:
    """One line (BG-25) as far as figures go.

    ``quantity`` BT-129 in the line's unit; ``price`` BT-146, net of VAT and of the price discount, in document currency
    for ``base_quantity`` (BT-149) of that unit; ``category`` BT-151; ``rate`` BT-152 in percent, None for category O.
    """

    quantity: Decimal
    price: Decimal
    base_quantity: Decimal = Decimal(1)
    allowances: tuple[Allowance, ...] = ()
    category: str = "S"
    rate: Decimal | None = None

    def __post_init__(self) -> None:
        _check_numbers(self, "quantity", "price", "base_quantity", "rate")
        if self.base_quantity <= 0:
            raise ValueError("the base quantity of a price is greater than zero (Peppol R121)")

    @property
    def vat_key(self) -> VatKey:
        return _vat_key(self.category, self.rate)

    def amount(self, decimals: int = 2) -> Decimal:
        """Quantity x price / base quantity, rounded, before allowances and charges; in document currency."""
        exact = _EXACT.multiply(self.quantity, self.price)
        return rounded(_EXACT.divide(exact, self.base_quantity), decimals)

    def net(self, decimals: int = 2) -> Decimal:
        """BT-131, without VAT, in document currency. Each allowance and charge is rounded alone (Peppol R120)."""
        amount = net = self.amount(decimals)
        for one in self.allowances:
            value = one.value(amount, decimals)
            net = net + value if one.charge else net - value
        return net


@dataclass(frozen=True)
class VatBreakdown:
    """One group of BG-23: ``base`` BT-116 and ``vat`` BT-117 in document currency, ``rate`` BT-119 in percent."""

    category: str
    rate: Decimal | None
    base: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Totals:
    """BG-22 and what leads there, in document currency."""

    line_nets: tuple[Decimal, ...]  #: BT-131 in the order of the lines
    lines: Decimal  #: BT-106, the sum of line nets (BR-CO-10)
    allowances: Decimal  #: BT-107, of the document (BR-CO-11)
    charges: Decimal  #: BT-108, of the document (BR-CO-12)
    net: Decimal  #: BT-109, without VAT (BR-CO-13)
    vat: Decimal  #: BT-110 (BR-CO-14)
    gross: Decimal  #: BT-112, with VAT (BR-CO-15)
    paid: Decimal  #: BT-113
    rounding: Decimal  #: BT-114, what rounds the payable amount to coins
    payable: Decimal  #: BT-115 (BR-CO-16)
    breakdown: tuple[VatBreakdown, ...] = field(default=())  #: BG-23, by category, then rate


def totals(
    lines: Iterable[DocumentLine],
    allowances: Iterable[Allowance] = (),
    *,
    decimals: int = 2,
    paid: Decimal = ZERO,
    cash_step: Decimal | None = None,
) -> Totals:
    """All totals of a document.

    ``decimals`` of the document's currency (0, 2 or 3); ``allowances`` of the document, charges among them; ``paid``
    BT-113 in document currency; ``cash_step``: the smallest coin when the document is paid in cash (0.50 in Denmark).
    """
    lines, allowances = tuple(lines), tuple(allowances)
    line_nets = tuple(line.net(decimals) for line in lines)
    line_sum = sum(line_nets, _zero(decimals))
    changes = tuple(one.value(line_sum, decimals) for one in allowances)
    reduced = sum((v for one, v in zip(allowances, changes, strict=True) if not one.charge), _zero(decimals))
    charged = sum((v for one, v in zip(allowances, changes, strict=True) if one.charge), _zero(decimals))
    bases: dict[VatKey, Decimal] = {}
    for line, amount in zip(lines, line_nets, strict=True):
        bases[line.vat_key] = bases.get(line.vat_key, _zero(decimals)) + amount
    for one, change in zip(allowances, changes, strict=True):
        bases[one.vat_key] = bases.get(one.vat_key, _zero(decimals)) + (change if one.charge else -change)
    breakdown = tuple(
        VatBreakdown(key.category, key.rate, bases[key], percentage(bases[key], key.rate or ZERO, decimals))
        for key in sorted(bases, key=_vat_order)
    )
    net = line_sum - reduced + charged
    vat = sum((one.vat for one in breakdown), _zero(decimals))
    paid = rounded(paid, decimals)
    rounding = cash_rounding(net + vat - paid, cash_step, decimals)
    return Totals(
        line_nets=line_nets,
        lines=line_sum,
        allowances=reduced,
        charges=charged,
        net=net,
        vat=vat,
        gross=net + vat,
        paid=paid,
        rounding=rounding,
        payable=net + vat - paid + rounding,
        breakdown=breakdown,
    )


# -- single steps --------------------------------------------------------------------------------------------------


def rounded(amount: Decimal, decimals: int = 2) -> Decimal:
    """Half away from zero to ``decimals``: 0.125 becomes 0.13, and -0.125 becomes -0.13. Never minus zero."""
    return _EXACT.quantize(amount, _zero(decimals)) + ZERO


def percentage(base: Decimal, percent: Decimal, decimals: int = 2) -> Decimal:
    """round(base x percent / 100): BT-117 (BR-CO-17), BT-92, BT-136 (R040). In the currency of ``base``."""
    return rounded(_EXACT.divide(_EXACT.multiply(base, percent), HUNDRED), decimals)


def discounted(price: Decimal, percent: Decimal, decimals: int = 4) -> tuple[Decimal, Decimal]:
    """Net price (BT-146) and price discount (BT-147) of the gross ``price`` (BT-148), which is their sum (R046).

    The discount is rounded to ``decimals``, those of unit prices; a gross price with more keeps its own.
    """
    discount = percentage(price, percent, decimals)
    return price - discount, discount


def accounting_vat(vat: Decimal, rate: Decimal, decimals: int = 2) -> Decimal:
    """BT-111: the VAT total in the currency of the books; ``rate``: units of that currency for one of the document's.

    Converted once and rounded once (BR-53): the parts of the breakdown are not converted.
    """
    return rounded(_EXACT.multiply(vat, rate), decimals)


def cash_rounding(payable: Decimal, step: Decimal | None, decimals: int = 2) -> Decimal:
    """BT-114: what must be added to ``payable`` to pay it in coins of ``step``; zero without a step."""
    if step is None:
        return _zero(decimals)
    if step <= 0:
        raise ValueError("the smallest coin is greater than zero")
    coins = _EXACT.quantize(_EXACT.divide(payable, step), Decimal(1))
    return rounded(_EXACT.multiply(coins, step) - payable, decimals)


def split(
    amount: Decimal, weights: Sequence[Decimal], decimals: int = 2, keys: Sequence[Any] | None = None
) -> tuple[Decimal, ...]:
    """``amount`` over the ``weights`` by largest remainder: the parts sum up to it exactly.

    The result does not depend on the order of the weights: of equal remainders the larger weight comes first, then the
    smaller of ``keys`` (ids of lines, for example); without keys, equal weights may differ by one unit of the last
    decimal. All weights zero: equal parts. Splitting -x gives minus the parts of x. Weights may be negative (returns)
    as long as they do not cancel out. Raises ValueError for no weights, for weights that cancel out, and for an amount
    with more decimals than ``decimals``.
    """
    if not weights:
        raise ValueError("there is nothing to split an amount over")
    units, step = _units(amount, decimals), Decimal(1).scaleb(-decimals)
    shares = _whole_weights(weights)
    total = sum(shares)
    if total == 0:
        if any(shares):
            raise ValueError("the weights cancel out")
        shares, total = [1] * len(shares), len(shares)
    if total < 0:
        shares, total = [-share for share in shares], -total
    parts = [abs(units) * share // total for share in shares]
    names: Sequence[Any] = range(len(shares)) if keys is None else keys
    order = sorted(range(len(shares)), key=lambda one: (-(abs(units) * shares[one] % total), -shares[one], names[one]))
    for index in order[: abs(units) - sum(parts)]:
        parts[index] += 1
    return tuple((part if units >= 0 else -part) * step for part in parts)


def spread(amount: Decimal, lines: Sequence[DocumentLine], decimals: int = 2, **more: Any) -> tuple[Allowance, ...]:
    """A discount (or, ``charge=True``, a charge) on the whole document: one allowance for each VAT group of its lines.

    EN 16931 gives a document's allowance one category and rate (BT-95, BT-96); what is granted on all lines is split
    over their groups by net amount (BT-131), largest remainder. ``amount`` in document currency, positive.
    """
    bases: dict[VatKey, Decimal] = {}
    for line in lines:
        bases[line.vat_key] = bases.get(line.vat_key, ZERO) + line.net(decimals)
    groups = sorted(bases, key=_vat_order)
    parts = split(amount, [bases[key] for key in groups], decimals)
    return tuple(
        Allowance(amount=part, category=key.category, rate=key.rate, **more)
        for key, part in zip(groups, parts, strict=True)
        if part
    )


def net_of_gross(gross: Mapping[VatKey, Decimal], decimals: int = 2) -> tuple[VatBreakdown, ...]:
    """Net and VAT of amounts that include VAT (receipts): VAT = round(gross x rate / (100 + rate)), the rest is net.

    Net and VAT of a group sum up to what the customer saw. In the currency of the amounts.
    """
    breakdown = []
    for key in sorted(gross, key=_vat_order):
        rate = key.rate or ZERO
        vat = rounded(_EXACT.divide(_EXACT.multiply(gross[key], rate), HUNDRED + rate), decimals)
        breakdown.append(VatBreakdown(key.category, key.rate, rounded(gross[key], decimals) - vat, vat))
    return tuple(breakdown)


# -- inside --------------------------------------------------------------------------------------------------------


def _vat_key(category: str, rate: Decimal | None) -> VatKey:
    """Rates that are written differently (25, 25.00) are one rate; category O has none."""
    if category == "O":
        return VatKey(category, None)
    plain = (rate or ZERO).normalize()
    return VatKey(category, plain.quantize(Decimal(1)) if plain == plain.to_integral_value() else plain)


def _vat_order(key: VatKey) -> tuple[str, Decimal]:
    return key.category, -(key.rate or ZERO)


def _zero(decimals: int) -> Decimal:
    return Decimal(0).scaleb(-decimals)


def _units(amount: Decimal, decimals: int) -> int:
    scaled = _EXACT.scaleb(amount, decimals)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more than {decimals} decimals")
    return int(scaled)


def _whole_weights(weights: Sequence[Decimal]) -> list[int]:
    """The weights as whole numbers in the same proportion."""
    exponents = [weight.as_tuple().exponent for weight in weights]
    places = max([0, *(-exponent for exponent in exponents if isinstance(exponent, int))])
    return [int(weight.scaleb(places, _EXACT)) for weight in weights]


def _check_numbers(value: object, *names: str) -> None:
    for name in names:
        number = getattr(value, name)
        if number is not None and not (isinstance(number, Decimal) and number.is_finite()):
            raise ValueError(f"{name} is a finite Decimal, not {number!r}")
