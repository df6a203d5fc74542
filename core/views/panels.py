"""Panels: parts of a form that are no fields, told as a column of entries: messages, files, the story of a record.

An addon answers the hook ``kontor_panels`` with functions of a record, or with a ``Panel`` to which one may add; a view
places it with ``<panel name="…"/>``.
What an entry says is data, never markup of the addon, so that every panel looks alike, escapes alike and prints alike.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.views.widgets import panel_source

if TYPE_CHECKING:
    from core.orm.files import StoredFile
    from core.registry.addonset import AddonSet


@dataclass(frozen=True)
class Entry:
    """One entry of a panel, newest or oldest first as the panel answers them.

    ``record``: what its heading opens. ``html``: text of a RichText field, cleaned when it was stored. ``tone`` is one
    of the looks of decorations, or empty.
    """

    heading: str
    at: datetime.datetime | None = None
    kind: str = ""
    text: str = ""
    html: str = ""
    author: str = ""
    record: Any = None
    file: StoredFile | None = None
    tone: str = ""
    #: the entry that stands for the record itself on whose form the panel is
    here: bool = False


@dataclass(frozen=True)
class Adding:
    """What a reader may add to a panel. ``do(record, text, files, shared)`` runs in the reader's session.

    ``text`` and ``shared`` are the labels of a box for words and of a check mark; empty: there is none.
    """

    button: str
    do: Callable[[Any, str, Sequence[StoredFile], bool], None]
    model: str
    text: str = ""
    files: str = ""
    shared: str = ""


@dataclass(frozen=True)
class Panel:
    """``entries`` of a record, which may be a new one; run in the session of the reader."""

    entries: Callable[[Any], Sequence[Entry]]
    adding: Adding | None = None


def panels(addon_set: AddonSet) -> dict[str, Panel]:
    """Every panel of a set by name; a later addon's answer replaces an earlier one."""
    found: dict[str, Panel] = {}
    for answer in addon_set.hooks.call("kontor_panels"):
        found.update({name: one if isinstance(one, Panel) else Panel(one) for name, one in answer.items()})
    return found


@panel_source
def _names(addon_set: AddonSet) -> list[str]:
    return list(panels(addon_set))
