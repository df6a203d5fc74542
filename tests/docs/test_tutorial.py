"""The tutorial for partners, followed word by word in a copy of the checkout: each file, each command, each answer.

A block with a caption is a file. In a ``console`` block a line that begins with ``$`` is a command, the others are
lines of its answer: each must stand in what the command prints, ``…`` for anything.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "partners" / "tutorial.md"
BLOCK = re.compile(r"^```(?:\{code-block\} )?(\w+)\n(?::caption: (\S+)\n\n)?(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block of the page: a file to write, or commands to type."""

    language: str
    file: str | None
    text: str


def blocks() -> Iterator[Block]:
    for found in BLOCK.finditer(TUTORIAL.read_text(encoding="utf-8")):
        yield Block(found[1], found[2], found[3])


@dataclass
class Checkout:
    """A copy of what the tutorial stands in."""

    folder: Path

    def run(self, command: str) -> str:
        """What a command prints. ``run.py`` would make a virtual environment first; here there is one."""
        ours = command.replace("python3 run.py", f"'{sys.executable}' -m core.cli")
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            ours, shell=True, cwd=self.folder, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def follow(self, block: Block) -> None:
        if block.file:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            return
        said, command = "", ""
        for line in block.text.splitlines():
            if line.startswith("$ "):
                command = line[2:]
                said = self.run(command)
            elif line.strip():
                wanted = re.escape(line).replace("…", ".*")
                assert re.search(rf"^{wanted}$", said, re.MULTILINE), f"{command} does not say '{line}' but\n{said}"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    folder = tmp_path_factory.mktemp("checkout")
    leave = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("core", "addons", "addons_contrib", "config"):
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    shutil.rmtree(folder / "addons_contrib" / "loans", ignore_errors=True)
    for name in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    made = Checkout(folder)
    # instead of the demo company, which takes longer: the addons that the tutorial builds on, and one company
    made.run("python3 run.py db create activities --db demo")
    made.run(
        """echo '
place = env.session.scalar(select(models["base.country"]).where(models["base.country"].code == "DK"))
env[models["base.company"]](name="Nordventil A/S", country=place, currency=place.currency)
' | python3 run.py shell --write --db demo"""
    )
    return made


@pytest.mark.slow
def test_every_file_and_command_works_as_printed(checkout: Checkout) -> None:
    for block in blocks():
        checkout.follow(block)


@pytest.mark.slow
def test_what_it_teaches_is_clean(checkout: Checkout) -> None:
    for block in blocks():
        if block.file:
            checkout.follow(block)
    checkout.run(f"'{sys.executable}' -m ruff check addons_contrib/loans")
    checkout.run(f"'{sys.executable}' -m mypy addons_contrib/loans")
