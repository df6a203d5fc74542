"""Hooks: who answers, in which order, and how faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.addon import hookspecs
from core.addon.manifest import Manifest
from core.addon.plugins import HookFailure, Hooks, build_plugins
from core.errors import AssemblyError, UserError

from .conftest import Make

SPECS = """
from collections.abc import Iterable
from core.addon.hookspecs import hookspec

@hookspec
def base_asked(question: str, number: int) -> str | None:
    "A question."
"""
PLUGIN = """
from core.addon.hookspecs import hookimpl

@hookimpl
def base_asked(question):
    {body}
"""


def three(make: Make, *bodies: str) -> Hooks:
    made: list[Manifest] = []
    for name, body in zip(("base", "middle", "top"), bodies, strict=True):
        files = {"plugin.py": PLUGIN.format(body=body)}
        if name == "base":
            files["hookspecs.py"] = SPECS
        made.append(make(name, files=files))
    return build_plugins(made)


def test_answers_come_in_dependency_order_without_none(make: Make) -> None:
    hooks = three(make, "return 'base ' + question", "return None", "return 'top'")
    assert hooks.call("base_asked", question="?", number=1) == ["base ?", "top"]
    assert hooks.base_asked(question="?", number=1) == ["base ?", "top"]
    spec = hooks.specs["base_asked"]
    assert hooks.of(spec)(question="?", number=1) == ["base ?", "top"]
    assert [(one.addon, Path(one.file).name) for one in hooks.implementers("base_asked")] == [
        ("base", "plugin.py"),
        ("middle", "plugin.py"),
        ("top", "plugin.py"),
    ]


def test_collect_joins_answers_also_of_generators(make: Make) -> None:
    hooks = three(make, "return [1]", "yield from (2, 3)", "return ()")
    assert hooks.collect("base_asked", question="", number=0) == [1, 2, 3]


def test_a_failure_names_the_addon_and_its_line(make: Make) -> None:
    hooks = three(make, "return 1", "return 1 / 0", "return 3")
    with pytest.raises(HookFailure) as caught:
        hooks.call("base_asked", question="", number=0)
    assert "addon 'middle'" in str(caught.value)
    assert "ZeroDivisionError" in str(caught.value)
    assert (caught.value.where.addon, caught.value.where.line) == ("middle", 6)


def test_what_is_meant_for_users_passes(make: Make) -> None:
    raising = "from core.errors import UserError; raise UserError('no')"
    hooks = three(make, "return 1", raising, "return 3")
    with pytest.raises(UserError, match=r"^no$"):
        hooks.call("base_asked", question="", number=0)


def test_database_errors_keep_their_type_and_name_the_addon(make: Make) -> None:
    from sqlalchemy.exc import OperationalError

    raising = "from sqlalchemy.exc import OperationalError as E; raise E('', {}, Exception('busy'))"
    hooks = three(make, "return 1", raising, "return 3")
    with pytest.raises(OperationalError) as caught:
        hooks.call("base_asked", question="", number=0)
    assert "addon 'middle'" in caught.value.__notes__[0]


def test_wrong_calls_are_errors_not_warnings(make: Make) -> None:
    hooks = three(make, "return 1", "return 2", "return 3")
    with pytest.raises(TypeError, match="takes question, number"):
        hooks.call("base_asked", question="")
    with pytest.raises(AttributeError, match="did you mean 'base_asked'"):
        hooks.base_aksed(question="")
    with pytest.raises(AttributeError):
        hooks.implementers("nothing")


def test_hook_typo_is_found_with_close_match(make: Make) -> None:
    base = make("base", files={"hookspecs.py": SPECS})
    plugin = "from core.addon.hookspecs import hookimpl\n\n@hookimpl\ndef base_askd(question): ...\n"
    other = make("other", files={"plugin.py": plugin})
    with pytest.raises(AssemblyError) as caught:
        build_plugins([base, other])
    where = caught.value.where
    assert (where.addon, Path(str(where.file)).name, where.line) == ("other", "plugin.py", 3)
    assert "there is no hook 'base_askd'" in str(caught.value)
    assert caught.value.hint == "did you mean 'base_asked'?"


def test_optional_hooks_of_absent_addons_are_fine_but_typos_in_present_ones_are_not(make: Make) -> None:
    plugin = "from core.addon.hookspecs import hookimpl\n\n@hookimpl(optionalhook=True)\ndef base_askd(question): ...\n"
    other = make("other", files={"plugin.py": plugin})
    build_plugins([other])
    with pytest.raises(AssemblyError, match="no hook 'base_askd'"):
        build_plugins([make("base", files={"hookspecs.py": SPECS}), other])


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        ("@hookimpl\ndef kontor_views(adon): ...", "no argument 'adon' (did you mean 'addon'?)"),
        ("def kontor_views(addon): ...", "'kontor_views' is named like a hook but not marked"),
        ("@hookimpl(tryfirst=True)\ndef kontor_views(addon): ...", "tryfirst and trylast are not allowed"),
    ],
)
def test_faulty_implementations(make: Make, plugin: str, message: str) -> None:
    made = make("other", files={"plugin.py": f"from core.addon.hookspecs import hookimpl\n{plugin}\n"})
    with pytest.raises(AssemblyError) as caught:
        build_plugins([made])
    assert message in str(caught.value)
    assert caught.value.where.addon == "other"
    assert caught.value.where.line == 2


def test_specs_carry_the_name_of_their_addon(make: Make) -> None:
    with pytest.raises(AssemblyError, match="hook 'base_asked' must begin with 'other_'"):
        build_plugins([make("other", files={"hookspecs.py": SPECS})])
    one = make("a", files={"hookspecs.py": SPECS.replace("base_asked", "a_b_c")})
    two = make("a_b", files={"hookspecs.py": SPECS.replace("base_asked", "a_b_c")})
    with pytest.raises(AssemblyError, match="specified twice") as caught:
        build_plugins([one, two])
    assert caught.value.where.addon == "a_b"
    assert str(one.path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\n\n1 / 0\n", 3, "ZeroDivisionError"),
        ("def broken(:\n", 1, "SyntaxError"),
        ("\nfrom core.addon.hookspecs import hokimpl\n", 2, "did you mean 'hookimpl'"),
        ("import nothing_at_all\n", 1, "ModuleNotFoundError"),
        (
            "from core.errors import AssemblyError\nraise AssemblyError('odd field', hint='cure')\n",
            2,
            "odd field (cure)",
        ),
    ],
)
def test_a_module_that_cannot_be_imported(make: Make, text: str, line: int, message: str) -> None:
    made = make("orders", files={"plugin.py": text})
    with pytest.raises(AssemblyError) as caught:
        build_plugins([made])
    where = caught.value.where
    assert (where.addon, Path(str(where.file)).name, where.line) == ("orders", "plugin.py", line)
    assert message in str(caught.value)


def test_import_of_an_addon_that_is_not_among_dependencies(make: Make, folder: Path) -> None:
    made = make("orders", files={"models.py": f"from {folder.name}.offers.models import Offer\n"})
    hooks = build_plugins([made])
    with pytest.raises(AssemblyError) as caught:
        hooks.call("kontor_models", addon=made)
    assert caught.value.hint == "is 'offers' in depends?"
    assert caught.value.where.line == 1


def test_the_stock_plugin_answers_from_the_folder(make: Make, folder: Path) -> None:
    files = {
        "models/__init__.py": "from .line import Line\nfrom .order import Order\n",
        "models/order.py": "class Order: ...\n",
        "models/line.py": "class Line: ...\n",
        "models/forgotten.py": "from .order import Order\nclass Forgotten(Order): ...\n",
        "security.py": "",
        "jobs.py": "",
        "views/b.xml": "",
        "views/a.xml": "",
        "menus/m.xml": "",
        "data/d.xml": "",
        "demo/x.xml": "",
    }
    orders = make("orders", 'data = ["data/d.xml"]\ndemo = ["demo/x.xml"]', files)
    bare = make("bare")
    hooks = build_plugins([bare, orders])
    assert [one.__name__ for one in hooks.collect("kontor_models", addon=orders)] == ["Line", "Order", "Forgotten"]
    assert [one.name for one in hooks.collect("kontor_views", addon=orders)] == ["a.xml", "b.xml"]
    assert [one.name for one in hooks.collect("kontor_menus", addon=orders)] == ["m.xml"]
    assert [one.name for one in hooks.collect("kontor_data", addon=orders, demo=False)] == ["d.xml"]
    assert [one.name for one in hooks.collect("kontor_data", addon=orders, demo=True)] == ["x.xml"]
    assert [one.__name__ for one in hooks.collect("kontor_rules", addon=orders)] == [f"{folder.name}.orders.security"]
    assert [one.__name__ for one in hooks.collect("kontor_jobs", addon=orders)] == [f"{folder.name}.orders.jobs"]
    for name in ("kontor_models", "kontor_views", "kontor_rules", "kontor_jobs"):
        assert hooks.collect(name, addon=bare) == []


def test_hooks_about_itself_reach_that_addon_only(make: Make) -> None:
    plugin = "from core.addon.hookspecs import hookimpl\n@hookimpl\ndef kontor_views(addon): return ['{name}']\n"
    one, two = (make(name, files={"plugin.py": plugin.format(name=name)}) for name in ("one", "two"))
    hooks = build_plugins([one, two])
    assert hooks.collect("kontor_views", addon=one) == ["one"]
    assert hooks.collect("kontor_views", addon=two) == ["two"]


def test_parts_are_loaded_only_beside_the_other_addon(make: Make) -> None:
    files = {
        "beside.py": "from core.addon.hookspecs import hookimpl\nclass Extra: ...\n"
        "@hookimpl\ndef kontor_render_context(request): return {'a': 1}\n",
        "with_offers/models.py": "class Offer: ...\n",
        "with_offers/views/o.xml": "",
        "with_offers/plugin.py": "from core.addon.hookspecs import hookimpl\n"
        "@hookimpl\ndef kontor_render_context(request): return {'b': 2}\n",
    }
    part = make("crm", '[load."crm+offers"]\nmodules = ["beside", "with_offers"]', files)
    offers = make("offers")
    alone = build_plugins([part])
    assert alone.collect("kontor_models", addon=part) == []
    assert alone.call("kontor_render_context", request=None) == []
    both = build_plugins([offers, part])
    assert [one.__name__ for one in both.collect("kontor_models", addon=part)] == ["Extra", "Offer"]
    assert [one.name for one in both.collect("kontor_views", addon=part)] == ["o.xml"]
    assert both.call("kontor_render_context", request=None) == [{"a": 1}, {"b": 2}]


def test_tracing_prints_who_answered_what(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KONTOR_TRACE_HOOKS", "1")
    hooks = three(make, "return 'a'", "return None", "return 'c'")
    hooks.call("base_asked", question="why", number=7)
    line = next(one for one in capsys.readouterr().err.splitlines() if one.startswith("hook base_asked"))
    assert "question='why', number=7" in line
    assert "asked base, middle, top: ['a', 'c']" in line


def test_every_kernel_hook_is_a_paragraph_with_an_example() -> None:
    specs = {name: one for name, one in vars(hookspecs).items() if name.startswith("kontor_")}
    assert len(specs) > 15
    for name, spec in specs.items():
        text = spec.__doc__ or ""
        assert "::" in text, name
        assert f"def {name}(" in text, name
        assert spec.__annotations__.keys() >= {"return"}, name
