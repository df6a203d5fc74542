"""Language of the running request: lazy texts, the current language, catalogues of an addon set.

``_("…")`` marks a text for extraction and is turned into the reader's language only when it is shown,
so that module-level labels work. Catalogues are merged once for each (addon set, language).
"""

from __future__ import annotations

from collections import UserString
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import cast

LANGUAGES = ("en", "da", "bg", "pl")
DEFAULT_LANGUAGE = "en"

language: ContextVar[str] = ContextVar("kontor_language", default=DEFAULT_LANGUAGE)
#: (text, language) -> translation; set with the addon set of the request
catalogue: ContextVar[Callable[[str, str], str] | None] = ContextVar("kontor_catalogue", default=None)


def translate(text: str | LazyText) -> str:
    """``text`` in the current language, or unchanged when no catalogue knows it."""
    source = text.msgid if isinstance(text, LazyText) else text
    lookup = catalogue.get()
    return lookup(source, language.get()) if lookup and source else source


class LazyText(UserString):
    """A text that is translated when it is read, not when the module is imported."""

    def __init__(self, msgid: str) -> None:
        self.msgid = msgid

    @property
    def data(self) -> str:  # type: ignore[override]
        return translate(self.msgid)

    def __hash__(self) -> int:
        return hash(self.msgid)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(self.data))


def _(text: str) -> str:
    """Mark ``text`` for translation: what it gives reads as text, in the language of whoever reads it then.

    A text with values is filled afterwards: ``_("is longer than {size} characters").format(size=40)``.
    """
    return cast(str, LazyText(text))


def read_catalogues(folders: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Language → text → translation from the ``<language>.po`` files of ``folders``; a later folder wins."""
    from babel.messages.pofile import read_po

    found: dict[str, dict[str, str]] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.po")):
            with file.open("rb") as stream:
                for message in read_po(stream):
                    if message.id and message.string and isinstance(message.id, str) and not message.fuzzy:
                        found.setdefault(file.stem, {})[message.id] = str(message.string)
    return found
