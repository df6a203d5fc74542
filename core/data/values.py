"""Texts of data files as values of fields, and values as JSON that can be compared with what was loaded before.

    text in the file  ──parse──►  value for the ORM
                      └─plain──►  JSON: kept in kernel_record, compared at the next upgrade
    record            ─current─►  JSON of what stands in the field now

A link is plain as the id of its record; ``kernel_record`` keeps external ids, which ``loader`` turns into those.
"""

from __future__ import annotations

import datetime
import json
from decimal import Decimal, InvalidOperation
from typing import Any

from core.data.files import Given
from core.errors import AssemblyError
from core.i18n import DEFAULT_LANGUAGE
from core.orm.fields import Field
from core.orm.files import StoredFile

_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_TEXTS = frozenset({"char", "text", "richtext", "selection", "state"})
_NUMBERS = frozenset({"decimal", "money", "quantity"})


def parse(field: Field[Any], given: Given) -> Any:
    """The value that a text means in ``field``. Raises ``AssemblyError`` at its line."""
    if given.lang and not field.translate:
        raise AssemblyError(f"field '{field.name}' is not translated", given.where, "leave out lang")
    text = given.text if field.kind in _TEXTS else given.text.strip()
    if not text.strip():
        return None
    try:
        value = field.clean(_read(field, text))
    except ValueError as error:
        raise AssemblyError(f"field '{field.name}': {error}", given.where) from None
    problem = field.problem(value) if value is not None else None
    if problem:
        hint = f"one of: {', '.join(field.choices)}" if field.choices else None
        raise AssemblyError(f"field '{field.name}' {problem}: {text.strip()[:60]!r}", given.where, hint)
    return value


def _read(field: Field[Any], text: str) -> Any:
    kind = field.kind
    if kind in _TEXTS:
        return text.strip()
    if kind == "integer":
        return int(text)
    if kind in _NUMBERS:
        try:
            return Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{text!r} is no number; write it like 1234.50") from None
    if kind == "boolean":
        if text.lower() not in _YES:
            raise ValueError(f"{text!r} is neither yes nor no")
        return _YES[text.lower()]
    if kind == "date":
        return datetime.date.fromisoformat(text)
    if kind == "datetime":
        return datetime.datetime.fromisoformat(text)
    if kind == "json":
        return json.loads(text)
    raise ValueError(f"a text cannot be given to a field of kind {kind}; use ref, refs or file")


def plain(value: Any) -> Any:
    """``value`` as JSON, the same for equal values."""
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, StoredFile):
        return value.sha256
    return value


def current(record: Any, field: Field[Any], lang: str | None) -> Any:
    """What stands in a field now, as ``plain`` would have it; links as ids."""
    if field.translate:
        return (getattr(record, f"_{field.name}") or {}).get(lang or DEFAULT_LANGUAGE)
    if field.kind == "many2one":
        return getattr(record, field.column_name)
    if field.kind == "reference":
        linked = getattr(record, field.name)
        return linked.id if linked is not None else None
    if field.kind == "many2many":
        return sorted(one.id for one in getattr(record, field.name))
    return plain(getattr(record, field.name))
