"""Every error that Kontor raises on purpose.

Two families, and no third::

    KontorError
    ├── AssemblyError          for developers: names addon, file, line and the likely cure; stops assembly
    │   └── ExpressionError    the same, with the position inside the expression
    ├── NotActive              a model or addon that is not installed in this database
    └── UserError              for users: a translated sentence, shown as it is
        ├── ValidationError    named by field
        ├── AccessError        the reason is told to administrators only
        ├── ConflictError      somebody else changed the record meanwhile
        ├── NotFound           a record that does not exist, or that the user may not see
        └── TransitionRefused  a change of state that guards refused, with all reasons
"""

from __future__ import annotations

from collections import UserString
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True)
class Where:
    """A place in an addon: what an error message points at."""

    addon: str | None = None
    file: str | Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        parts = []
        if self.addon:
            parts.append(f"addon '{self.addon}'")
        if self.file:
            parts.append(f"{self.file}:{self.line}" if self.line else str(self.file))
        return ", ".join(parts)


class KontorError(Exception):
    """Base of all errors raised on purpose."""


class AssemblyError(KontorError):
    """An addon, a view or a data file is wrong. ``hint`` says how it is probably cured."""

    def __init__(self, message: str, where: Where | None = None, hint: str | None = None) -> None:
        self.message = message
        self.where = where or Where()
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        place = str(self.where)
        text = f"{place}: {self.message}" if place else self.message
        return f"{text} ({self.hint})" if self.hint else text


class ExpressionError(AssemblyError):
    """An expression that cannot be read. ``position`` counts characters from 0."""

    def __init__(
        self, message: str, text: str, position: int = 0, where: Where | None = None, hint: str | None = None
    ) -> None:
        self.text = text
        self.position = position
        super().__init__(message, where, hint)

    def __str__(self) -> str:
        return f"{super().__str__()}\n  {self.text}\n  {' ' * self.position}^"


class NotActive(KontorError, LookupError, AttributeError):
    """A model whose addon is not installed in this database, or no database is active at all."""


class UserError(KontorError):
    """Something the user can read and act on."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return str(self.message)


class ValidationError(UserError):
    """Values that break a rule. ``fields`` maps a field path (``lines.2.quantity``) to its messages."""

    def __init__(self, message: str = "", fields: Mapping[str, str | Iterable[str]] | None = None) -> None:
        self.fields: dict[str, list[str]] = {}
        for name, messages in (fields or {}).items():
            self.fields[name] = (
                [str(messages)] if isinstance(messages, (str, UserString)) else [str(one) for one in messages]
            )
        if not message:
            message = "; ".join(f"{name}: {', '.join(texts)}" for name, texts in self.fields.items())
        super().__init__(message)


class AccessError(UserError):
    """Refused by rights. ``rules`` names what refused it; only administrators are shown it."""

    def __init__(self, message: str, rules: Iterable[str] = ()) -> None:
        self.rules = tuple(rules)
        super().__init__(message)


class ConflictError(UserError):
    """The record was changed or removed by somebody else since it was read."""

    def __init__(self, message: str, model: str = "", record_id: int | None = None) -> None:
        self.model = model
        self.record_id = record_id
        super().__init__(message)


class NotFound(UserError):
    """No such record, or none that this principal may see: the two are never told apart."""


@dataclass(frozen=True)
class Refusal:
    """One reason why a transition may not happen. ``fix`` tells the user what to do about it."""

    code: str
    text: str
    fix: str = ""


class TransitionRefused(UserError):
    """A transition that its state or its guards refuse; ``refusals`` carries every reason at once."""

    def __init__(self, message: str, refusals: Iterable[Refusal] = ()) -> None:
        self.refusals = tuple(refusals)
        super().__init__(message)


def close_match(wrong: str, known: Iterable[str]) -> str | None:
    """``did you mean 'x'?`` for error hints, or None when nothing is near."""
    near = get_close_matches(wrong, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None
