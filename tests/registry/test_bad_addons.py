"""Addons with a fault, through the command line: one error that names addon, file, line and the likely cure, code 1 and
no traceback; and a database that is afterwards what it was before, also when the process is killed in the middle."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa

import core.web.app  # noqa: F401  a plan compiles the pages, too
from core.addon import discover as discovery
from core.cli import main
from core.schema.engines import make_engine
from core.testing.databases import fresh
from tests.registry.test_lifecycle import SHOP, SHOP_2, World

ROOT = Path(__file__).parents[2]

VIEWS = """<kontor>
<form model="shop.item">
  <group name="main">
    <field name="name"/>
    <field name="price"/>
  </group>
</form>
<menu name="items" label="Items" model="shop.item"/>
</kontor>"""

SOUND = {
    "models.py": """
from core import Model, fields
from PACKAGE.shop.models import Item as BaseItem
class Item(BaseItem, extend=True):
    colour = fields.Char("Colour")
    dear = fields.Boolean("Dear", expr="price > 100")
class Shelf(Model, name="extra.shelf"):
    name = fields.Char("Name", required=True)
    items = fields.Many2many(BaseItem, "Items")
""",
    "security.py": """
from core import EVERYONE, rights
from .models import Shelf
rights(Shelf, {EVERYONE: "read"})
""",
    "views/items.xml": """<kontor>
<extend view="shop.item.form">
  <after anchor="field[name]">
    <field name="colour" visible-if="price > 0"/>
  </after>
</extend>
</kontor>""",
    "data.xml": """<kontor>
<record model="extra.shelf" id="top">
  <field name="name">Top</field>
</record>
</kontor>""",
    "plugin.py": """
from core import hookimpl
@hookimpl
def kontor_after_install(env, addon):
    pass
