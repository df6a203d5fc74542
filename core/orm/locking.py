"""Locks within a transaction, and the versions that forms carry.

Every record has ``row_version``; each UPDATE names the version it was read with, so a stale write changes no row and
raises ConflictError. A form brings the version it was made from: ``expect`` puts it in place of the one just read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import attributes

from core.errors import ConflictError
from core.i18n import _

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.model import Model


def expect(record: Model, version: int) -> None:
    """Let the next UPDATE of ``record`` succeed only if its row still has ``version``."""
    attributes.set_committed_value(record, "row_version", version)


def lock(env: Env, records: Iterable[Model]) -> None:
    """SELECT … FOR UPDATE in order of id, model by model; a record that changed since it was read is read again.

    Raises ConflictError when a record is gone, or was changed by somebody else while this one holds own changes.
    """
    by_model: dict[str, dict[int, Model]] = {}
    for record in records:
        if not record.is_new:
            by_model.setdefault(record.info.name, {})[record.id] = record
    if env.session.kernel_connection().dialect.name == "sqlite" and env.writing:
        return  # one writer at a time: the transaction itself is the lock
    for name in sorted(by_model):
        mine = by_model[name]
        cls = env.models[name].cls
        statement = sa.select(cls.id, cls.row_version).where(cls.id.in_(list(mine))).order_by(cls.id).with_for_update()
        with env.session.no_autoflush:
            found = {row[0]: row[1] for row in env.session.execute(statement)}
        for key, record in mine.items():
            if key not in found:
                raise ConflictError(_("Somebody else removed this record meanwhile."), name, key)
            if found[key] != record.row_version:
                if env.session.is_modified(record):
                    raise ConflictError(_("Somebody else changed this record meanwhile."), name, key)
                env.session.refresh(record)
