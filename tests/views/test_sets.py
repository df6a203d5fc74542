"""The set as a whole: generated views, names, menus, and what one database changes for itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from core.orm.assemble import Models
from core.views import Customisation, ViewSet, environment
from core.views.engine import escaped
from tests.views.conftest import FORM, LIST, SEARCH, Build
from tests.views.pages import page

MENUS = """
<menu name="sales" label="Sales" sequence="20"/>
<menu name="contacts" label="Contacts" sequence="10">
  <menu name="partners" label="Partners" model="partners.partner"/>
</menu>
<menu name="orders" label="Orders" model="orders.order" parent="sales" groups="orders.user" filter="confirmed"
      where="state != 'cancelled'"/>
"""


# -- generated -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["form", "list", "search"])
def test_every_model_has_a_view_that_can_be_drawn(build: Build, models: Models, kind: str) -> None:
    views = build()
    for model in models:
        view = views.get(model, kind)
        assert view.generated
        assert page(view).find() is not None


def test_a_generated_form_has_all_that_belongs_to_a_record(build: Build) -> None:
    view = build().get("orders.order", "form")
    assert set(view.buttons) == {"confirm", "cancel", "copy_to_offer"}
    assert view.statusbars
    lines = view.lines["lines"]
    assert lines.sort == "sequence"
    assert "sequence" not in [one.path for one in lines.columns]
    assert "order" not in [one.path for one in lines.columns]
    assert next(one for one in lines.columns if one.path == "net").sum
    assert "net" in view.boxes["totals[totals]"].holds
    assert "points" in view.fields  # of an addon that knows no view of this model


def test_a_generated_list_begins_with_what_names_a_record(build: Build) -> None:
    columns = [one.path for one in build().get("orders.order", "list").columns]
    assert columns[:2] == ["number", "state"]
    assert len(columns) == 8
    assert "lines" not in columns and "note" not in columns


def test_a_generated_search_has_a_filter_for_each_state(build: Build) -> None:
    view = build().get("orders.order", "search")
    assert {"state_draft", "state_confirmed", "urgent"} <= set(view.filters)
    assert {"partner", "state", "date"} <= set(view.group_bys)


def test_a_generated_view_is_made_once(build: Build) -> None:
    views = build()
    assert views.get("base.user", "form") is views.get("base.user", "form")


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_second_view_has_a_name(build: Build) -> None:
    short = '<form model="orders.order" name="short"><field name="number"/></form>'
    views = build(orders=FORM + short)
    assert list(views.get("orders.order", "form", "short").fields) == ["number"]
    assert views.named("orders.order.form.short") is views.get("orders.order", "form", "short")
    assert "partner" in views.get("orders.order", "form").fields


def test_views_that_are_not_there(build: Build) -> None:
    views = build(orders=FORM)
    for model, kind, name in (
        ("orders.order", "form", "shrt"),
        ("orders.ordr", "form", None),
        ("orders.order", "map", None),
    ):
        with pytest.raises(LookupError):
            views.get(model, kind, name)


# -- menus -----------------------------------------------------------------------------------------------------------


def test_menus_of_all_addons_are_one_tree(build: Build) -> None:
    loyalty = '<menu name="points" label="Points" model="orders.order" parent="sales" sequence="1"/>'
    views = build(orders=SEARCH + MENUS, loyalty=loyalty)
    assert [one.name for one in views.menus] == ["contacts", "sales"]
    assert [one.name for one in views.menus[1].children] == ["points", "orders"]
    orders = views.menu("orders")
    assert orders is not None
    assert (orders.groups, orders.filters, orders.addon) == (("orders.user",), ("confirmed",), "orders")
    assert orders.condition is not None and orders.condition.text == "state != 'cancelled'"
    assert views.menu("partners").parent == "contacts"  # type: ignore[union-attr]


# -- customised ------------------------------------------------------------------------------------------------------


@pytest.fixture
def views(build: Build) -> ViewSet:
    return build(orders=FORM + LIST + MENUS.replace(' filter="confirmed"', ""))


def test_a_database_changes_its_own_views_only(views: ViewSet) -> None:
    row = Customisation(1, "orders.order.form", '<set anchor="field[due]" label="Frist"/><hide anchor="field[date]"/>')
    own = views.extend_custom([row])
    assert own.get("orders.order", "form").fields["due"].label == "Frist"
    assert "date" not in own.get("orders.order", "form").fields
    assert views.get("orders.order", "form").fields["due"].label == "Due"
    assert own.get("orders.order", "list") is views.get("orders.order", "list")
    assert own.menus is views.menus
    assert own.broken == ()


def test_customisations_build_on_each_other_and_on_any_addon(views: ViewSet) -> None:
    own = views.extend_custom(
        [
            Customisation(1, "orders.order.form", '<after anchor="field[due]"><field name="points"/></after>'),
            Customisation(2, "orders.order.form", '<set anchor="field[points]" label="Bonus"/>'),
        ]
    )
    assert own.get("orders.order", "form").fields["points"].label == "Bonus"


def test_a_generated_view_can_be_customised(views: ViewSet) -> None:
    own = views.extend_custom([Customisation(1, "base.user.form", '<set anchor="field[name]" label="Who"/>')])
    assert own.get("base.user", "form").fields["name"].label == "Who"


BROKEN = {
    "anchor": '<hide anchor="field[partnr]"/>',
    "field": '<after anchor="field[due]"><field name="pointz"/></after>',
    "grammar": '<set anchor="field[due]" colour="red"/>',
    "expression": '<set anchor="field[due]" visible-if="1 %}{{ 7*7 }}{% if 1"/>',
    "not XML": "<set",
    "breaks out": '</extend><form model="orders.order" name="x"/><extend view="orders.order.form">',
    "alias": '<alias from="field[x]" to="field[due]"/>',
    "entity": "&x;",
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_one_is_switched_off_and_told(views: ViewSet, fault: str) -> None:
    good = Customisation(2, "orders.order.form", '<set anchor="field[due]" label="Frist"/>')
    bad = Customisation(1, "orders.order.form", BROKEN[fault], "Own form")
    own = views.extend_custom([bad, good])
    assert [one.customisation for one in own.broken] == [bad]
    assert "Own form" in own.broken[0].reason
    assert own.get("orders.order", "form").fields["due"].label == "Frist"
    page(own.get("orders.order", "form"))


def test_a_view_that_has_gone(views: ViewSet) -> None:
    own = views.extend_custom([Customisation(1, "stock.lot.form", '<hide anchor="field[x]"/>')])
    assert len(own.broken) == 1


# -- templates -------------------------------------------------------------------------------------------------------


def test_sets_share_the_code_of_equal_views(build: Build) -> None:
    one, other = build(orders=LIST).get("orders.order", "list"), build(orders=LIST).get("orders.order", "list")
    assert one is not other
    first, second = environment(), environment()
    assert one.template(first) is one.template(first)
    blocks = one.template(first).blocks["rows"], other.template(second).blocks["rows"]
    assert blocks[0].__code__ is blocks[1].__code__


@given(st.one_of(st.text(), st.integers(), st.decimals(), st.booleans(), st.none(), st.text().map(Markup)))
def test_escaping_is_that_of_markupsafe(value: object) -> None:
    assert escaped(value) == str(escape(value))