""",
}


@dataclass(frozen=True)
class Fault:
    """A change to a sound addon and what is said about it. ``place``: file:line; ``cure``: what the error hints at."""

    change: tuple[str, str, str] | None
    said: str
    place: str
    cure: str = ""
    addon: str = "extra"
    keys: str = 'depends = ["shop"]'
    more: dict[str, str] = field(default_factory=dict)


def at(file: str, old: str, new: str) -> tuple[str, str, str]:
    return file, old, new


FAULTS = {
    "manifest key": Fault(None, "depnds", "addon.toml:5", "did you mean 'depends'", keys='depnds = ["shop"]'),
    "manifest syntax": Fault(None, "", "addon.toml:5", keys="depends = [shop]"),
    "manifest value": Fault(None, "depends", "addon.toml:5", keys='depends = "shop"'),
    "manifest file": Fault(None, "dta.xml", "addon.toml", "", keys='depends = ["shop"]\ndemo = ["dta.xml"]'),
    "missing dependency": Fault(None, "shpo", "addon.toml:5", "did you mean 'shop'", keys='depends = ["shpo"]'),
    "missing package": Fault(
        None, "kontor-nowhere", "addon.toml", "", keys='depends = ["shop"]\npython = ["kontor-nowhere>=1"]'
    ),
    "view field": Fault(
        at("views/items.xml", 'name="colour"', 'name="color"'), "color", "views/items.xml:4", "did you mean 'colour'"
    ),
    "view path": Fault(at("views/items.xml", 'name="colour"', 'name="colour.name"'), "colour", "views/items.xml:4"),
    "view anchor": Fault(
        at("views/items.xml", "field[name]", "field[nmae]"), "field[nmae]", "views/items.xml:3", "field[name]"
    ),
    "view of nobody": Fault(
        at("views/items.xml", "shop.item.form", "shop.itm.form"), "shop.itm.form", "views/items.xml:2", "shop.item.form"
    ),
    "view element": Fault(at("views/items.xml", "<field name=", "<fild name="), "fild", "views/items.xml:4"),
    "view syntax": Fault(at("views/items.xml", "</after>", "</aftr>"), "", "views/items.xml:5"),
    "view expression": Fault(
        at("views/items.xml", "price > 0", "prise &gt; 0"), "prise", "views/items.xml:4", "did you mean 'price'"
    ),
    "view expression syntax": Fault(at("views/items.xml", "price > 0", "price &gt;"), "price >", "views/items.xml:4"),
    "model expression": Fault(
        at("models.py", "price > 100", "prise > 100"), "prise", "models.py:6", "did you mean 'price'"
    ),
    "model expression type": Fault(at("models.py", "price > 100", "price > 'x'"), "price > 'x'", "models.py:6"),
    "field kind": Fault(
        at("models.py", 'colour = fields.Char("Colour")', 'price = fields.Char("Colour")'), "price", "models.py:5"
    ),
    "link to nowhere": Fault(
        at("models.py", "fields.Many2many(BaseItem", "fields.Many2many('shop.item'"),
        "'shop.item' is no model",
        "models.py:9",
        "name its class",
    ),
    "python syntax": Fault(at("models.py", "class Shelf(", "class Shelf"), "", "models.py:7"),
    "python import": Fault(at("models.py", "import Item as", "import Itm as"), "Itm", "models.py:3"),
    "python name": Fault(at("models.py", 'fields.Char("Col', 'fields.Chr("Col'), "Chr", "models.py:5"),
    "unknown option": Fault(
        at("models.py", '"Name", required', '"Name", requierd'), "requierd", "models.py:8", "required"
    ),
    "hook name": Fault(
        at("plugin.py", "kontor_after_install", "kontor_after_instal"),
        "kontor_after_instal",
        "plugin.py:",
        "kontor_after_install",
    ),
    "hook argument": Fault(at("plugin.py", "(env, addon)", "(env, adon)"), "adon", "plugin.py:"),
    "rights": Fault(at("security.py", '{EVERYONE: "read"}', '{EVERYONE: "raed"}'), "raed", "security.py:4", "read"),
    "rights group": Fault(at("security.py", "{EVERYONE:", '{"extra.usr":'), "extra.usr", "security.py:4"),
    "data syntax": Fault(at("data.xml", "</record>", "</recrd>"), "", "data.xml:4"),
    "data model": Fault(
        at("data.xml", "extra.shelf", "extra.shelv"), "extra.shelv", "data.xml:2", "did you mean 'extra.shelf'"
    ),
    "data field": Fault(at("data.xml", 'name="name"', 'name="nmae"'), "nmae", "data.xml:3", "did you mean 'name'"),
    "data reference": Fault(
        at("data.xml", "</field>", '</field>\n  <field name="items" ref="shop.vlave"/>'),
        "shop.vlave",
        "data.xml:4",
        "shop.valve",
    ),
    "data required": Fault(at("data.xml", '<field name="name">Top</field>', ""), "required", "data.xml:2"),
    "hook that raises": Fault(at("plugin.py", "    pass", "    raise ValueError('no')"), "no", "plugin.py:5"),
}


Run = Callable[..., str]


@contextlib.contextmanager
def made(url: sa.URL, folder: Path) -> Iterator[World]:
    before = list(sys.path)
    world = World(folder, url)
    world.write("shop", SHOP | {"views/items.xml": VIEWS})
    world.apply(install=["shop"])
    yield world
    sys.path[:] = before
    for module in [one for one in sys.modules if one.startswith("life_addons_")]:
        del sys.modules[module]


@pytest.fixture(scope="module")
def shared(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("shared")
    with fresh(database_kind, folder) as url, made(url, folder) as found:
        yield found


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """A database with the addon ``shop``, for tests that leave it as it is; the code is new for each."""
    shared.state()
    yield shared
    for name in ("extra", "rival"):
        shutil.rmtree(shared.folder / shared.package / name, ignore_errors=True)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(world, "apply", "install", "extra")``: a verb that must fail; answers what it says on standard error."""

    def run(world: World, *words: str, code: int = 1) -> str:
        monkeypatch.setattr(discovery, "FOLDERS", (world.folder / world.package,))
        capsys.readouterr()
        found = main([*words, "--db", world.url.render_as_string(hide_password=False)])
        said = capsys.readouterr()
        assert found == code, said
        return said.err

    return run


def write(world: World, name: str, files: dict[str, str], version: str = "1.0", keys: str = "") -> None:
    world.write(name, {file: text.replace("PACKAGE", world.package) for file, text in files.items()}, version, keys)


def errors(said: str) -> str:
    """What is said besides progress, which must be one error."""
    lines = [one for one in said.splitlines() if not one.endswith("…")]
    assert sum(one.startswith("kontor ") for one in lines) == 1, said
    assert "Traceback" not in said and 'File "' not in said
    return "\n".join(lines)


