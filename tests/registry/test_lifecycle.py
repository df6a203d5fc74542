"""Install, upgrade, uninstall on both databases: what plans say, what apply does, and that failures leave nothing."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.addon.discover import discover
from core.data.ids import find
from core.env import Env
from core.errors import AssemblyError, UserError
from core.orm.security import SYSTEM
from core.registry.database import Database, NoSuchDatabase, NotReady, open_database
from core.registry.lifecycle import Outcome, Plan, PlanError, apply, lacking, plan
from core.schema import tables
from core.schema.engines import make_engine

_numbers = itertools.count()

SHOP = {
    "models.py": """
from core import Model, fields, check
class Partner(Model, name="shop.partner"):
    name = fields.Char("Name", required=True)
    rate = fields.Decimal("Rate", digits=2)
class Item(Model, name="shop.item"):
    name = fields.Char("Name", required=True)
    price = fields.Money("Price")
""",
    "security.py": """
from core import EVERYONE, rights
from .models import Partner, Item
rights(Partner, {EVERYONE: "read"})
rights(Item, {EVERYONE: "read"})
""",
    "data.xml": """<kontor>
<record model="shop.partner" id="nord"><field name="name">Nord</field><field name="rate">1.25</field></record>
<record model="shop.item" id="valve"><field name="name">Valve</field><field name="price">10</field></record>
</kontor>""",
    "demo.xml": '<kontor><record model="shop.item" id="demo"><field name="name">Demo</field></record></kontor>',
    "plugin.py": """
from core import hookimpl
CALLS = []
@hookimpl
def kontor_applied(env): CALLS.append(("applied", *env.set.names))
@hookimpl
def kontor_before_install(env, addon): CALLS.append(("before_install", addon.name, *env.set.names))
@hookimpl
def kontor_after_install(env, addon): CALLS.append(("after_install", addon.name))
@hookimpl
def kontor_before_upgrade(env, addon, version): CALLS.append(("before_upgrade", version))
@hookimpl
def kontor_after_upgrade(env, addon, version): CALLS.append(("after_upgrade", version))
""",
}
SHOP_2 = SHOP | {
    "models.py": """
from core import Model, fields, unique, check
class Partner(Model, name="shop.partner"):
    title = fields.Char("Name", required=True, renamed_from="name")
    rate = fields.Decimal("Rate", digits=4)
    country = fields.Char("Country", required=True, size=2, default="DK")
    letters = fields.Integer("Letters", required=True)
    constraints = [check("rate", ">", 1, "must be more than one")]
class Item(Model, name="shop.item"):
    name = fields.Char("Name", required=True, unique=True)
    price = fields.Money("Price")
    maker = fields.Many2one(Partner, "Maker")
""",
    "data.xml": """<kontor>
<record model="shop.partner" id="nord"><field name="title">Nordic</field><field name="rate">1.2525</field>
<field name="letters">4</field></record>
<record model="shop.item" id="valve"><field name="name">Valve</field><field name="price">11</field>
<field name="maker" ref="nord"/></record>
</kontor>""",
    "migrations/1.5/pre_01_trim.py": "def run(ctx):\n    ctx.execute('UPDATE shop_item SET name = trim(name)')\n",
    "migrations/2.0/post_01_letters.py": """
from sqlalchemy import select
def run(ctx):
    Partner = ctx.env.models["shop.partner"].cls
    for one in ctx.env.session.scalars(select(Partner).where(Partner.letters.is_(None))):
        one.letters = len(one.title)
""",
}
LOYALTY = {
    "models.py": """
from core import Model, fields, check, unique
from {package}.shop.models import Partner as BasePartner
class Level(Model, name="loyalty.level"):
    name = fields.Char("Name", required=True)
class Card(Model, name="loyalty.card"):
    partner = fields.Many2one(BasePartner, "Partner", required=True)
    friend = fields.Many2one(BasePartner, "Friend")
    number = fields.Char("Number")
