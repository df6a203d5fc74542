"""What messaging answers to the kernel: its panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from addons.messaging.models.thread import files_of, messages_of
from core import Model, StoredFile, _, hookimpl
from core.views.panels import Adding, Entry, Panel


@hookimpl
def kontor_panels() -> dict[str, Panel]:
    writing = Adding(_("Send"), _post, "messaging.message", _("Message"), _("Files"), _("The customer may read it"))
    adding = Adding(_("Add files"), _attach, "messaging.attachment", files=_("Files"))
    return {"messages": Panel(_messages, writing), "files": Panel(_files, adding)}


def _post(record: Any, text: str, files: Sequence[StoredFile], shared: bool) -> None:
    """``text`` is plain: it becomes HTML with its line breaks."""
    audience = "customer" if shared else "internal"
    message = record.post(str(Markup("<br>").join(text.splitlines())), audience=audience) if text else None
    for file in files:
        record.attach(file, audience=audience, message=message)


def _attach(record: Any, text: str, files: Sequence[StoredFile], shared: bool) -> None:
    for file in files:
        record.attach(file)


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
