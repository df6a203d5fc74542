"""The command line: what newcomers type, what goes wrong, and that each verb says so in one sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from core.cli import main

VERBS = ("demo", "serve", "db", "addons", "plan", "apply", "user", "shell", "doctor", "graph", "hooks")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database with partners and a user."""
    address = f"sqlite:///{tmp_path_factory.mktemp('cli') / 'firm.sqlite'}"
    assert main(["db", "create", "partners", "--db", address]) == 0
    return address


@pytest.mark.parametrize("verb", VERBS)
def test_help_tells_what_a_verb_does(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"kontor {verb}" in said
    assert len(said.splitlines()) >= 5


def test_help_lists_all_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    for verb in (*VERBS, "test", "bench"):
        assert f"\n    {verb} " in said


@pytest.mark.parametrize(
    "typed",
    [
        [],
        ["sell"],
        ["plan"],
        ["plan", "install", "orders"],
        ["plan", "instal", "orders", "--db", "demo"],
        ["plan", "install", "--db", "sqlite:///nothing.sqlite"],
        ["apply", "uninstall", "--db", "sqlite:///nothing.sqlite"],
        ["demo", "--port", "seventy"],
        ["demo", "--port", "70000"],
        ["user"],
        ["user", "add", "anna"],
        ["db"],
        ["shell"],
        ["addons", "--fast"],
    ],
)
def test_wrong_use_ends_with_2_and_one_sentence(typed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(typed) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("kontor")
    assert len(told.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("typed", "part"),
    [
        (["plan", "install", "lojalty", "--db", "sqlite:///nothing.sqlite"], "did you mean 'loyalty'?"),
        (["plan", "upgrade", "--db", "sqlite:///nothing.sqlite"], "nothing is installed"),
        (["plan", "upgrade", "--db", "nobody"], "has no database 'nobody'"),
        (["plan", "upgrade", "--db", "demoo"], "did you mean 'demo'?"),
        (["shell", "--db", "sqlite:////no/such/folder/file.sqlite"], ""),
        (["graph", "partners.partnr"], "did you mean 'partners.partner'?"),
        (["graph", "partners.partner", "nam"], "did you mean 'name'?"),
        (["graph", "--addon", "partner"], "did you mean 'partners'?"),
        (["hooks", "kontor_transitions"], "did you mean 'kontor_transition'?"),
    ],
)
def test_what_goes_wrong_is_told_in_one_sentence(
    typed: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 1
    told = capsys.readouterr()
    assert part in told.err
    assert len(told.err.splitlines()) == 1
    assert "Traceback" not in told.err


def test_the_traceback_is_shown_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONTOR_DEBUG", "1")
    with pytest.raises(Exception, match="did you mean"):
        main(["hooks", "kontor_transitions"])


def test_a_plan_is_shown_and_applied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = f"sqlite:///{tmp_path / 'new.sqlite'}"
    assert main(["plan", "install", "base", "--db", address]) == 0
    said = capsys.readouterr().out
    assert "install base" in said
    assert "base_user" in said
    assert not (tmp_path / "new.sqlite").exists()
    assert main(["apply", "install", "base", "--db", address]) == 0
    assert "done: install base" in capsys.readouterr().out
    assert main(["plan", "install", "base", "--db", address]) == 1
    assert "installed already" in capsys.readouterr().err
    assert main(["db", "create", "--db", address]) == 1
    assert "already" in capsys.readouterr().err


def test_addons_are_listed_with_what_a_database_has(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["addons", "--db", database]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "installed 1.0" in lines["partners"]
    assert "installed" not in lines["orders"]
    assert main(["addons"]) == 0
    assert "orders" in capsys.readouterr().out


def test_databases_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "list"]) == 0
    assert capsys.readouterr().out.startswith("demo")


def test_a_user_is_added(database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def add(login: str, password: str, *more: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return main(["user", "add", login, "--password-stdin", "--db", database, *more])

    assert add("anna", "correct horse", "--name", "Anna Kjær", "--group", "partners.user") == 0
    assert "anna can log in" in capsys.readouterr().out
    assert add("anna", "correct horse") == 1
    assert "already taken" in capsys.readouterr().err
    assert add("bo", "short") == 1
    assert "characters" in capsys.readouterr().err
    assert add("bo", "correct horse", "--group", "partners.usr") == 1
    assert "partners.user" in capsys.readouterr().err


def _shell(script: str, monkeypatch: pytest.MonkeyPatch, *typed: str) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(script))
    return main(["shell", *typed])


def test_a_script_works_in_an_environment(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 'print(env.session.scalar(select(func.count(models["partners.partner"].id))))'
    make = 'env[models["partners.partner"]](name="Ny", kind="person")\nenv.flush()\n'
    assert _shell(make + count, monkeypatch, "--db", database) == 0
    assert capsys.readouterr().out == "1\n"
    assert _shell(count, monkeypatch, "--db", database) == 0
    assert capsys.readouterr().out == "0\n"
    assert _shell(make, monkeypatch, "--db", database, "--write") == 0
    assert _shell(count, monkeypatch, "--db", database) == 0
    assert capsys.readouterr().out == "1\n"
    assert _shell(count, monkeypatch, "--db", database, "--user", "nobody") == 1
    assert "no user 'nobody'" in capsys.readouterr().err


def test_doctor_looks_at_a_database(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--db", database]) == 0
    said = capsys.readouterr().out
    assert "structure fits" in said
    assert "FAULT" not in said


def test_doctor_finds_a_failed_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import datetime

    import sqlalchemy as sa

    from core.schema.engines import make_engine
    from core.schema.tables import outbox

    address = f"sqlite:///{tmp_path / 'sick.sqlite'}"
    assert main(["db", "create", "--db", address]) == 0
    engine = make_engine(address)
    now = datetime.datetime.now(datetime.UTC)
    values = {"job": "base.nothing", "args": {}, "state": "failed", "run_at": now, "attempts": 8, "principal": {}}
    with engine.begin() as connection:
        connection.execute(sa.insert(outbox).values(**values, created_at=now, error="Traceback\nValueError: broken"))
    engine.dispose()
    capsys.readouterr()
    assert main(["doctor", "--db", address]) == 1
    assert "ValueError: broken" in capsys.readouterr().out


def test_graph_tells_what_a_value_depends_on_and_feeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "orders.order", "net"]) == 0
    said = capsys.readouterr().out
    assert "lines.net" in said
    assert "orders.order.total" in said
    assert main(["graph"]) == 0
    assert "orders" in capsys.readouterr().out


def test_hooks_tells_who_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hooks"]) == 0
    assert "kontor_transition" in capsys.readouterr().out
    assert main(["hooks", "kontor_principals"]) == 0
    assert "addons/base/plugin.py" in capsys.readouterr().out