class Partner(BasePartner, extend=True):
    points = fields.Integer("Points", default=0)
    vip = fields.Boolean("VIP")
    level = fields.Many2one(Level, "Level")
    name = fields.Char(required=True, size=20)
    constraints = [unique("name", message="only once")]
""",
    "security.py": """
from core import EVERYONE, rights
from .models import Card, Level
rights(Card, {{EVERYONE: "read"}})
rights(Level, {{EVERYONE: "read"}})
""",
    "data.xml": '<kontor><record model="loyalty.level" id="gold"><field name="name">Gold</field></record></kontor>',
    "plugin.py": """
from core import UserError, hookimpl
@hookimpl
def kontor_before_uninstall(env, addon):
    from .models import Card
    if any(one.number == "locked" for one in env.session.scalars(__import__("sqlalchemy").select(Card))):
        raise UserError("a card is locked")
""",
}


class World:
    """Folders of addons, one for each state of their code, and an empty database."""

    def __init__(self, folder: Path, url: sa.URL) -> None:
        self.folder = folder
        self.url = url
        self.package = ""
        self.state()

    def state(self) -> None:
        """From here on the code is new: a folder of its own, as a new process would import it."""
        before = self.folder / self.package
        self.package = f"life_addons_{next(_numbers)}"
        if before != self.folder:
            shutil.copytree(before, self.folder / self.package, ignore=shutil.ignore_patterns("__pycache__"))
            for path in (self.folder / self.package).rglob("*.py"):
                path.write_text(path.read_text().replace(before.name, self.package))
        else:
            (self.folder / self.package).mkdir()

    def write(self, name: str, files: dict[str, str], version: str = "1.0", keys: str = "") -> None:
        path = self.folder / self.package / name
        path.mkdir(exist_ok=True)
        for file, text in files.items():
            (path / file).parent.mkdir(parents=True, exist_ok=True)
            (path / file).write_text(text.format(package=self.package) if name == "loyalty" else text, encoding="utf-8")
        data = "".join(f'{kind} = ["{kind}.xml"]\n' for kind in ("data", "demo") if f"{kind}.xml" in files)
        manifest = f'name = "{name}"\nversion = "{version}"\ntitle = "{name.title()}"\n{data}{keys}\n'
        (path / "addon.toml").write_text(manifest)

    def plan(self, **options: Any) -> Plan:
        return plan(self.url, discover([self.folder / self.package], entry_points=False), **options)

    def apply(self, **options: Any) -> Outcome:
        return apply(self.plan(**options), files=self.folder / "files")

    def open(self) -> Database:
        return open_database(
            self.url, discover([self.folder / self.package], entry_points=False), self.folder / "files"
        )

    def content(self) -> dict[str, Any]:
        """Everything in the database, to see that nothing changed."""
        engine = make_engine(self.url)
        metadata = sa.MetaData()
        with engine.connect() as connection:
            metadata.reflect(connection)
            found = {
                name: (
                    [str(one.type) + str(one.nullable) for one in table.columns],
                    sorted(map(repr, connection.execute(sa.select(table)))),
                )
                for name, table in metadata.tables.items()
            }
        engine.dispose()
        return found

    def addons(self) -> dict[str, tuple[str, str, bool]]:
        here = tables.addon.c
        engine = make_engine(self.url)
        with engine.connect() as connection:
            rows = connection.execute(sa.select(here.name, here.version, here.state, here.requested))
            found = {row[0]: (row[1], row[2], row[3]) for row in rows}
        engine.dispose()
        return found


@pytest.fixture
def world(database_url: sa.URL, tmp_path: Path) -> Iterator[World]:
    before = list(sys.path)
    made = World(tmp_path, database_url)
    made.write("shop", SHOP)
    made.write("loyalty", LOYALTY, keys='depends = ["shop"]')
    yield made
    sys.path[:] = before
    for module in [one for one in sys.modules if one.startswith("life_addons_")]:
        del sys.modules[module]


def model(env: Env, name: str) -> Any:
    return env.models[name].cls


def check_nothing_lacks(database: Database) -> None:
    with database.engine.connect() as connection:
        assert lacking(connection, database.set) == []


def test_the_first_installation(world: World) -> None:
    made = world.plan(install=["loyalty"])
    text = str(made)
    assert "install shop 1.0 (needed by loyalty)" in text
    assert "install loyalty 1.0 (asked for)" in text
    assert "    table shop_partner (" in text
    assert "  shop: 1 shop.item, 1 shop.partner" in text
    assert made.additive
    if world.url.get_backend_name() == "sqlite":
        assert not Path(str(world.url.database)).exists(), "a plan makes no file"
    outcome = apply(made, files=world.folder / "files")
    assert "shop: 2 new" in str(outcome)
    assert world.addons() == {"shop": ("1.0", "installed", False), "loyalty": ("1.0", "installed", True)}
    database = world.open()
    check_nothing_lacks(database)
    with database.transaction(SYSTEM) as env:
        partner = find(env, "shop.nord")
        assert (partner.name, partner.points, partner.rate) == ("Nord", 0, Decimal("1.25"))
    database.close()
    assert world.apply(upgrade=[]).data["shop"].updated == {}
    assert not world.plan(upgrade=[]).steps


def test_hooks_run_in_their_order(world: World) -> None:
    world.apply(install=["shop"])
    calls = sys.modules[f"{world.package}.shop.plugin"].CALLS
    assert calls == [("before_install", "shop"), ("after_install", "shop"), ("applied", "shop")]
    world.apply(install=["loyalty"])
    assert calls[3:] == [("applied", "shop", "loyalty")]
    world.apply(upgrade=["shop"])
    assert calls[4:] == [("before_upgrade", "1.0"), ("after_upgrade", "1.0"), ("applied", "shop", "loyalty")]


def test_demo_records_come_with_the_installation_and_stay(world: World) -> None:
    world.apply(install=["shop"], demo=True)
    database = world.open()
    with database.transaction(SYSTEM) as env:
        assert find(env, "shop.demo").name == "Demo"
    database.close()
    assert world.apply(upgrade=[]).data["shop"].removed == {}


def test_a_later_addon_extends_tables_that_have_rows(world: World) -> None:
    world.apply(install=["shop"])
    made = world.plan(install=["loyalty"])
    assert [str(one) for one in made.changes] == ["install loyalty 1.0 (asked for)"]
    assert {one.addon for one in made.steps if one.kind in ("table", "column")} == {"loyalty"}
    assert not made.additive
    assert "unique uq_shop_partner_name  [not additive]" in str(made)
    apply(made, files=world.folder / "files")
    assert world.addons()["shop"] == ("1.0", "installed", True)
    check_nothing_lacks(world.open())


def test_an_upgrade_moves_structure_data_and_scripts(world: World) -> None:
    world.apply(install=["shop"])
    database = world.open()
    with database.transaction(SYSTEM) as env:
        env[env.models["shop.item"].cls](name=" Pump ", price=3)
        env[env.models["shop.partner"].cls](name="Syd", rate=Decimal("1.5"))
        env.flush()
        env.session.connection().execute(sa.text("UPDATE shop_item SET name = ' Pump ' WHERE name = 'Pump'"))
    database.close()
    world.state()
    world.write("shop", SHOP_2, "2.0")
    with pytest.raises(NotReady, match=r"addon 'shop' is 2\.0 here and 1\.0 in the database"):
        world.open()
    made = world.plan(upgrade=[])
    text = str(made)
    assert "upgrade shop 1.0 to 2.0 (new version)" in text
    assert "rename shop_partner.name to title" in text
    assert "1.5/pre_01_trim.py" in text
    assert "2.0/post_01_letters.py" in text
    assert not made.additive
    outcome = apply(made, files=world.folder / "files")
    assert outcome.data["shop"].updated == {"shop.partner": 1, "shop.item": 1}
    assert world.addons()["shop"] == ("2.0", "installed", True)
    database = world.open()
    check_nothing_lacks(database)
    with database.transaction(SYSTEM) as env:
        Partner, Item = model(env, "shop.partner"), model(env, "shop.item")
        rows = env.session.execute(sa.select(Partner.title, Partner.rate, Partner.country, Partner.letters))
        assert sorted(rows) == [("Nordic", Decimal("1.2525"), "DK", 4), ("Syd", Decimal("1.5"), "DK", 3)]
        assert sorted(env.session.scalars(sa.select(Item.name))) == ["Pump", "Valve"]
        assert find(env, "shop.valve").maker is find(env, "shop.nord")
    database.close()
    again = world.plan(upgrade=[])
    assert (again.steps, again.scripts, again.renames) == ([], [], [])


@pytest.mark.parametrize(
    ("file", "text", "error", "message"),
    [
        ("migrations/2.0/post_01_letters.py", "def run(ctx): raise KeyError('x')\n", AssemblyError, "KeyError"),
        (
            "migrations/2.0/post_01_letters.py",
            "def run(ctx): pass\n",
            Exception,
            "shop_partner.letters must not be empty",
        ),
        ("data.xml", "<kontor><record model='shop.itm' id='x'/></kontor>", AssemblyError, "no model 'shop.itm'"),
        ("plugin.py", SHOP["plugin.py"] + "    raise ValueError('no')\n", Exception, "addon 'shop'"),
    ],
)
def test_a_failing_upgrade_leaves_the_database_as_it_was(
    world: World, file: str, text: str, error: type[Exception], message: str
) -> None:
    world.apply(install=["shop"])
    database = world.open()
    with database.transaction(SYSTEM) as env:
        env[env.models["shop.partner"].cls](name="Syd")
    database.close()
    before = world.content()
    world.state()
    world.write("shop", SHOP_2 | {file: text}, "2.0")
    with pytest.raises(error, match=message):
        world.apply(upgrade=[])
    assert world.content() == before


def test_a_refusing_hook_is_heard(world: World) -> None:
    world.apply(install=["shop"])
    refusing = (
        "from core import UserError, hookimpl\n@hookimpl\n"
        "def kontor_before_install(env, addon):\n    raise UserError('not here')\n"
    )
    world.write("other", {"plugin.py": refusing})
    before = world.content()
    with pytest.raises(UserError, match="not here"):
        world.apply(install=["other"])
    assert world.content() == before


def test_uninstalling_keeps_data_and_leaves_the_others_working(world: World) -> None:
    world.apply(install=["loyalty"])
    database = world.open()
    with database.transaction(SYSTEM) as env:
        Card, Partner = env.models["loyalty.card"].cls, env.models["shop.partner"].cls
        nord = find(env, "shop.nord")
        nord.points, nord.vip, nord.level = 7, True, find(env, "loyalty.gold")
        syd = env[Partner](name="Syd")
        env[Card](partner=nord, friend=syd, number="1")
        env[Card](partner=syd, number="2")
    database.close()
    made = world.plan(uninstall=["loyalty"])
    assert "uninstall loyalty 1.0 (asked for; its data stays)" in str(made)
    outcome = apply(made, files=world.folder / "files")
    assert any("fk_loyalty_card_partner_id" in line for line in outcome.relaxed)
    assert world.addons()["loyalty"][1] == "uninstalled"
    database = world.open()
    assert database.set.names == ("shop",)
    check_nothing_lacks(database)
    with database.transaction(SYSTEM) as env:
        Partner = model(env, "shop.partner")
        for name in ("Syd", "Syd"):
            env[Partner](name=name)
        env.flush()
        env.delete(env.session.scalars(sa.select(Partner).where(Partner.name == "Syd").order_by(Partner.id)).first())
    database.close()
    again = world.plan(install=["loyalty"])
    text = str(again)
    assert "1 rows of loyalty_card lose the link: what friend_id pointed to in shop_partner was deleted" in text
    assert "1 rows of loyalty_card are removed" in text
    with pytest.raises(Exception, match="the data breaks a rule"):
        apply(again, files=world.folder / "files")
    database = world.open()
    with database.transaction(SYSTEM) as env:
        Partner = model(env, "shop.partner")
        env.delete(env.session.scalars(sa.select(Partner).where(Partner.name == "Syd")).first())
    database.close()
    world.apply(install=["loyalty"])
    database = world.open()
    check_nothing_lacks(database)
    with database.transaction(SYSTEM) as env:
        nord = find(env, "shop.nord")
        assert (nord.points, nord.vip, nord.level.name) == (7, True, "Gold")
        cards = env.session.scalars(sa.select(model(env, "loyalty.card"))).all()
        assert [(card.number, card.friend) for card in cards] == [("1", None)]
    database.close()


def test_before_uninstall_may_refuse(world: World) -> None:
    world.apply(install=["loyalty"])
    database = world.open()
    with database.transaction(SYSTEM) as env:
        env[env.models["loyalty.card"].cls](partner=find(env, "shop.nord"), number="locked")
    database.close()
    before = world.content()
    with pytest.raises(UserError, match="a card is locked"):
        world.apply(uninstall=["loyalty"])
    assert world.content() == before


def test_an_addon_whose_code_is_gone_can_be_uninstalled(world: World) -> None:
    world.apply(install=["loyalty"])
    shutil.rmtree(world.folder / world.package / "loyalty")
    with pytest.raises(AssemblyError, match="there is no addon 'loyalty'"):
        world.plan(upgrade=[])
    world.apply(uninstall=["loyalty"])
    check_nothing_lacks(world.open())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"install": ["shop"]}, "shop: installed already"),
        ({"uninstall": ["shop"]}, "'shop' is needed by loyalty"),
        ({"uninstall": ["shop", "loyalty"]}, "these are all addons"),
        ({"uninstall": ["loyalti"]}, "'loyalti' is not installed in this database; did you mean 'loyalty'?"),
        ({"upgrade": ["crm"]}, "'crm' is not installed"),
        ({}, "one of the three"),
        ({"install": ["shop"], "uninstall": ["shop"]}, "one of the three"),
    ],
)
def test_what_cannot_be_planned(world: World, options: dict[str, Any], message: str) -> None:
    world.apply(install=["shop"])
    world.apply(install=["loyalty"])
    with pytest.raises(PlanError, match=message.replace("?", r"\?")):
        world.plan(**options)


def test_unknown_addons_and_older_code_are_refused(world: World) -> None:
    with pytest.raises(AssemblyError, match="did you mean 'shop'"):
        world.plan(install=["shpo"])
    with pytest.raises(PlanError, match="nothing is installed"):
        world.plan(upgrade=[])
    world.apply(install=["shop"])
    world.state()
    world.write("shop", SHOP, "0.9")
    with pytest.raises(PlanError, match=r"'shop' is 1\.0 in the database, and only 0\.9 here"):
        world.plan(upgrade=[])


def test_a_plan_is_good_for_the_database_it_was_made_for(world: World) -> None:
    made = world.plan(install=["shop"])
    world.apply(install=["loyalty"])
    with pytest.raises(PlanError, match="make a new plan"):
        apply(made, files=world.folder / "files")


def test_an_interrupted_database_is_not_a_kontor_database(world: World) -> None:
    with pytest.raises(NoSuchDatabase):
        world.open()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/x", "sqlite:////nonexistent/folder/x.db"])
def test_a_database_that_does_not_answer_is_told_in_one_sentence(world: World, url: str) -> None:
    world.url = sa.make_url(url)
    with pytest.raises(PlanError, match="the database does not answer: "):
        world.apply(install=["shop"])
