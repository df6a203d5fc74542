"""Data files on both databases: loading, three-way merge at upgrades, what left the files, and how faults are told."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.addon.graph import closure
from core.addon.manifest import Manifest, read_manifest
from core.data.ids import Ids, find
from core.data.loader import Report, count_records, load_data
from core.env import Env
from core.errors import AssemblyError
from core.orm.files import FolderStore
from core.orm.security import SYSTEM
from core.orm.sequence import draw
from core.registry.addonset import AddonSet, build_set
from core.registry.database import Database
from core.schema import tables
from core.schema.engines import make_engine

_numbers = itertools.count()

MODELS = """
from core import Model, fields, check

class Kind(Model, name="shop.kind"):
    name = fields.Char("Name", required=True, translate=True)
    code = fields.Char("Code", unique=True)
    active = fields.Boolean("Active", default=True)

class Tag(Model, name="shop.tag"):
    name = fields.Char("Name", required=True)

class Item(Model, name="shop.item"):
    name = fields.Char("Name", required=True, size=40)
    kind = fields.Many2one(Kind, "Kind", required=True)
    parent = fields.Many2one(lambda: Item, "Parent")
    tags = fields.Many2many(Tag, "Tags")
    price = fields.Money("Price", default=1)
    since = fields.Date("Since")
    at = fields.DateTime("At")
    size = fields.Selection("Size", choices={"s": "Small", "l": "Large"})
    extra = fields.Json("Extra")
    about = fields.Reference("About")
    picture = fields.Image("Picture")
    lines = fields.One2many(lambda: Line, "item", owned=True)
    double = fields.Money("Double", expr="price + price")
    constraints = [check("price", ">", 0, "must be positive")]

class Line(Model, name="shop.line"):
    item = fields.Many2one(Item, "Item", required=True)
    text = fields.Char("Text")
"""
SECURITY = """
from core import EVERYONE, rights
from .models import Item, Kind, Tag
for model in (Item, Kind, Tag):
    rights(model, {EVERYONE: "read"})
"""
FIRST = """
<record model="shop.kind" id="wood">
  <field name="name">Wood</field><field name="name" lang="da">Træ</field><field name="code">W</field>
</record>
<record model="shop.tag" id="new"><field name="name">New</field></record>
<record model="shop.tag" id="old"><field name="name">Old</field></record>
<record model="shop.item" id="chair">
  <field name="name"> Chair </field>
  <field name="kind" ref="wood"/>
  <field name="tags" refs="new shop.old"/>
  <field name="price">12.50</field>
  <field name="since">2026-01-31</field>
  <field name="at">2026-01-31T09:15:00+01:00</field>
  <field name="size">l</field>
  <field name="extra">{"a": [1, null]}</field>
  <field name="about" ref="wood"/>
  <field name="picture" file="static/p.png"/>
</record>
<record model="shop.item" id="seat">
  <field name="name">Seat</field><field name="kind" ref="wood"/><field name="parent" ref="chair"/>
