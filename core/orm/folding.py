"""Folding: the form of a text under which people look for it.

Lower case, without accents, with the letters that are written in two ways written in one (ø o, æ ae, ł l, ß ss, å a).
The folded shadow of a searchable field is searched by prefix and by trigram, and lists sort by it.
"""

from __future__ import annotations

import unicodedata

_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "å": "a", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "œ": "oe", "ı": "i"}
)


def fold(text: str) -> str:
    """``fold("Ærø  Łódź")`` is ``"aero lodz"``. Cyrillic letters stay Cyrillic."""
    text = text.casefold()
    if text.isascii():
        return " ".join(text.split())
    text = text.translate(_LETTERS)
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(bare.split())


def after(prefix: str) -> str | None:
    """The least text that is greater than every text beginning with ``prefix``; None when there is none.

    ``folded >= prefix AND folded < after(prefix)`` is a prefix search that every B-tree serves.
    """
    for position in range(len(prefix) - 1, -1, -1):
        code = ord(prefix[position])
        if code < 0x10FFFF:
            following = 0xE000 if code + 1 == 0xD800 else code + 1
            return prefix[:position] + chr(following)
    return None
