"""Translated content: one JSON column holds a text per language; the attribute reads and writes the current one.

product.name                 the text in the reader's language, else in English, else in any
product.name = "Ventil"      sets the text of the environment's language
product.name = {"en": …}     sets all of them
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property

from core.i18n import DEFAULT_LANGUAGE, language
from core.orm.fields import Field


def text_in(texts: dict[str, str] | None, wanted: str) -> str | None:
    """The text in ``wanted``, else in the default language, else any."""
    if not texts:
        return None
    return texts.get(wanted) or texts.get(DEFAULT_LANGUAGE) or next(iter(texts.values()), None)


def translated_text(field: Field[Any]) -> Any:
    """The attribute of a translated field: a value on records, an expression in the current language on the class."""
    private = f"_{field.name}"

    def read(self: Any) -> str | None:
        return text_in(getattr(self, private), language.get())

    def write(self: Any, value: Any) -> None:
        if isinstance(value, dict):
            texts = {key: field.clean(text) for key, text in value.items() if field.clean(text)}
        else:
            texts = dict(getattr(self, private) or {})
            value = field.clean(value)
            if value:
                texts[language.get()] = value
            else:
                texts.pop(language.get(), None)
        setattr(self, private, texts or None)

    def query(cls: Any) -> Any:
        column = getattr(cls, private)
        wanted = language.get()
        found = column[wanted].as_string()
        return found if wanted == DEFAULT_LANGUAGE else sa.func.coalesce(found, column[DEFAULT_LANGUAGE].as_string())

    read.__name__ = field.name
    return hybrid_property(fget=read, fset=write, expr=query)
