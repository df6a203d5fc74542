"""The floor: the same tables, mapped by SQLAlchemy's ORM and nothing else.

Same columns, types, indexes and foreign keys; a plain class, its links, its lines with cascade. No rights, journal,
checks, computed values or folded shadows: the floor is handed the finished values.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, registry, relationship

from core.orm.assemble import Models


class Twins:
    """A plain class for each model of a set, on copies of its tables."""

    def __init__(self, models: Models) -> None:
        self.metadata = sa.MetaData()
        for table in models.metadata.sorted_tables:
            table.to_metadata(self.metadata)
        self.registry = registry(metadata=self.metadata)
        self.classes: dict[str, Any] = {}
        for info in models.values():
            self.classes[info.name] = type(info.name.title().replace(".", ""), (), {"__init__": _take})
        for info in models.values():
            table = self.metadata.tables[info.table.name]
            properties: dict[str, Any] = {}
            for one in info.fields.values():
                if one.owned:
                    link = self.metadata.tables[models[str(one.target)].table.name].c[f"{one.inverse}_id"]
                    properties[one.name] = relationship(
                        self.classes[str(one.target)],
                        primaryjoin=table.c.id == link,
                        foreign_keys=[link],
                        cascade="all, delete-orphan",
                        back_populates=one.inverse,
                    )
                elif one.kind == "many2one" and one.name == info.owner:
                    target = self.metadata.tables[models[str(one.target)].table.name]
                    back = next(
                        two.name for two in models[str(one.target)].fields.values()
                        if two.owned and two.target == info.name and two.inverse == one.name
                    )  # fmt: skip
                    properties[one.name] = relationship(
                        self.classes[str(one.target)],
                        primaryjoin=target.c.id == table.c[one.column_name],
                        foreign_keys=[table.c[one.column_name]],
                        back_populates=back,
                    )
            self.registry.map_imperatively(
                self.classes[info.name],
                table,
                properties=properties,
                version_id_col=table.c.row_version,
            )
        self.registry.configure()

    def session(self, connection: sa.Connection) -> Session:
        return Session(bind=connection, join_transaction_mode="control_fully", autoflush=False)


def _take(self: Any, **values: Any) -> None:
    for name, value in values.items():
        setattr(self, name, value)
