"""What messaging answers to the kernel: its panels."""

from __future__ import annotations

from addons.messaging.models.thread import files_of, messages_of
from core import Model, _, hookimpl
from core.views.panels import Entry, Panel


@hookimpl
def kontor_panels() -> dict[str, Panel]:
    return {"messages": _messages, "files": _files}


def _messages(record: Model) -> list[Entry]:
    return [
        Entry(
            str(one.author or _("Kontor")),
            at=one.created_at,
            kind=one.kind,
            html=one.body,
            record=one,
            tone="info" if one.audience == "customer" else "",
        )
        for one in messages_of(record)
    ]


def _files(record: Model) -> list[Entry]:
    return [
        Entry(one.name, at=one.created_at, author=str(one.author or ""), record=one, file=one.file)
        for one in files_of(record)
    ]