def dump(world: World) -> str:
    """The whole database as text: structure and rows."""
    if world.url.get_backend_name() == "sqlite":
        with sqlite3.connect(str(world.url.database)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            return "\n".join(connection.iterdump())
    engine = make_engine(world.url)
    lines = [repr(world.content())]
    with engine.connect() as connection:
        for query in (
            (
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
            ),
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            (
                "SELECT table_name, column_name, column_default, is_nullable FROM information_schema.columns"
                " WHERE table_schema = 'public' ORDER BY 1, ordinal_position"
            ),
        ):
            lines += [repr(tuple(row)) for row in connection.execute(sa.text(query))]
    engine.dispose()
    return "\n".join(lines)


# -- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_error_with_its_place_and_cure(world: World, run: Run, name: str) -> None:
    fault = FAULTS[name]
    files = dict(SOUND)
    if fault.change is not None:
        file, old, new = fault.change
        assert files[file].count(old) == 1
        files[file] = files[file].replace(old, new)
    write(world, "extra", files | fault.more, keys=fault.keys)
    before = dump(world)
    said = errors(run(world, "apply", "install", "extra"))
    assert fault.said in said
    assert f"extra/{fault.place}" in said
    assert f"addon '{fault.addon}'" in said
    assert fault.cure in said
    assert dump(world) == before


def test_two_addons_fight_over_a_field(world: World, run: Run) -> None:
    write(world, "extra", SOUND, keys='depends = ["shop"]')
    rival = {"models.py": SOUND["models.py"].replace('"Colour"', '"Paint"').split("class Shelf")[0]}
    write(world, "rival", rival, keys='depends = ["shop"]')
    before = dump(world)
    said = errors(run(world, "apply", "install", "extra", "rival"))
    assert "'colour'" in said and "'extra'" in said and "'rival'" in said
    assert "rival/models.py:5" in said
    assert dump(world) == before


def test_two_addons_fight_over_a_model(world: World, run: Run) -> None:
    write(world, "extra", SOUND, keys='depends = ["shop"]')
    rival = 'from core import Model, fields\nclass Shelf(Model, name="extra.shelf"):\n    name = fields.Char("Name")\n'
    write(world, "rival", {"models.py": rival}, keys='depends = ["shop"]')
    before = dump(world)
    said = errors(run(world, "apply", "install", "extra", "rival"))
    assert "extra.shelf" in said and "rival/models.py:2" in said and "'extra'" in said
    assert dump(world) == before


@pytest.mark.parametrize("verb", ["plan", "apply"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("install", "shpo"), "did you mean 'shop'"),
        (("install", "shop"), "installed already"),
        (("upgrade", "nothing"), "'nothing' is not installed"),
        (("uninstall", "shop"), "all addons"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    world: World, run: Run, verb: str, words: tuple[str, ...], said: str
) -> None:
    before = dump(world)
    assert said in errors(run(world, verb, *words))
    assert dump(world) == before


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nonexistent/x.db",
        "postgresql://nobody@127.0.0.1:1/x",
        "mysql://x/y",
        "postgresql+asyncpg://x/y",
        "postgresql://host:port/x",
        "nothing",
        "::",
    ],
)
def test_a_database_that_is_not_there_is_one_sentence(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("apply", "install", "base"), ("apply", "upgrade"), ("plan", "upgrade"), ("serve", "--port", "6999")):
        assert main([*words, "--db", url]) in (1, 2)
        said = capsys.readouterr().err
        assert "Traceback" not in said and said.startswith("kontor"), said
        assert len(said.strip().splitlines()) == 1, said


@pytest.fixture
def own(database_url: sa.URL, tmp_path: Path) -> Iterator[World]:
    """A database of this test's own, with the addon ``shop``."""
    with made(database_url, tmp_path) as found:
        yield found


def test_the_sound_addon_is_sound(own: World, run: Run) -> None:
    write(own, "extra", SOUND, keys='depends = ["shop"]')
    run(own, "apply", "install", "extra", code=0)
    assert own.addons()["extra"] == ("1.0", "installed", True)
    rival = {"models.py": SOUND["models.py"].replace('"Colour"', '"Paint"').split("class Shelf")[0]}
    write(own, "rival", rival, keys='depends = ["shop"]')
    before = dump(own)
    assert "'colour'" in errors(run(own, "apply", "install", "rival"))
    assert dump(own) == before


# -- scripts that raise half way ------------------------------------------------------------------------------------

