"""The change journal: what was created, changed, deleted or moved to another state, by whom, in the same transaction.

Each flush adds its rows in one statement. ``changes`` maps field names to [old, new] for tracked fields and to null for
the others: the journal tells that they changed, not what they said. ``position`` stays empty when it is written; a
reader numbers the committed rows, so that readers follow the order of commits.
"""

from __future__ import annotations

import datetime
import decimal
from typing import TYPE_CHECKING, Any

from core.orm.files import StoredFile
from core.schema.tables import journal as table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from core.env import Env
    from core.orm.fields import Field
    from core.orm.model import Model


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: decimals and dates as text, records as their id."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, StoredFile):
        return value.name
    if isinstance(value, (dict, list)):
        return value
    return getattr(value, "id", None)


def entry(record: Model, operation: str, changed: dict[str, Any] | None = None) -> dict[str, Any]:
    """One row, still without id of a new record and without actor. ``changed``: attribute → value before."""
    info = record.info
    changes: dict[str, Any] = {}
    for key, old in (changed or {}).items():
        field: Field[Any] | None = info.fields.get(key) or info.fields.get(key.removeprefix("_"))
        if field is None:
            continue
        if field.tracked and field.kind not in ("one2many", "many2many"):
            changes[field.name] = [plain(old), plain(getattr(record, key))]
        else:
            changes[field.name] = None
    return {"record": record, "model": info.name, "operation": operation, "changes": changes}


def write(connection: Connection, env: Env, rows: list[dict[str, Any]]) -> None:
    """Add ``rows`` in one statement."""
    if not rows:
        return
    at = env.now
    principal = env.principal
    connection.execute(
        table.insert(),
        [
            {
                "model": row["model"],
                "record_id": row["record"].__dict__["id"] if "record" in row else row["record_id"],
                "operation": row["operation"],
                "actor_kind": principal.kind,
                "actor_id": principal.id,
                "at": at,
                "changes": row["changes"] or None,
            }
            for row in rows
        ],
    )
