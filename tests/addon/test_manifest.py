"""What a manifest may say, and how its faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.addon.discover import discover
from core.addon.manifest import LoadPart, read_manifest
from core.errors import AssemblyError

from .conftest import Make


def test_everything_a_manifest_can_say(make: Make, folder: Path) -> None:
    files = {
        "data/a.xml": "<kontor/>",
        "demo/b.xml": "",
        "demo/a.xml": "",
        "beside.py": "",
        "parts/stock/plugin.py": "",
    }
    keys = """
summary = "What it is"
kernel = ">=0.1,<1"
depends = [
    "base",
    "offers>=1.2",  # newer
]
with = ["stock"]
excludes = ["other_orders"]
application = true
data = ["data/a.xml"]
demo = ["demo"]
python = ["packaging>=20"]
[load."orders+stock"]
modules = ["beside", "parts.stock"]
[load.crm]
modules = ["beside"]
"""
    found = make("orders", keys, files)
    assert [str(one) for one in found.depends] == ["base", "offers>=1.2"]
    assert found.needs == ("base", "offers")
    assert found.depends[1].accepts("1.10")
    assert not found.depends[1].accepts("1.1")
    assert (found.with_, found.excludes, found.application) == (("stock",), ("other_orders",), True)
    assert [path.name for path in found.data + found.demo] == ["a.xml", "a.xml", "b.xml"]
    assert found.load[0] == LoadPart(frozenset({"orders", "stock"}), ("beside", "parts.stock"))
    assert found.load[1].when == {"orders", "crm"}
    assert found.parts(frozenset({"orders", "crm"})) == ("beside",)
    assert found.package == f"{folder.name}.orders"
    assert found.where("depends", "offers>=1.2").line == 9


@pytest.mark.parametrize(
    ("keys", "line", "message"),
    [
        ('\ndepnds = ["base"]', 5, "unknown key 'depnds' (did you mean 'depends'?)"),
        ("depends = 'base'", 4, "depends must be a list of texts"),
        ('depends = [\n"base",\n"offers=>1"]', 6, "'offers=>1'"),
        ('depends = ["Base"]', 4, "'Base' is no addon name"),
        ('depends = ["orders"]', 4, "depends names the addon itself"),
        ('with = ["a", "a"]', 4, "with names 'a' twice"),
        ("application = 1", 4, "application must be true or false"),
        ("summary = 3", 4, "summary must be a text in quotes"),
        ('kernel = "1.x"', 4, "'1.x' has no range of versions"),
        ('data = ["data/ordr.xml"]', 4, "no file 'data/ordr.xml' (did you mean 'data/order.xml'?)"),
        ('data = ["../secret.xml"]', 4, "lies outside the addon"),
        ('python = ["what ever"]', 4, "no Python requirement"),
        ('[load."orders"]\nmodules = ["a"]', 4, "load names no other addon"),
        ('[load."orders+stock"]\nmodule = ["a"]', 4, "must have one key, modules"),
        ('\n[load."orders+stock"]\nmodules = ["nowhere"]', 6, "no module 'nowhere'"),
        ("summary = \n", 4, "not readable as TOML"),
        ('summary = "', 4, "not readable as TOML"),
    ],
)
def test_a_fault_names_addon_file_line_and_cure(make: Make, keys: str, line: int, message: str) -> None:
    with pytest.raises(AssemblyError) as caught:
        make("orders", keys, {"data/order.xml": "<kontor/>"})
    where = caught.value.where
    assert (where.addon, Path(str(where.file)).name, where.line) == ("orders", "addon.toml", line)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('version = "1"\ntitle = "A"', "'name' is missing"),
        ('name = "other"\nversion = "1"\ntitle = "A"', "the name is 'other' but the folder is 'orders'"),
        ('name = "Orders"\nversion = "1"\ntitle = "A"', "'Orders' is no addon name"),
        ('name = "kontor"\nversion = "1"\ntitle = "A"', "reserved"),
        ('name = "orders"\nversion = "new"\ntitle = "A"', "'new' is no version"),
        ('name = "orders"\nversion = "1"\ntitle = " "', "title is empty"),
    ],
)
def test_name_version_and_title_are_needed(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "addon.toml").write_text(text)
    with pytest.raises(AssemblyError, match=message):
        read_manifest(tmp_path / "orders")


def test_reading_runs_no_code(make: Make, folder: Path) -> None:
    make("orders", files={"__init__.py": "raise SystemExit", "plugin.py": "raise SystemExit"})
    (folder / "no_addon").mkdir()
    assert list(discover([folder, folder / "missing"], entry_points=False)) == ["orders"]


def test_entry_points_are_found_without_import(
    make: Make, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make("orders", files={"__init__.py": "raise SystemExit"})
    info = tmp_path / "partner-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: partner\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[kontor.addons]\norders = {folder.name}.orders\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = discover([])["orders"]
    assert (found.path, found.package) == ((folder / "orders").resolve(), f"{folder.name}.orders")
    (info / "entry_points.txt").write_text("[kontor.addons]\norders = nowhere.orders\n")
    with pytest.raises(AssemblyError, match=r"nowhere\.orders of the distribution 'partner': no such package"):
        discover([])


def test_the_same_name_twice_names_both(make: Make, folder: Path, tmp_path: Path) -> None:
    make("orders")
    other = tmp_path / "others" / "orders"
    other.mkdir(parents=True)
    (other / "addon.toml").write_text((folder / "orders" / "addon.toml").read_text())
    with pytest.raises(AssemblyError, match="two addons are named 'orders'") as caught:
        discover([folder, tmp_path / "others"], entry_points=False)
    assert str(folder) in str(caught.value)
    assert "others" in str(caught.value)
