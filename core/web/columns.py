"""Columns that users show and hide: those that a view marks ``optional``; the choice is kept with the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.i18n import translate

if TYPE_CHECKING:
    from core.views import Access, View


@dataclass(frozen=True)
class Choice:
    """A column that can be shown or hidden."""

    path: str
    label: str
    shown: bool


def optional_columns(view: View) -> dict[str, str]:
    """Columns of a list, or of lines in a form, that users may show and hide: path -> "show" or "hide" at first."""
    found = {path: node.optional for path, node in view.fields.items() if node.optional}
    for name, lines in view.lines.items():
        found.update({f"{name}.{node.path}": node.optional for node in lines.columns if node.optional})
    return found


def choices(view: View, access: Access, readable: Access) -> list[Choice]:
    """What the user may choose of. ``access`` is what is seen now, ``readable`` what could be."""
    labels = {path: node.label for path, node in view.fields.items()}
    for name, lines in view.lines.items():
        labels.update({f"{name}.{node.path}": node.label for node in lines.columns})
    return [
        Choice(path, translate(labels[path]), access.may[path])
        for path in optional_columns(view)
        if readable.may[path]
    ]
