"""From one structure to another on both databases: nothing is lacking afterwards, and nothing is lost."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.orm.types import ExactDecimal, JsonType, UtcDateTime
from core.schema import tables
from core.schema.apply import Fill, StructureError, apply, changing, copy_path, finish, relax
from core.schema.diff import Phase, Step, difference, fingerprint
from core.schema.engines import WRITING, make_engine
from core.schema.tables import NAMING, Id

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def structure(version: int) -> sa.MetaData:
    """The tables of two addons, ``base`` and from version 2 on ``extra``, which extends them."""
    metadata = sa.MetaData(naming_convention=NAMING)
    collated = sa.String(50).with_variant(sa.String(50, collation="C"), "postgresql")
    collated = collated.with_variant(sa.String(50, collation="NOCASE"), "sqlite")
    partner = sa.Table(
        "base_partner",
        metadata,
        sa.Column("id", Id, primary_key=True),
        sa.Column("code", sa.String(20 if version == 1 else 30), nullable=False),
        sa.Column("name", collated, nullable=version > 1),
        sa.Column("rate", ExactDecimal(10, 2) if version == 1 else ExactDecimal(12, 4)),
        sa.Column("data", JsonType()),
        sa.Column("uuid", sa.Uuid()),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("at", UtcDateTime()),
        sa.Column("parent_id", sa.BigInteger(), sa.ForeignKey("base_partner.id", ondelete="SET NULL")),
        sa.UniqueConstraint("code"),
        sqlite_autoincrement=True,
        info={"addon": "base"},
    )
    partner.append_constraint(sa.CheckConstraint(partner.c.rate >= Decimal("0.5"), name="rate_ge"))
    where = partner.c.active.is_(sa.true())
    sa.Index("ix_base_partner_name", partner.c.name, sqlite_where=where, postgresql_where=where)
    sa.Table(
        "base_line",
        metadata,
        sa.Column("id", Id, primary_key=True),
        sa.Column("partner_id", sa.BigInteger(), sa.ForeignKey("base_partner.id", ondelete="CASCADE"), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Index(None, "partner_id"),
        sqlite_autoincrement=True,
        info={"addon": "base"},
    )
    if version > 1:
        extra = sa.Table(
            "extra_grade",
            metadata,
            sa.Column("id", Id, primary_key=True),
            sa.Column("partner_id", sa.BigInteger(), sa.ForeignKey("base_partner.id")),
            info={"addon": "extra"},
        )
        mine: dict[str, Any] = {"info": {"addon": "extra"}}
        partner.append_column(sa.Column("points", sa.Integer(), server_default="7", nullable=False, **mine))
        partner.append_column(sa.Column("vat", sa.String(20), **mine))
        partner.append_column(sa.Column("country", sa.String(2), nullable=False, **mine))
        partner.append_column(
            sa.Column("grade_id", sa.BigInteger(), sa.ForeignKey(extra.c.id, ondelete="RESTRICT"), **mine)
        )
        partner.append_constraint(sa.UniqueConstraint(partner.c.vat))
        partner.append_constraint(sa.CheckConstraint(partner.c.points >= 0, name="points_ge"))
        sa.Index(None, partner.c.grade_id)
    return metadata


def install(engine: sa.Engine, metadata: sa.MetaData, fill: Fill | None = None) -> list[Step]:
    with changing(engine) as connection:
        return apply(connection, [tables.metadata, metadata], Phase.OPEN) + finish(
            connection, [tables.metadata, metadata], fill
        )


def lacking(engine: sa.Engine, metadata: sa.MetaData) -> list[str]:
    with engine.connect() as connection:
        return [str(one) for one in difference(connection, [tables.metadata, metadata])]


def fill_country(connection: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> bool:
    connection.execute(table.update().where(column.is_(None)).values({column: "DK"}))
    return True


def add_rows(engine: sa.Engine, metadata: sa.MetaData) -> None:
    partner, line = metadata.tables["base_partner"], metadata.tables["base_line"]
    with engine.connect().execution_options(**WRITING) as connection:
        row = {"name": "Ærø 100%: x", "rate": Decimal("1.25"), "data": {"a": ["1"]}, "at": NOW}
        connection.execute(partner.insert(), [{"id": number, "code": f"P{number}", **row} for number in (1, 2, 9)])
        connection.execute(partner.update().where(partner.c.id == 2).values(parent_id=1))
        connection.execute(line.insert(), [{"partner_id": 1, "note": str(number)} for number in range(5)])
        connection.execute(partner.delete().where(partner.c.id == 9))
        connection.commit()


def test_a_fresh_database_lacks_nothing_afterwards(engine: sa.Engine) -> None:
    metadata = structure(2)
    steps = install(engine, metadata)
    assert lacking(engine, metadata) == []
    assert {one.addon for one in steps} == {"kernel", "base", "extra"}
    assert all(one.kind == "table" and one.additive for one in steps)
    assert install(engine, metadata) == []


def test_an_upgrade_keeps_rows_lines_counters_and_lacks_nothing(engine: sa.Engine) -> None:
    old, new = structure(1), structure(2)
    install(engine, old)
    add_rows(engine, old)
    with engine.connect() as connection:
        steps = difference(connection, [tables.metadata, new])
    by_subject = {(one.kind, one.subject): one for one in steps}
    assert by_subject["column", "base_partner.points"].addon == "extra"
    assert by_subject["unique", "uq_base_partner_vat"].addon == "extra"
    assert by_subject["not null", "base_partner.country"].phase is Phase.TIGHTEN
    assert not by_subject["not null", "base_partner.country"].additive
    assert by_subject["nullable", "base_partner.name"].additive
    assert by_subject["type", "base_partner.rate"].additive
    install(engine, new, fill_country)
    assert lacking(engine, new) == []
    partner, line = new.tables["base_partner"], new.tables["base_line"]
    with engine.connect().execution_options(**WRITING) as connection:
        row = connection.execute(sa.select(partner).where(partner.c.id == 2)).mappings().one()
        assert (row["name"], row["rate"], row["parent_id"]) == ("Ærø 100%: x", Decimal("1.25"), 1)
        assert (row["data"], row["at"], row["points"], row["country"]) == ({"a": ["1"]}, NOW, 7, "DK")
        assert connection.scalar(sa.select(sa.func.count()).select_from(line)) == 5
        if engine.dialect.name == "sqlite":
            given = connection.execute(partner.insert().values(code="new", country="DK").returning(partner.c.id))
            assert given.scalar_one() == 10, "the id of the deleted 9 must not come again"
        for values in ({"rate": Decimal("0.4999")}, {"code": "P1"}, {"grade_id": 5}, {"points": -1}):
            with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
                connection.execute(partner.update().where(partner.c.id == 2).values(**values))
        connection.execute(partner.delete().where(partner.c.id == 1))
        assert connection.scalar(sa.select(sa.func.count()).select_from(line)) == 0


def test_going_back_drops_nothing(engine: sa.Engine) -> None:
    old, new = structure(1), structure(2)
    install(engine, new)
    with engine.connect() as connection:
        kinds = {(one.kind, one.subject) for one in difference(connection, [tables.metadata, old])}
    assert kinds == {
        ("type", "base_partner.code"),
        ("type", "base_partner.rate"),
        ("not null", "base_partner.name"),
    }


def test_what_uninstalled_addons_left_survives_a_rebuild(engine: sa.Engine) -> None:
    old, new = structure(1), structure(2)
    install(engine, new)
    partner, grade = new.tables["base_partner"], new.tables["extra_grade"]
    with changing(engine) as connection:
        relax(connection, "base_partner", ["country"])
        connection.execute(grade.insert().values(id=1))
        connection.execute(partner.insert().values(code="A", name="A", vat="DK1", points=3, grade_id=1, country="BG"))
    install(engine, old)
    assert lacking(engine, old) == []
    with engine.connect().execution_options(**WRITING) as connection:
        row = connection.execute(sa.select(partner)).mappings().one()
        assert (row["vat"], row["points"], row["grade_id"], row["country"]) == ("DK1", 3, 1, "BG")
        connection.execute(old.tables["base_partner"].insert().values(code="B", name="B"))
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(partner.update().where(partner.c.code == "B").values(vat="DK1"))
        connection.rollback()


def test_foreign_keys_can_be_relaxed(engine: sa.Engine) -> None:
    metadata = structure(2)
    install(engine, metadata)
    with changing(engine) as connection:
        relax(connection, "base_partner", [], ["fk_base_partner_grade_id"])
    assert lacking(engine, metadata) == ["foreign key fk_base_partner_grade_id"]


def test_empty_values_stand_in_the_way(engine: sa.Engine) -> None:
    old, new = structure(1), structure(2)
    install(engine, old)
    add_rows(engine, old)
    before = lacking(engine, new)
    with pytest.raises(StructureError, match=r"addon 'extra': base_partner.country must not be empty, .* in 2 rows"):
        install(engine, new)
    assert lacking(engine, new) == before
    assert lacking(engine, old) == []


def test_values_that_do_not_fit_stand_in_the_way(engine: sa.Engine) -> None:
    old, new = structure(1), structure(2)
    install(engine, new)
    partner = new.tables["base_partner"]
    with engine.connect().execution_options(**WRITING) as connection:
        connection.execute(partner.insert().values(code="A", name="A", rate=Decimal("1.2345"), country="DK"))
        connection.commit()
    with pytest.raises(StructureError, match=r"base_partner.rate does not fit into .* in 1 rows"):
        install(engine, old)
    with engine.connect().execution_options(**WRITING) as connection:
        connection.execute(partner.update().values(rate=Decimal("1.2300"), code="A" * 25))
        connection.commit()
    with pytest.raises(StructureError, match=r"base_partner.code does not fit into .* in 1 rows"):
        install(engine, old)
    with engine.connect().execution_options(**WRITING) as connection:
        connection.execute(partner.update().values(code="A"))
        connection.commit()
    install(engine, old)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(old.tables["base_partner"].c.rate)) == Decimal("1.23")


def test_other_types_need_a_script(engine: sa.Engine) -> None:
    install(engine, structure(1))
    changed = structure(1)
    line = changed.tables["base_line"]
    line.append_column(sa.Column("note", sa.Date()), replace_existing=True)
    with pytest.raises(StructureError, match=r"base_line.note cannot change from TEXT to DATE by itself"):
        install(engine, changed)


def test_duplicates_stand_in_the_way_of_unique(engine: sa.Engine) -> None:
    old = structure(1)
    install(engine, old)
    add_rows(engine, old)
    new = structure(1)
    new.tables["base_partner"].append_constraint(sa.UniqueConstraint(new.tables["base_partner"].c.name))
    with pytest.raises(StructureError, match="the data breaks a rule"):
        install(engine, new)
    assert lacking(engine, old) == []


def test_an_index_with_other_columns_is_replaced(engine: sa.Engine) -> None:
    old = structure(1)
    install(engine, old)
    new = structure(1)
    line = new.tables["base_line"]
    line.indexes.clear()
    sa.Index("ix_base_line_partner_id", line.c.partner_id, line.c.id)
    install(engine, new)
    assert lacking(engine, new) == []
    with engine.connect() as connection:
        found = sa.inspect(connection).get_indexes("base_line")
    assert [one["column_names"] for one in found] == [["partner_id", "id"]]


def test_tables_that_refer_to_each_other(engine: sa.Engine) -> None:
    metadata = sa.MetaData(naming_convention=NAMING)
    for name, other in (("a", "b"), ("b", "a")):
        sa.Table(
            name,
            metadata,
            sa.Column("id", Id, primary_key=True),
            sa.Column("other_id", sa.BigInteger(), sa.ForeignKey(f"{other}.id")),
            info={"addon": name},
        )
    install(engine, metadata)
    assert lacking(engine, metadata) == []


def test_the_fingerprint_follows_the_structure() -> None:
    assert fingerprint([structure(1)]) == fingerprint([structure(1)]) != fingerprint([structure(2)])


def test_an_error_in_the_middle_leaves_everything_as_it_was(engine: sa.Engine) -> None:
    old, new = structure(1), structure(2)
    install(engine, old)
    add_rows(engine, old)

    def fail() -> None:
        with changing(engine) as connection:
            apply(connection, [new], Phase.OPEN)
            connection.execute(new.tables["base_line"].delete())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert lacking(engine, old) == []
    assert [one for one in lacking(engine, new) if "extra_grade" in one]
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(old.tables["base_line"])) == 5


def test_broken_links_are_found_before_the_commit(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    metadata = structure(1)
    install(engine, metadata)
    insert = metadata.tables["base_line"].insert().values(partner_id=77)
    with pytest.raises(StructureError, match="base_line row 1 to base_partner"), changing(engine) as connection:
        connection.execute(insert)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.scalar(sa.select(sa.func.count()).select_from(metadata.tables["base_line"])) == 0


def test_a_copy_of_the_file_is_kept(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    install(engine, structure(1))
    path = copy_path(engine.url.database)
    assert path is not None
    assert not path.exists(), "there was nothing to copy"
    add_rows(engine, structure(1))
    install(engine, structure(2), fill_country)
    copy = make_engine(f"sqlite:///{path}")
    assert lacking(copy, structure(1)) == []
    engine.dispose()
    copy.dispose()


KILLED = """
import os, sys
sys.path.insert(0, {root!r})
from tests.schema.test_apply import *
engine = make_engine({url!r})
with changing(engine) as connection:
    apply(connection, [structure(2)], Phase.OPEN)
    connection.execute(structure(2).tables["base_line"].delete())
    print("now", flush=True)
    sys.stdin.read()
"""


def test_a_killed_apply_leaves_everything_as_it_was(engine: sa.Engine) -> None:
    old = structure(1)
    install(engine, old)
    add_rows(engine, old)
    root = str(Path(__file__).resolve().parents[2])
    code = KILLED.format(root=root, url=engine.url.render_as_string(hide_password=False))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        os.kill(process.pid, signal.SIGKILL)
    assert lacking(engine, old) == []
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(old.tables["base_line"])) == 5
        assert not sa.inspect(connection).has_table("extra_grade")
