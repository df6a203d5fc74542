"""Check digits of the numbers that identify companies, accounts, articles and payments.

Each ``…_problem`` is told a number as people write it and gives a sentence for the user, or None when the number can
exist. Spaces, dots and hyphens are passed over. Whether it does exist is a register's business (VIES, CVR …), not ours:
a wrong form blocks, a register's answer is a status.

The algorithms: CVR (Denmark) modulus 11; EIK and VAT numbers (Bulgaria); NIP (Poland); IBAN (ISO 13616) and creditor
references RF (ISO 11649) by ISO 7064 MOD 97-10; GTIN, GLN and SSCC by GS1 General Specifications 7.9.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence

from core.i18n import _

#: length of an IBAN by country (ISO 13616 registry); others are only held to their check digits
IBAN_LENGTHS: Mapping[str, int] = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GL": 18, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21,
    "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22,
    "SE": 24, "SI": 19, "SK": 24, "TR": 26, "UA": 29,
}  # fmt: skip

_SEPARATORS = re.compile(r"[\s.\-/\u00a0\u202f]+")


def compact(number: str) -> str:
    """The number without spaces, dots, hyphens and slashes, in capitals."""
    return _SEPARATORS.sub("", number).upper()


# -- companies -----------------------------------------------------------------------------------------------------


def cvr_problem(number: str) -> str | None:
    """Denmark, company number (CVR): 8 digits, the first not 0, weighted sum divisible by 11."""
    digits = _digits(compact(number), 8)
    if digits is None or digits[0] == 0:
        return str(_("A Danish company number (CVR) has 8 digits"))
    return None if _weighted(digits, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0 else _mistyped()


def eik_problem(number: str) -> str | None:
    """Bulgaria, company number (EIK): 9 digits, or 13 for a branch."""
    bare = compact(number)
    digits = _digits(bare, 9) or _digits(bare, 13)
    if digits is None:
        return str(_("A Bulgarian company number (EIK) has 9 or 13 digits"))
    if _eik_check(digits[:8], (1, 2, 3, 4, 5, 6, 7, 8), (3, 4, 5, 6, 7, 8, 9, 10)) != digits[8]:
        return _mistyped()
    if len(digits) == 13 and _eik_check(digits[8:12], (2, 7, 3, 5), (4, 9, 5, 7)) != digits[12]:
        return _mistyped()
    return None


def bg_vat_problem(number: str) -> str | None:
    """Bulgaria, VAT number: BG with an EIK of 9 digits, or with 10 digits of a person, a foreigner or another body."""
    bare = compact(number).removeprefix("BG")
    if len(bare) == 9:
        return eik_problem(bare)
    digits = _digits(bare, 10)
    if digits is None:
        return str(_("A Bulgarian VAT number has 9 or 10 digits after BG"))
    return None if _is_personal(digits) or _is_foreigner(digits) or _is_other(digits) else _mistyped()


def nip_problem(number: str) -> str | None:
    """Poland, tax number (NIP), with or without PL: 10 digits, the last one the weighted sum modulo 11."""
    digits = _digits(compact(number).removeprefix("PL"), 10)
    if digits is None:
        return str(_("A Polish tax number (NIP) has 10 digits"))
    return None if _weighted(digits[:9], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == digits[9] else _mistyped()


def dk_vat_problem(number: str) -> str | None:
    """Denmark, VAT number: DK with a CVR number."""
    return cvr_problem(compact(number).removeprefix("DK"))


#: letters of the country -> the check of its VAT numbers
VAT_CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "DK": dk_vat_problem,
    "BG": bg_vat_problem,
    "PL": nip_problem,
}


def vat_problem(number: str, country: str = "") -> str | None:
    """A VAT number with the letters of its country (BR-CO-09): ``country``, when that is given (EL for Greece)."""
    bare = compact(number)
    letters = bare[:2]
    if not re.fullmatch(r"[A-Z]{2}[0-9A-Z+*]{2,13}", bare):
        return str(_("A VAT number begins with the two letters of its country, like DK12345678"))
    if country and letters != country.upper():
        return str(_("The VAT number begins with {letters} and not with {country}")).format(
            letters=letters, country=country.upper()
        )
    check = VAT_CHECKS.get(letters)
    return check(bare) if check else None


# -- accounts and payments -----------------------------------------------------------------------------------------


def iban_problem(number: str) -> str | None:
    """A bank account (IBAN): the length of its country, and modulo 97 of 1."""
    bare = compact(number)
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}", bare):
        return str(_("An IBAN begins with two letters and two digits, like DK50 0040 0440 1162 43"))
    wanted = IBAN_LENGTHS.get(bare[:2])
    if wanted is not None and len(bare) != wanted:
        return str(_("An IBAN of {country} has {wanted} characters, this one {found}")).format(
            country=bare[:2], wanted=wanted, found=len(bare)
        )
    return None if _mod97(bare) == 1 else _mistyped()


def creditor_reference_problem(number: str) -> str | None:
    """A structured creditor reference (RF, ISO 11649): RF, two check digits, up to 21 letters and digits."""
    bare = compact(number)
    if not re.fullmatch(r"RF[0-9]{2}[0-9A-Z]{1,21}", bare):
        return str(_("A creditor reference begins with RF and two digits"))
    return None if _mod97(bare) == 1 else _mistyped()


def creditor_reference(text: str) -> str:
    """The reference RF… for ``text`` (an invoice number: up to 21 letters and digits). ValueError for anything else."""
    bare = compact(text)
    if not re.fullmatch(r"[0-9A-Z]{1,21}", bare):
        raise ValueError("a creditor reference is made of 1 to 21 letters and digits")
    return f"RF{98 - _mod97(f'RF00{bare}'):02}{bare}"


# -- GS1 -----------------------------------------------------------------------------------------------------------


def gtin_problem(number: str) -> str | None:
    """An article number: GTIN-8, -12, -13 or -14."""
    return _gs1_problem(number, (8, 12, 13, 14), str(_("A GTIN has 8, 12, 13 or 14 digits")))


def gln_problem(number: str) -> str | None:
    """A place or a party: GLN of 13 digits."""
    return _gs1_problem(number, (13,), str(_("A GLN has 13 digits")))


def sscc_problem(number: str) -> str | None:
    """A package or pallet: SSCC of 18 digits."""
    return _gs1_problem(number, (18,), str(_("An SSCC has 18 digits")))


def gs1_check_digit(digits: str) -> int:
    """The last digit of the GS1 number that begins with ``digits``. ValueError if they are not all digits."""
    numbers = _digits(digits, len(digits))
    if not numbers:
        raise ValueError("a GS1 number is made of digits")
    return -sum(digit * (3, 1)[place % 2] for place, digit in enumerate(reversed(numbers))) % 10


# -- inside --------------------------------------------------------------------------------------------------------


def _mistyped() -> str:
    return str(_("The check digit does not fit: a digit is wrong or two are swapped"))


def _digits(text: str, length: int) -> tuple[int, ...] | None:
    """The ``length`` digits that ``text`` consists of. ASCII digits alone: others look alike and are none."""
    if len(text) != length or not text.isascii() or not text.isdigit():
        return None
    return tuple(map(int, text))


def _weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True))


def _eik_check(digits: Sequence[int], weights: Sequence[int], again: Sequence[int]) -> int:
    """Modulus 11 with one weight set, and with the other when the first gives 10."""
    rest = _weighted(digits, weights) % 11
    return (_weighted(digits, again) % 11) % 10 if rest == 10 else rest


def _is_personal(digits: Sequence[int]) -> bool:
    """EGN, a person's number: a birthday (20 or 40 on the month tell the century) and modulus 11."""
    year, month, day = (digits[place] * 10 + digits[place + 1] for place in (0, 2, 4))
    try:
        datetime.date((1900, 1800, 2000)[month // 20] + year, month % 20, day)
    except (IndexError, ValueError):
        return False
    return _weighted(digits[:9], (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == digits[9]


def _is_foreigner(digits: Sequence[int]) -> bool:
    return _weighted(digits[:9], (21, 19, 17, 13, 11, 9, 7, 3, 1)) % 10 == digits[9]


def _is_other(digits: Sequence[int]) -> bool:
    check = (11 - _weighted(digits[:9], (4, 3, 2, 7, 6, 5, 4, 3, 2))) % 11
    return check != 10 and check == digits[9]


def _mod97(text: str) -> int:
    turned = text[4:] + text[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % 97


def _gs1_problem(number: str, lengths: Sequence[int], wanted: str) -> str | None:
    bare = compact(number)
    if len(bare) not in lengths or _digits(bare, len(bare)) is None:
        return wanted
    return None if gs1_check_digit(bare[:-1]) == int(bare[-1]) else _mistyped()
