"""The launcher's promises: pinned packages, a sentence for every fault, nothing to do on a second start."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[1]


def launch(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "run.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}, check=False, timeout=120
    )


def test_every_requirement_is_pinned_with_hashes_and_without_addresses() -> None:
    text = run.CONSTRAINTS.read_text(encoding="utf-8")
    declared = ConfigParser()
    declared.read(ROOT / "setup.cfg", encoding="utf-8")
    groups = [declared["options"]["install_requires"], *declared["options.extras_require"].values()]
    names = [line for group in groups for line in group.splitlines() if line and not line.startswith("#")]
    assert len(names) > 30
    for name in names:
        assert "--hash=sha256:" in run.pinned(name)
    assert "://" not in text


def test_pinned_takes_all_versions_of_one_package_and_no_other() -> None:
    found = run.pinned("psycopg[binary]")
    assert found.startswith("psycopg==")
    assert "psycopg-binary" not in found
    assert run.pinned("soupsieve").count("soupsieve==") == 2


def test_an_unpinned_requirement_is_named() -> None:
    with pytest.raises(run.SetupFailed, match=r"'nonesuch>1'.*does not pin"):
        run.pinned("nonesuch>1")


def test_it_can_be_read_by_an_old_python_and_says_so() -> None:
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    check = source.index("sys.version_info < (3, 11)")
    assert check < source.index("\ndef "), "annotations are evaluated with the definitions"
    old = re.sub(r"sys\.version_info < \(3, 11\)", "True", source)
    done = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Kontor needs Python 3.11 or newer")
    assert len(done.stderr.splitlines()) == 1


def test_no_network_is_one_sentence(tmp_path: Path) -> None:
    for name in ("run.py", "setup.cfg", "setup.py", "pyproject.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "constraints.txt").write_bytes(run.CONSTRAINTS.read_bytes())
    nowhere = "http://127.0.0.1:9"
    done = launch("demo", folder=tmp_path, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, PIP_RETRIES="0", NO_PROXY="")
    assert done.returncode == 1
    assert done.stderr.startswith("kontor: the packages could not be downloaded: check the network connection")
    assert len(done.stderr.splitlines()) == 1
    assert "virtual environment … " in done.stdout


def test_without_a_verb_it_lists_them() -> None:
    assert launch().returncode == 2
    told = launch("--help")
    assert told.returncode == 0
    assert "python3 run.py demo" in told.stdout


def test_ready_means_same_sources_and_the_extra_that_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes, file = tmp_path / "kontor.json", tmp_path / "there"
    file.touch()
    for name, value in (("NOTES", notes), ("PYTHON", file), ("BUNDLES", file)):
        monkeypatch.setattr(run, name, value)
    wanted = {"packages": "a", "project": "b"}
    assert not run.is_ready(wanted, None)
    notes.write_text(json.dumps({**wanted, "extras": ["docs"]}), encoding="utf-8")
    assert run.is_ready(wanted, None)
    assert run.is_ready(wanted, "docs")
    assert not run.is_ready(wanted, "test")
    assert not run.is_ready({**wanted, "project": "c"}, None)


# ---- what a test run leaves out ----

SKIPPING = """
import pytest
def test_runs(): pass
@pytest.mark.parametrize("n", [1, 2])
def test_needs_a_moon(n): pytest.skip("no moon: wait for the night")
@pytest.mark.xfail(strict=True)
def test_known_to_fail(): raise ValueError
"""


def run_pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_skipping.py").write_text(SKIPPING, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "core.testing.notrun", *arguments, str(folder)]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "KONTOR_REQUIRE_ALL": "", **environment}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=settings, check=False, timeout=120)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_what_was_left_out_is_listed(tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = run_pytest(tmp_path, *workers)
    assert done.returncode == 0
    assert "not run: no moon: wait for the night (2 tests)" in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_where_nothing_may_be_left_out_the_run_fails(tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = run_pytest(tmp_path, *workers, KONTOR_REQUIRE_ALL="1")
    assert done.returncode == 1
    assert "nothing may be left out" in done.stdout