</record>
<sequence code="shop.item" pattern="I{year}-" padding="3"/>
"""


class World:
    """Two addons on disk, ``shop`` and ``extra``, and a database with their tables."""

    def __init__(self, folder: Path, url: sa.URL) -> None:
        self.folder = folder
        self.write("shop", FIRST)
        for name, text in (("models.py", MODELS), ("security.py", SECURITY)):
            (folder / "shop" / name).write_text(text)
        (folder / "shop" / "static").mkdir()
        (folder / "shop" / "static" / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 20)
        self.write("extra", "", 'depends = ["shop"]')
        self.set: AddonSet = build_set(self.manifests)
        self.engine = make_engine(url)
        self.db = Database(url, self.engine, self.set, FolderStore(folder / "files"))
        tables.metadata.create_all(self.engine)
        self.set.metadata.create_all(self.engine)

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        found = {name: read_manifest(self.folder / name) for name in ("shop", "extra")}
        return closure(found, found)

    def write(self, addon: str, data: str, keys: str = "", demo: str = "") -> None:
        path = self.folder / addon
        path.mkdir(exist_ok=True)
        (path / "a.xml").write_text(f"<kontor>{data}</kontor>", encoding="utf-8")
        (path / "demo.xml").write_text(f"<kontor>{demo}</kontor>", encoding="utf-8")
        manifest = f'name = "{addon}"\nversion = "1.0"\ntitle = "x"\ndata = ["a.xml"]\ndemo = ["demo.xml"]\n{keys}\n'
        (path / "addon.toml").write_text(manifest)

    def load(self, data: str | None = None, addon: str = "shop", demo: str | None = None) -> Report:
        if data is not None:
            self.write(addon, data, 'depends = ["shop"]' if addon == "extra" else "", demo or "")
        with self.db.transaction(SYSTEM) as env:
            return load_data(env, env.set.addon(addon), demo=demo is not None)

    @contextlib.contextmanager
    def env(self) -> Iterator[Env]:
        with self.db.transaction(SYSTEM) as env:
            yield env

    def change(self, full: str, **values: Any) -> None:
        with self.env() as env:
            record = find(env, full)
            for name, value in values.items():
                setattr(record, name, value)

    def value(self, full: str, name: str) -> Any:
        with self.env() as env:
            return getattr(find(env, full), name)


@pytest.fixture
def world(database_url: sa.URL, tmp_path: Path) -> Iterator[World]:
    name = f"data_addons_{next(_numbers)}"
    (tmp_path / name).mkdir()
    before = list(sys.path)
    made = World(tmp_path / name, database_url)
    yield made
    made.engine.dispose()
    sys.path[:] = before
    for module in [one for one in sys.modules if one.partition(".")[0] == name]:
        del sys.modules[module]


def test_values_of_every_kind(world: World) -> None:
    report = world.load()
    assert report.created == {"shop.kind": 1, "shop.tag": 2, "shop.item": 2}
    assert report.notices == []
    with world.env() as env:
        chair, wood = find(env, "shop.chair"), find(env, "shop.wood")
        assert (chair.name, chair.price, chair.size) == ("Chair", Decimal("12.5"), "l")
        assert (chair.kind, chair.about, chair.since.isoformat()) == (wood, wood, "2026-01-31")
        assert chair.at.isoformat() == "2026-01-31T08:15:00+00:00"
        assert sorted(tag.name for tag in chair.tags) == ["New", "Old"]
        assert (chair.extra, chair.picture.type) == ({"a": [1, None]}, "image/png")
        assert wood._name == {"en": "Wood", "da": "Træ"}
        assert find(env, "shop.seat").parent is chair
        assert draw(env.session.kernel_connection(), "shop.item", 0, chair.since) == "I2026-001"
        assert find(env, "shop.nothing") is None
    assert count_records(world.set, world.set.addon("shop"), demo=False) == {
        "shop.kind": 1,
        "shop.tag": 2,
        "shop.item": 2,
    }


def test_loading_again_changes_nothing(world: World) -> None:
    world.load()
    with world.engine.connect() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(tables.journal))
    report = world.load()
    assert (report.created, report.updated, report.removed, report.notices) == ({}, {}, {}, [])
    with world.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.journal)) == count


def test_three_way_merge(world: World) -> None:
    world.load()
    world.change("shop.chair", name="My chair", since=None)
    with world.env() as env:
        find(env, "shop.wood").name = {"en": "Wood", "da": "Mit træ"}
    newer = (
        FIRST.replace(" Chair ", "Armchair")
        .replace("12.50", "13.00")
        .replace("Træ", "Trae")
        .replace(">Wood<", ">Timber<")
        .replace("new shop.old", "old")
    )
    report = world.load(newer)
    assert report.updated == {"shop.item": 1, "shop.kind": 1}
    texts = sorted(map(str, report.notices))
    assert [text.split(" stays")[0] for text in texts] == [
        "shop.chair (shop.item): name",
        "shop.wood (shop.kind): name@da",
    ]
    assert "'My chair'" in texts[0]
    assert "'Armchair'" in texts[0]
    with world.env() as env:
        chair, wood = find(env, "shop.chair"), find(env, "shop.wood")
        assert (chair.name, chair.price, chair.since) == ("My chair", Decimal(13), None)
        assert [tag.name for tag in chair.tags] == ["Old"]
        assert wood._name == {"en": "Timber", "da": "Mit træ"}
    assert world.load(newer).notices == [], "each difference is told once"
    world.change("shop.chair", name="Armchair")
    assert world.load(newer.replace("Armchair", "Stool")).notices == []
    assert world.value("shop.chair", "name") == "Stool", "a user who took the new value follows again"


def test_links_follow_the_file_unless_changed(world: World) -> None:
    more = '<record model="shop.kind" id="steel"><field name="name">Steel</field></record>'
    world.load(more + FIRST)
    world.load(
        more
        + FIRST.replace(
            '<field name="kind" ref="wood"/><field name="parent"',
            '<field name="kind" ref="steel"/><field name="parent"',
        )
    )
    with world.env() as env:
        assert find(env, "shop.seat").kind is find(env, "shop.steel")
        find(env, "shop.chair").kind = find(env, "shop.steel")
    assert world.load(more + FIRST).notices == []
    with world.env() as env:
        assert find(env, "shop.seat").kind is find(env, "shop.wood")
        assert find(env, "shop.chair").kind is find(env, "shop.steel")


def test_records_that_left_the_files(world: World) -> None:
    kinds = "".join(
        f'<record model="shop.kind" id="k{number}"><field name="name">K{number}</field></record>' for number in range(4)
    )
    world.load(kinds + FIRST)
    world.change("shop.k1", name="Mine")
    with world.env() as env:
        env[env.models["shop.item"].cls](name="Own", kind=find(env, "shop.k2"))
        env[env.models["shop.item"].cls](name="Other", kind=find(env, "shop.wood"), about=find(env, "shop.k3"))
    report = world.load(FIRST)
    assert report.removed == {"shop.kind": 1}
    assert sorted(str(one).split(",")[0] for one in report.notices) == [
        f"shop.k{number} (shop.kind): is no longer part of the addon" for number in (1, 2, 3)
    ]
    with world.env() as env:
        assert find(env, "shop.k0") is None
        assert [find(env, f"shop.k{number}").active for number in (1, 2, 3)] == [False, False, False]
    assert world.load(FIRST).notices == []
    world.load(kinds + FIRST)
    with world.env() as env:
        assert find(env, "shop.k2").active
        assert find(env, "shop.k1").name == "Mine"
        assert find(env, "shop.k0").name == "K0"


def test_owners_and_lines_leave_together(world: World) -> None:
    gone = '<record model="shop.item" id="i"><field name="name">I</field><field name="kind" ref="wood"/></record>'
    line = '<record model="shop.line" id="l"><field name="item" ref="i"/><field name="text">t</field></record>'
    world.load(FIRST + gone + line)
    report = world.load(FIRST)
    assert (report.removed, report.notices) == ({"shop.item": 1, "shop.line": 1}, [])


def test_what_a_user_deleted_does_not_come_back(world: World) -> None:
    world.load()
    with world.env() as env:
        env.delete(find(env, "shop.seat"))
    report = world.load(FIRST.replace(">Seat<", ">Sofa<"))
    assert [str(one) for one in report.notices] == ["shop.seat (shop.item): stays away, because it was deleted here"]
    assert world.load(FIRST).notices == []
    child = '<record model="shop.item" id="c"><field name="name">C</field><field name="kind" ref="wood"/>{}</record>'
    report = world.load(FIRST + child.format('<field name="parent" ref="seat"/>'))
    assert report.created == {"shop.item": 1}
    with world.env() as env:
        assert find(env, "shop.c").parent is None


def test_another_addon_changes_a_record(world: World) -> None:
    world.load()
    text = '<record model="shop.item" id="shop.chair"><field name="price">{}</field></record>'
    assert world.load(text.format("20"), "extra").updated == {"shop.item": 1}
    assert world.value("shop.chair", "price") == 20
    assert world.load().updated == {}
    assert world.value("shop.chair", "price") == 20
    world.load(text.format("21"), "extra")
    assert world.value("shop.chair", "price") == 21
    world.change("shop.chair", price=Decimal(5))
    assert len(world.load(text.format("22"), "extra").notices) == 1
    world.load("", "extra")
    assert world.value("shop.chair", "price") == 5
    with world.engine.connect() as connection:
        assert Ids(connection).of("extra") == []


def test_demo_data_comes_and_stays_only_where_asked(world: World) -> None:
    demo = '<record model="shop.tag" id="d"><field name="name">D</field></record>'
    report = world.load(FIRST, demo=demo)
    assert report.created["shop.tag"] == 3
    world.load()
    assert world.value("shop.d", "name") == "D"
    assert world.load(FIRST, demo="").removed == {"shop.tag": 1}


ITEM = '<record model="shop.item" id="x">\n<field name="name">X</field>\n<field name="kind" ref="wood"/>\n{}</record>'


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        ("\n<record model='shop.itm' id='x'/>", 2, "there is no model 'shop.itm' (did you mean 'shop.item'?)"),
        ("\n<recrd model='shop.item' id='x'/>", 2, "did you mean 'record'?"),
        ("\n<record model='shop.item'/>", 2, "id"),
        (ITEM.format("<field name='prise'>1</field>"), 4, "no field 'prise' (did you mean 'price'?)"),
        (ITEM.format("<field name='price'>1,5</field>"), 4, "'1,5' is no number; write it like 1234.50"),
        (ITEM.format("<field name='price'>1.00001</field>"), 4, "has more than 4 decimals"),
        (ITEM.format("<field name='size'>xl</field>"), 4, "not one of the choices"),
        (ITEM.format("<field name='since'>31.1.2026</field>"), 4, "Invalid isoformat"),
        (ITEM.format("<field name='extra'>{</field>"), 4, "field 'extra'"),
        (ITEM.format("<field name='parent' ref='chiar'/>"), 4, "no record 'chiar' (did you mean 'chair'?)"),
        (ITEM.format("<field name='parent' ref='later'/>"), 4, "is not there yet (move it before this one"),
        (ITEM.format("<field name='parent' ref='new'/>"), 4, "links to 'shop.item', but 'new' is a 'shop.tag'"),
        (ITEM.format("<field name='parent' ref='extra.it'/>"), 4, "'extra.it' belongs to addon 'extra'"),
        (ITEM.format("<field name='parent'>7</field>"), 4, "needs ref"),
        (ITEM.format("<field name='price' ref='chair'/>"), 4, "is no link"),
        (ITEM.format("<field name='parent' refs='chair seat'/>"), 4, "links to one record"),
        (ITEM.format("<field name='double'>1</field>"), 4, "is computed"),
        (ITEM.format("<field name='lines' refs='chair'/>"), 4, "the other side of a link"),
        (ITEM.format("<field name='picture' file='../../x.png'/>"), 4, "there is no file"),
        (ITEM.format("<field name='picture' file='a.xml'/>"), 4, "must be a picture"),
        (ITEM.format("<field name='name'>Y</field>"), 4, "stands twice"),
        (ITEM.format("<field name='size' lang='da'>s</field>"), 4, "is not translated"),
        (ITEM.format("<field name='price'>-1</field>"), 1, "record 'x' of 'shop.item'"),
        ("\n<record model='shop.kind' id='x'><field name='code'>W</field></record>", 2, "record 'x' of 'shop.kind'"),
        (
            "\n<record model='shop.kind' id='x'><field name='name'>N</field><field name='code'>W</field></record>",
            2,
            "record 'x' of 'shop.kind'",
        ),
        ("\n<record model='shop.tag' id='chair'/>", 2, "id 'chair' stands twice"),
        ("\n<sequence code='shop.x' pattern='{yaer}'/>", 2, "the pattern has no {yaer}"),
        ("\n<record model='shop.item' id='base.x'/>", 2, "'base.x' belongs to addon 'base'"),
    ],
)
def test_faults_name_addon_file_and_line_and_leave_nothing(world: World, data: str, line: int, message: str) -> None:
    later = '<record model="shop.item" id="later"><field name="name">L</field><field name="kind" ref="wood"/></record>'
    with pytest.raises(AssemblyError) as caught:
        world.load(FIRST + data + later)
    where = caught.value.where
    assert message in str(caught.value)
    begin = FIRST.count("\n")
    assert (where.addon, Path(str(where.file)).name, where.line) == ("shop", "a.xml", begin + line)
    with world.engine.connect() as connection:
        for model in ("shop.kind", "shop.tag", "shop.item"):
            table = world.set.models[model].table
            assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.record)) == 0


def test_an_id_cannot_become_another_model(world: World) -> None:
    world.load()
    changed = FIRST.replace('model="shop.tag" id="old"', 'model="shop.kind" id="old"')
    with pytest.raises(AssemblyError, match=r"'old' was a record of 'shop\.tag'"):
        world.load(changed)
