"""Which addons come along, in which order, and why some sets cannot be."""

from __future__ import annotations

import itertools

import pytest

from core.addon.graph import closure, dependents, depends_on
from core.addon.manifest import Manifest
from core.errors import AssemblyError

from .conftest import Make


def names(manifests: tuple[Manifest, ...]) -> list[str]:
    return [one.name for one in manifests]


def catalogue(*manifests: Manifest) -> dict[str, Manifest]:
    return {one.name: one for one in manifests}


def test_dependencies_first_then_by_name(make: Make) -> None:
    made = [
        make("base"),
        make("zebra", 'depends = ["base"]'),
        make("apple", 'depends = ["zebra"]'),
        make("crm", 'depends = ["base"]'),
        make("alone"),
    ]
    for some in itertools.permutations(made):
        assert names(closure(catalogue(*some), ["apple", "crm"])) == ["base", "crm", "zebra", "apple"]
    assert names(closure(catalogue(*made), ["crm"])) == ["base", "crm"]
    assert dependents(catalogue(*made), "base") == ("apple", "crm", "zebra")


def test_with_orders_only_what_is_there(make: Make) -> None:
    all_ = catalogue(make("base"), make("a", 'with = ["stock"]'), make("stock", 'depends = ["base"]'))
    assert names(closure(all_, ["a"])) == ["a"]
    found = closure(all_, ["a", "stock"])
    assert names(found) == ["base", "stock", "a"]
    assert depends_on(found, "stock", "base")
    assert not depends_on(found, "a", "stock")


def test_a_load_part_comes_after_the_addon_it_stands_beside(make: Make) -> None:
    part = {"beside.py": ""}
    all_ = catalogue(make("a", '[load."a+offers"]\nmodules = ["beside"]', part), make("offers"), make("base"))
    found = closure(all_, ["a", "offers"])
    assert names(found) == ["offers", "a"]
    assert depends_on(found, "a", "offers")
    assert not depends_on(closure(all_, ["a"]), "a", "offers")


def test_a_load_part_for_an_addon_built_on_this_one(make: Make) -> None:
    all_ = catalogue(
        make("a", '[load."a+b"]\nmodules = ["beside"]', {"beside.py": ""}), make("b", 'depends = ["a"]'), make("base")
    )
    assert names(closure(all_, ["b"])) == ["a", "b"]


def test_a_missing_addon_is_named_with_the_line_and_a_close_match(make: Make) -> None:
    all_ = catalogue(make("offers"), make("orders", 'depends = [\n  "ofers>=1",\n]'))
    with pytest.raises(AssemblyError) as caught:
        closure(all_, ["orders"])
    assert "'orders' depends on 'ofers'" in str(caught.value)
    assert (caught.value.where.line, caught.value.hint) == (5, "did you mean 'offers'?")
    with pytest.raises(AssemblyError, match="did you mean 'orders'"):
        closure(all_, ["order"])


def test_a_cycle_is_told_as_its_path(make: Make) -> None:
    all_ = catalogue(
        make("entry", 'depends = ["c"]'),
        make("c", 'depends = ["a"]'),
        make("a", 'depends = ["b>=1"]'),
        make("b", 'depends = ["c"]'),
    )
    with pytest.raises(AssemblyError, match="a -> b -> c -> a") as caught:
        closure(all_, ["entry"])
    assert (caught.value.where.addon, caught.value.where.line) == ("a", 4)


def test_soft_edges_may_not_close_a_cycle(make: Make) -> None:
    all_ = catalogue(make("a", 'with = ["b"]'), make("b", 'depends = ["a"]'))
    assert names(closure(all_, ["a"])) == ["a"]
    with pytest.raises(AssemblyError, match=r"a -\(with\)-> b -> a"):
        closure(all_, ["b"])


def test_exclusions_say_who_brought_them_in(make: Make) -> None:
    all_ = catalogue(make("a", 'excludes = ["c"]'), make("b", 'depends = ["c"]'), make("c"))
    with pytest.raises(AssemblyError) as caught:
        closure(all_, ["a", "b"])
    assert "'a' and 'c' (needed: b -> c) exclude each other" in str(caught.value)


@pytest.mark.parametrize(("version", "fits"), [("1.2", True), ("1.10", True), ("1.1", False), ("2.0", False)])
def test_version_ranges_of_addons(make: Make, version: str, fits: bool) -> None:
    all_ = catalogue(make("base", version=version), make("orders", 'depends = ["base>=1.2,<2"]'))
    if fits:
        assert len(closure(all_, ["orders"])) == 2
        return
    with pytest.raises(AssemblyError, match=rf"needs base<2,>=1.2, but there is {version}"):
        closure(all_, ["orders"])


def test_version_range_of_the_kernel(make: Make) -> None:
    with pytest.raises(AssemblyError, match="needs the kernel >=99"):
        closure(catalogue(make("a", 'kernel = ">=99"')), ["a"])


def test_python_packages(make: Make) -> None:
    assert closure(catalogue(make("a", "python = [\"nothing_at_all; sys_platform == 'never'\"]")), ["a"])
    with pytest.raises(AssemblyError, match="it is not installed"):
        closure(catalogue(make("a", 'python = ["nothing_at_all"]')), ["a"])
    with pytest.raises(AssemblyError, match="needs the Python package packaging>=9999; there is"):
        closure(catalogue(make("a", 'python = ["packaging>=9999"]')), ["a"])