RAISING = {
    "pre script": (
        "migrations/1.5/pre_01_trim.py",
        "def run(ctx):\n    ctx.execute('DELETE FROM shop_item')\n    1 / 0\n",
        3,
    ),
    "post script": (
        "migrations/2.0/post_01_letters.py",
        "def run(ctx):\n    ctx.env[ctx.env.models['shop.item'].cls](name='half')\n    ctx.env.flush()\n    1 / 0\n",
        4,
    ),
    "wrong statement": (
        "migrations/1.5/pre_01_trim.py",
        "def run(ctx):\n    ctx.execute('UPDATE shop_itm SET x = 1')\n",
        2,
    ),
    "no run": ("migrations/1.5/pre_01_trim.py", "def rum(ctx):\n    pass\n", 1),
    "syntax": ("migrations/1.5/pre_01_trim.py", "def run(ctx)\n    pass\n", 1),
    "broken rule": (
        "migrations/2.0/post_01_letters.py",
        "def run(ctx):\n    ctx.execute('UPDATE shop_partner SET letters = NULL')\n",
        0,
    ),
}


@pytest.mark.parametrize("name", RAISING)
def test_a_migration_that_raises_half_way_leaves_nothing(own: World, run: Run, name: str) -> None:
    file, text, line = RAISING[name]
    before = dump(own)
    own.state()
    write(own, "shop", SHOP_2 | {"views/items.xml": VIEWS, file: text}, "2.0")
    said = errors(run(own, "apply", "upgrade"))
    assert "'shop'" in said
    assert (f"{file}:{line}" if line > 1 else file) in said or name == "broken rule"
    assert dump(own) == before
    own.write("shop", SHOP_2 | {"views/items.xml": VIEWS}, "2.0")
    run(own, "apply", "upgrade", code=0)
    assert own.addons()["shop"][0] == "2.0"


# -- killed in the middle -------------------------------------------------------------------------------------------

DRIVER = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, {root!r})
from core.addon import discover
discover.FOLDERS = (Path({folder!r}),)
from core.cli import main
print("ready", flush=True)
sys.exit(main({words!r}))
"""
WAIT = "    import time, pathlib; pathlib.Path({marker!r}).touch(); time.sleep(60)\n"


def start(own: World, *words: str) -> subprocess.Popen[str]:
    url = own.url.render_as_string(hide_password=False)
    text = DRIVER.format(root=str(ROOT), folder=str(own.folder / own.package), words=[*words, "--db", url])
    return subprocess.Popen(
        [sys.executable, "-c", text], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def settled(own: World, *wanted: str) -> str:
    """The dump, once a server has noticed that its client has gone."""
    until = time.monotonic() + 10
    while (found := dump(own)) not in wanted and time.monotonic() < until:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize(
    "file",
    [
        "migrations/1.5/pre_01_trim.py",
        "migrations/2.0/post_01_letters.py",
        "plugin.py: kontor_after_upgrade",
        "plugin.py: kontor_applied",
    ],
)
def test_a_killed_apply_leaves_the_database_as_it_was(own: World, tmp_path: Path, file: str) -> None:
    before = dump(own)
    marker = tmp_path / "reached"
    wait = WAIT.format(marker=str(marker))
    own.state()
    files = SHOP_2 | {"views/items.xml": VIEWS}
    name, _colon, hook = file.partition(": ")
    if hook:
        sound = files[name]
        files[name] = re.sub(rf"(def {hook}\(.*?\):)(.*)", lambda found: f"{found[1]}\n{wait}   {found[2]}", sound)
        assert files[name] != sound
    else:
        files[name] = files[name].rstrip("\n") + "\n" + wait
    own.write("shop", files, "2.0")
    process = start(own, "apply", "upgrade")
    until = time.monotonic() + 60
    while not marker.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    kill(process)
    assert settled(own, before) == before
    own.state()
    own.write("shop", SHOP_2 | {"views/items.xml": VIEWS}, "2.0")
    process = start(own, "apply", "upgrade")
    _out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert own.addons()["shop"][0] == "2.0"


def test_an_apply_that_is_killed_at_any_moment_did_all_or_nothing(own: World) -> None:
    before = dump(own)
    own.state()
    own.write("shop", SHOP_2 | {"views/items.xml": VIEWS}, "2.0")
    outcomes = set()
    for delay in (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.0):
        process = start(own, "apply", "upgrade")
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        kill(process)
        version = own.addons()["shop"][0]
        outcomes.add(version)
        if version == "1.0":
            assert settled(own, before) == before, f"killed after {delay} s"
        else:
            break
    process = start(own, "apply", "upgrade")
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert own.addons()["shop"][0] == "2.0"
    own.open().close()
    assert "1.0" in outcomes
