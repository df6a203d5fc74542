"""Pieces of Jinja2 source that cannot be broken out of.

Two things alone reach a template: names that are letters, digits and ``_``, and texts inside a string literal of
which every other character is written as an escape. Expressions never do. So what an author, a translator or an
implementer writes into a view cannot become code of a template, whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from core.errors import AssemblyError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?()[]/_-")


def name(text: str) -> str:
    """``text`` as a bare name in HTML or Jinja2. Raises ``AssemblyError`` if it is anything more than a name."""
    if not _NAME.fullmatch(text):
        raise AssemblyError(f"'{text}' is not a name: lower-case letters, digits and _")
    return text


def names(path: str) -> str:
    """A path as a part of ids: ``partner.city`` is ``partner-city``."""
    return "-".join(name(one) for one in path.split("."))


def ident(path: str) -> str:
    """The HTML id of a control; ``pre`` keeps a form in a dialog apart from the one below it."""
    return f"{{{{ pre }}}}{names(path)}"


def literal(text: str) -> str:
    """``text`` as a Jinja2 string literal made of harmless characters only."""
    return '"' + "".join(one if one in _SAFE else _escaped(one) for one in text) + '"'


def _escaped(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def key(text: str) -> str:
    """A path or an anchor as a literal, to look something up by."""
    return literal(text)


def t(text: str) -> str:
    """An output of ``text`` in the reader's language."""
    return f"{{{{ t({literal(text)}) }}}}"


def table(labels: Mapping[str, str]) -> str:
    """A Jinja2 mapping of values to translated labels, escaped once for all rows."""
    return "{" + ", ".join(f"{literal(value)}: t({literal(label)})|e" for value, label in labels.items()) + "}"


def attributes(given: Mapping[str, str]) -> str:
    """Fixed attributes; values are plain text known to the kernel."""
    return "".join(f' {one}="{escape(value)}"' for one, value in given.items())


def when(condition: str | None, then: str, otherwise: str = "") -> str:
    """``then`` if ``condition`` holds; without a condition always."""
    if condition is None:
        return then
    return (
        f"{{% if {condition} %}}{then}{{% else %}}{otherwise}{{% endif %}}"
        if otherwise
        else (f"{{% if {condition} %}}{then}{{% endif %}}")
    )


def both(conditions: Iterable[str | None]) -> str | None:
    """All of ``conditions``; None if there are none."""
    given = [one for one in conditions if one]
    return " and ".join(given) if given else None


def block(title: str, body: str) -> str:
    return f"{{% block {name(title)} %}}{body}{{% endblock %}}"


def block_name(what: str) -> str:
    """The block that draws a field (``partner``, ``partner.city``) or a box (``group[totals]``) alone."""
    if what == "header":
        return "header"
    tag, bracket, inside = what.rstrip("]").partition("[")
    if bracket:
        return name(f"b_{tag.replace('-', '_')}_{inside}")
    return name("f_" + what.replace(".", "__"))


def lines_block(field: str) -> str:
    """The block that draws lines, and each cell of them."""
    return name(f"l_{field}")
