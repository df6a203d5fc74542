"""Migration scripts: which run, in which order, once, and what happens when one raises."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from core.addon.manifest import Manifest, read_manifest
from core.errors import AssemblyError, UserError
from core.orm.types import ExactDecimal
from core.schema import tables
from core.schema.apply import changing
from core.schema.diff import difference
from core.schema.scripts import pending, rename_column, rename_table, run, scripts_of
from core.schema.tables import NAMING, Id


def addon(folder: Path, scripts: dict[str, str], version: str = "2.0") -> Manifest:
    path = folder / "shop"
    path.mkdir(exist_ok=True)
    (path / "addon.toml").write_text(f'name = "shop"\nversion = "{version}"\ntitle = "Shop"\n')
    for name, text in scripts.items():
        file = path / "migrations" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return read_manifest(path)


def test_order_by_version_then_number(tmp_path: Path) -> None:
    names = ["1.10/pre_01_b.py", "1.9/post_02_a.py", "1.9/post_01_z.py", "1.9/pre_03_c.py"]
    manifest = addon(tmp_path, dict.fromkeys(names, ""))
    assert [one.name for one in scripts_of(manifest)] == [
        "1.9/post_01_z.py",
        "1.9/post_02_a.py",
        "1.9/pre_03_c.py",
        "1.10/pre_01_b.py",
    ]


@pytest.mark.parametrize("name", ["1.1/fill.py", "1.1/post_1_x.py", "next/pre_01_x.py", "3.0/pre_01_x.py"])
def test_odd_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AssemblyError, match=r"script|version|addon is 2\.0"):
        scripts_of(addon(tmp_path, {name: ""}))


def test_a_script_runs_once_and_only_when_upgrading_across_it(engine: sa.Engine, tmp_path: Path) -> None:
    text = "def run(ctx):\n    ctx.execute('INSERT INTO kernel_signal VALUES (:topic, 1)', topic=ctx.script.name)\n"
    manifest = addon(tmp_path, {"1.1/pre_01_a.py": text, "1.2/pre_01_b.py": text, "2.0/post_01_c.py": text})
    tables.metadata.create_all(engine)
    with changing(engine) as connection:
        assert [one.name for one in pending(connection, manifest, "2.0")] == []
        waiting = pending(connection, manifest, "1.1")
        assert [one.name for one in waiting] == ["1.2/pre_01_b.py", "2.0/post_01_c.py"]
        for one in waiting:
            run(connection, manifest, one)
        assert pending(connection, manifest, "1.1") == []
    with engine.connect() as connection:
        assert set(connection.scalars(sa.select(tables.signal.c.topic))) == {"1.2/pre_01_b.py", "2.0/post_01_c.py"}
        assert connection.scalar(sa.select(tables.script.c.checksum).limit(1)) == waiting[0].checksum


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("def run(ctx):\n    1 / 0\n", 2, "script 2.0/pre_01_a.py failed with ZeroDivisionError"),
        ("def run(ctx):\n    ctx.execute('SELECT nothing FROM nowhere')\n", 2, "nowhere"),
        ("def run(ctx)\n", 1, "SyntaxError"),
        ("def rnu(ctx): ...\n", None, "has no function run"),
        ("def run(ctx): ctx.env\n", None, "a pre script has no env"),
    ],
)
def test_faults_name_the_line_and_undo_everything(
    engine: sa.Engine, tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    good = "def run(ctx):\n    ctx.execute(\"INSERT INTO kernel_signal VALUES ('x', 1)\")\n"
    manifest = addon(tmp_path, {"1.1/pre_01_a.py": good, "2.0/pre_01_a.py": text})
    tables.metadata.create_all(engine)

    def upgrade() -> None:
        with changing(engine) as connection:
            for one in pending(connection, manifest, "1.0"):
                run(connection, manifest, one)

    with pytest.raises(AssemblyError) as caught:
        upgrade()
    assert message in str(caught.value)
    assert (caught.value.where.addon, caught.value.where.line) == ("shop", line)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.signal)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.script)) == 0


def test_a_refusal_reaches_the_user_as_it_is(engine: sa.Engine, tmp_path: Path) -> None:
    text = "from core.errors import UserError\ndef run(ctx): raise UserError('close the year first')\n"
    manifest = addon(tmp_path, {"2.0/pre_01_a.py": text})
    tables.metadata.create_all(engine)
    with engine.connect() as connection, pytest.raises(UserError, match="close the year first"):
        run(connection, manifest, scripts_of(manifest)[0])


def structure(table: str, column: str) -> sa.MetaData:
    metadata = sa.MetaData(naming_convention=NAMING)
    made = sa.Table(
        table,
        metadata,
        sa.Column("id", Id, primary_key=True),
        sa.Column(column, ExactDecimal(9, 2), index=True, unique=False),
        sa.Column("parent_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id")),
        sa.UniqueConstraint(column, "parent_id"),
        info={"addon": "shop"},
    )
    made.append_constraint(sa.CheckConstraint(made.c[column] > 1, name=f"{column}_gt"))
    return metadata


def test_renamed_tables_and_columns_leave_no_double_indexes(engine: sa.Engine) -> None:
    old, new = structure("shop_item", "price"), structure("shop_article", "amount")
    with changing(engine) as connection:
        old.create_all(connection)
        connection.execute(old.tables["shop_item"].insert().values(price="2.50"))
        rename_table(connection, "shop_item", "shop_article")
        rename_column(connection, "shop_article", "price", "amount")
    with engine.connect() as connection:
        rest = difference(connection, [new])
        assert connection.scalar(sa.select(new.tables["shop_article"].c.amount)) is not None
        assert {one.kind for one in rest} <= {"index", "unique", "foreign key", "check"}
        if engine.dialect.name == "postgresql":
            assert rest == []
