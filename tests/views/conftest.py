"""Addon sets made of real models and of views that a test writes as text."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.orm.assemble import Models, assemble
from core.views import View, ViewSet, build_views
from tests.views import models as trade

GROUPS = {"orders.user": "Orders", "orders.manager": "Orders: manager"}


@dataclass
class Set:
    """What views use of an addon set."""

    models: Models
    files: dict[str, list[Path]] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=lambda: dict(GROUPS))
    user_model = "base.user"
    company_model = "base.company"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(trade.names())

    @property
    def addons(self) -> tuple[Any, ...]:
        return tuple(SimpleNamespace(name=name) for name in self.names)

    @property
    def hooks(self) -> Any:
        return self

    def collect(self, hook: str, addon: Any) -> list[Path]:
        return self.files.get(addon.name, []) if hook == "kontor_views" else []

    def call(self, hook: str, **_arguments: Any) -> list[dict[str, Any]]:
        return [{"thread": lambda record: []}] if hook == "kontor_panels" else []

    def depends(self, later: str, earlier: str) -> bool:
        return trade.depends(later, earlier)


@pytest.fixture(scope="session")
def models() -> Models:
    return assemble(trade.FRAGMENTS, trade.depends)


Build = Callable[..., ViewSet]


@pytest.fixture
def build(models: Models, tmp_path: Path) -> Build:
    """``build(orders="<form …>", loyalty="<extend …>")``: the views of a set, a file for each addon."""

    def make(**texts: str) -> ViewSet:
        addon_set = Set(models)
        for addon, text in texts.items():
            path = tmp_path / addon / "views" / "views.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"<kontor>\n{textwrap.dedent(text).strip()}\n</kontor>\n", encoding="utf-8")
            addon_set.files[addon] = [path]
        return build_views(addon_set)  # type: ignore[arg-type]

    return make


FORM = """
<form model="orders.order">
  <header>
    <statusbar field="state" states="draft confirmed done"/>
    <button name="confirm"/>
    <button name="cancel" style="danger"/>
    <button name="copy_to_offer" visible-if="state != 'draft'"/>
  </header>
  <group name="customer" label="Customer">
    <field name="partner"/>
    <field name="partner.city"/>
    <field name="due" visible-if="state != 'draft'" required-if="urgent"/>
    <slot name="after_due"/>
  </group>
  <group name="terms" label="Terms" groups="orders.manager">
    <field name="date"/>
    <field name="margin" readonly-if="state == 'done'"/>
  </group>
  <tabs name="tabs">
    <page name="lines" label="Lines">
      <lines field="lines" sort="sequence">
        <field name="article"/>
        <field name="text" optional="hide"/>
        <field name="quantity"/>
        <field name="price" readonly-if="free"/>
        <field name="kind"/>
        <field name="free"/>
        <field name="delivery" required-if="kind == 'goods'" visible-if="urgent"/>
        <field name="net" sum="yes"/>
      </lines>
      <totals name="totals"> <field name="net"/> </totals>
    </page>
    <page name="more" label="More" visible-if="state != 'draft'">
      <note text="Only for the office" style="warning"/>
      <field name="note" nolabel="yes" colspan="2"/>
    </page>
  </tabs>
  <panel name="thread"/>
</form>
"""

LIST = """
<list model="orders.order" sort="-date,number"
      decorate="danger: due &lt; today and state == 'confirmed'; muted: state == 'cancelled'">
  <field name="number"/>
  <field name="partner"/>
  <field name="partner.city" optional="hide"/>
  <field name="date"/>
  <field name="urgent"/>
  <field name="channel"/>
  <field name="state"/>
  <field name="net" sum="yes" decorate="strong: net > 1000"/>
</list>
"""

SEARCH = """
<search model="orders.order">
  <field name="number"/>
  <field name="partner" operator="contains"/>
  <filter name="draft" label="Drafts" where="state == 'draft'"/>
  <filter name="confirmed" label="Confirmed" where="state == 'confirmed'" default="yes"/>
  <separator/>
  <filter name="mine" label="Mine" where="salesperson == user"/>
  <filter name="rich" label="Good margin" where="margin > 100"/>
  <group-by name="customer" field="partner"/>
  <group-by name="month" field="date"/>
</search>
"""


@pytest.fixture
def form(build: Build) -> View:
    return build(orders=FORM).get("orders.order", "form")
