"""External ids: the names by which data files, and code, know records that addons brought.

    find(env, "base.eur")     the record, or None when it is not here (any more)

``kernel_record`` holds one row for each ``<record>`` of each addon: which record it stands for, and the values as they
were loaded, by which an upgrade tells what a user changed. The values of links are external ids. An addon that changes
a record of another one has a row of its own under the full id.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.schema.tables import record as table

if TYPE_CHECKING:
    from core.env import Env

PRESENT = "present"
ARCHIVED = "archived"
KEPT = "kept"
DELETED = "deleted"


@dataclass
class Known:
    """A row of ``kernel_record``. ``full`` is the external id with the addon that owns the record before it."""

    id: int
    addon: str
    full: str
    model: str
    record_id: int
    values: dict[str, Any]
    checksum: str
    demo: bool
    state: str


class Ids:
    """The external ids of one database; read once, kept in step with what is written here."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        #: (addon that loaded it, full id)
        self.rows: dict[tuple[str, str], Known] = {}
        #: full id -> model and id of the record
        self.records: dict[str, tuple[str, int]] = {}
        for row in connection.execute(sa.select(table).order_by(table.c.id)).mappings():
            self._keep(Known(**{name: row["xmlid" if name == "full" else name] for name in Known.__annotations__}))

    def row(self, addon: str, full: str) -> Known | None:
        return self.rows.get((addon, full))

    def of(self, addon: str) -> list[Known]:
        """The rows that an addon loaded, in the order in which it did."""
        return [row for (owner, _), row in self.rows.items() if owner == addon]

    def record_id(self, full: object) -> int | None:
        """The id behind an external id, None when nobody knows it."""
        found = self.records.get(full) if isinstance(full, str) else None
        return found[1] if found else None

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write new rows: addon, full, model, record_id, values, demo."""
        values = [{**_written(row), "checksum": checksum(row["values"]), "state": PRESENT} for row in rows]
        if not values:
            return
        self.connection.execute(table.insert(), values)
        pairs = {(one["addon"], one["xmlid"]): one for one in values}
        found = sa.select(table.c.id, table.c.addon, table.c.xmlid).where(
            table.c.addon.in_({one["addon"] for one in values})
        )
        for row in self.connection.execute(found):
            one = pairs.get((row.addon, row.xmlid))
            if one is not None:
                self._keep(Known(row.id, *(one[name] for name in _ORDER)))

    def change(self, known: Known, **values: Any) -> None:
        """Change a row: values, state."""
        if "values" in values:
            values["checksum"] = checksum(values["values"])
        self.connection.execute(sa.update(table).where(table.c.id == known.id).values(**values))
        for name, value in values.items():
            setattr(known, name, value)

    def forget(self, known: Known) -> None:
        self.connection.execute(sa.delete(table).where(table.c.id == known.id))
        del self.rows[known.addon, known.full]
        if known.full.startswith(f"{known.addon}."):
            self.records.pop(known.full, None)

    def _keep(self, known: Known) -> None:
        self.rows[known.addon, known.full] = known
        if known.full.startswith(f"{known.addon}."):
            self.records[known.full] = (known.model, known.record_id)


_ORDER = ("addon", "xmlid", "model", "record_id", "values", "checksum", "demo", "state")


def _written(row: dict[str, Any]) -> dict[str, Any]:
    return {("xmlid" if name == "full" else name): value for name, value in row.items()}


def checksum(values: dict[str, Any]) -> str:
    """The same for the same values, however they were written."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def find(env: Env, full: str) -> Any:
    """The record with external id ``full`` ("base.eur"), None when there is none that the principal may see."""
    addon = full.partition(".")[0]
    query = sa.select(table.c.model, table.c.record_id).where(table.c.addon == addon, table.c.xmlid == full)
    row = env.session.kernel_connection().execute(query).first()
    if row is None or row.model not in env.models:
        return None
    return env.get(env.models[row.model].cls, row.record_id)
