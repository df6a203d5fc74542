"""Mistakes that a partner makes are found by a plain ``mypy --strict``."""

from __future__ import annotations

import re
from pathlib import Path

from mypy import api

MISTAKES = """
from decimal import Decimal

from sqlalchemy import select

from core import Env, fields
from tests.sample_addons.trade.models import Line, Order as BaseOrder


class Order(BaseOrder, extend=True):
    points = fields.Integer("Points", defualt=0)  # error: defualt

    def confirm(self, extra: int) -> None:  # error: incompatible with supertype
        self.terms = 3  # error: int
        self.lines[0].prise = Decimal(1)  # error: prise
        self.lines[0].price = 1.5  # error: float
        self.partner = None  # error: None


def query(env: Env) -> None:
    select(BaseOrder).where(BaseOrder.stat == "draft")  # error: stat
    env[BaseOrder](partner=None).partnr  # error: partnr
    fields.Char("Name", requried=True)  # error: requried
"""


def test_each_mistake_is_reported_on_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mistakes.py"
    file.write_text(MISTAKES, encoding="utf-8")
    output, errors, _status = api.run(["--config-file", "setup.cfg", "--no-error-summary", str(file)])
    assert not errors
    reported = {int(line) for line in re.findall(r"mistakes\.py:(\d+): error", output)}
    wanted = {number for number, line in enumerate(MISTAKES.splitlines(), 1) if "# error" in line}
    assert reported == wanted, output
