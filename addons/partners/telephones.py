"""Telephone numbers as ITU-T E.164 writes them: + and at most 15 digits, however somebody noted them down."""

from __future__ import annotations

import re

_NOISE = re.compile(r"[\s()./\u2010-\u2015-]+")
_EXTENSION = re.compile(r"(?i)(?:ext\.?|lok\.?|x)\s*\d+$")
#: calling codes of countries where a 0 is dialled before national numbers, but not after the calling code
_ZERO = frozenset(
    {20, 27, 31, 32, 33, 40, 41, 43, 44, 46, 49, 55, 61, 64, 81, 82, 86, 90, 91, 353, 355, 358, 359, 370, 373}
    | {380, 381, 382, 385, 386, 387, 389, 421, 423, 966, 971, 972}
)



def e164(text: str, calling_code: str | None = None) -> str | None:
    """``text`` as +4586123456, or None when it is no telephone number.

    ``calling_code`` (without +) is that of the country where the number is dialled without one.
    """
    plain = _NOISE.sub("", _EXTENSION.sub("", text.strip()).replace("(0)", ""))
    if plain.startswith("00"):
        plain = f"+{plain[2:]}"
    if plain.startswith("+"):
        digits = plain[1:]
    elif calling_code:
        digits = calling_code + plain.removeprefix(_trunk(calling_code))
    else:
        return None
    return f"+{digits}" if digits.isascii() and digits.isdigit() and 5 <= len(digits) <= 15 else None


def search_text(text: str, calling_code: str | None = None) -> str:
    """What a number can be found by: as it was written, in full, and as it is dialled at home."""
    full = e164(text, calling_code)
    if full is None:
        return text
    home = full.removeprefix(f"+{calling_code}") if calling_code else ""
    return " ".join(dict.fromkeys(one for one in (text.strip(), full, home) if one))


def _trunk(calling_code: str) -> str:
    if calling_code == "36":
        return "06"
    return "0" if calling_code.isdigit() and int(calling_code) in _ZERO else ""
