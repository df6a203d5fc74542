"""Extensions: each operation, the order, and every way in which one can be refused."""

from __future__ import annotations

import pytest

from core.errors import AssemblyError
from core.views.nodes import anchors, key, where
from core.views.view import View
from tests.views.conftest import FORM, LIST, Build


def order(view: View, anchor: str) -> list[str]:
    return [key(node) for node in anchors(view.tree)[anchor]]


def extended(build: Build, operations: str, addon: str = "loyalty", **more: str) -> View:
    text = f'<extend view="orders.order.form">{operations}</extend>'
    return build(orders=FORM, **{addon: text}, **more).get("orders.order", "form")


def refused(build: Build, operations: str, **more: str) -> AssemblyError:
    with pytest.raises(AssemblyError) as caught:
        extended(build, operations, **more)
    assert caught.value.where.addon in ("loyalty", "crm", "orders")
    assert caught.value.where.line
    return caught.value


CUSTOMER = ["field[partner]", "field[partner.city]", "field[due]", "slot[after_due]"]


def test_after(build: Build) -> None:
    view = extended(build, '<after anchor="field[partner]"><field name="points"/><field name="channel"/></after>')
    assert order(view, "group[customer]") == [CUSTOMER[0], "field[points]", "field[channel]", *CUSTOMER[1:]]
    assert where(anchors(view.tree)["field[points]"]).addon == "loyalty"
    assert list(view.fields)[:3] == ["partner", "points", "channel"]


def test_before(build: Build) -> None:
    view = extended(build, '<before anchor="field[partner]"><field name="points"/></before>')
    assert order(view, "group[customer]") == ["field[points]", *CUSTOMER]


@pytest.mark.parametrize(("at", "position"), [("", -1), ('at="start"', 0), ('at="end"', -1)])
def test_inside(build: Build, at: str, position: int) -> None:
    view = extended(build, f'<inside anchor="group[customer]" {at}><field name="points"/></inside>')
    assert order(view, "group[customer]")[position] == "field[points]"


def test_a_slot_shows_what_others_put_into_it(build: Build) -> None:
    view = extended(build, '<inside anchor="slot[after_due]"><field name="points"/></inside>')
    assert "points" in view.fields
    assert "points" in view.boxes["group[customer]"].holds


def test_columns_of_lines_are_reached_through_the_lines(build: Build) -> None:
    error = refused(build, '<hide anchor="field[article]"/>')
    assert "did you mean 'lines[lines]/field[article]'?" in str(error)
    view = extended(build, '<hide anchor="lines[lines]/field[article]"/>')
    assert view.lines["lines"].columns[0].path == "text"


def test_set_changes_and_takes_away(build: Build) -> None:
    view = extended(build, '<set anchor="field[due]" label="Due on" visible-if=""/>')
    assert view.fields["due"].label == "Due on"
    assert view.fields["due"].visible_if is None
    assert view.fields["due"].required_if is not None


def test_set_on_the_view_itself(build: Build) -> None:
    text = '<extend view="orders.order.list"><set anchor="list" sort="number"/></extend>'
    assert build(orders=LIST, loyalty=text).get("orders.order", "list").sort == ("number",)


def test_a_wrong_value_that_was_set_is_blamed_on_who_set_it(build: Build) -> None:
    error = refused(build, '\n<set anchor="field[due]" visible-if="stat == 1"/>')
    assert error.where.addon == "loyalty"
    assert error.where.line == 3
    error = refused(build, '\n<set anchor="field[due]" colour="red"/>')
    assert "<field> has no attribute 'colour'" in str(error)
    assert (error.where.addon, error.where.line) == ("loyalty", 3)


def test_identity_cannot_be_set(build: Build) -> None:
    assert "tells a node from others" in str(refused(build, '<set anchor="field[due]" name="date"/>'))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("inside", ["field[date]", "field[margin]", "field[due]"]),
        ("before", ["field[due]", "field[date]", "field[margin]"]),
        ("after", ["field[date]", "field[due]", "field[margin]"]),
    ],
)
def test_move(build: Build, place: str, expected: list[str]) -> None:
    to = "group[terms]" if place == "inside" else "field[date]"
    view = extended(build, f'<move anchor="field[due]" to="{to}" place="{place}"/>')
    assert order(view, "group[terms]") == expected
    assert "field[due]" not in order(view, "group[customer]")


def test_nothing_moves_into_itself(build: Build) -> None:
    assert "into itself" in str(refused(build, '<move anchor="tabs[tabs]" to="page[lines]"/>'))


def test_a_hidden_node_is_not_shown_but_stays_an_anchor(build: Build) -> None:
    view = extended(build, '<hide anchor="field[due]"/><after anchor="field[due]"><field name="points"/></after>')
    assert "due" not in view.fields
    assert "points" in view.fields


def test_replace_gives_the_reason_to_those_who_come_later(build: Build) -> None:
    replace = '<replace anchor="group[terms]" reason="our own terms"><field name="points"/></replace>'
    assert "points" in extended(build, replace).fields
    error = refused(build, replace + '<hide anchor="field[margin]"/>')
    assert "replaced by addon 'loyalty'" in str(error)
    assert "our own terms" in str(error)


def test_no_match_lists_the_candidates_and_the_nearest(build: Build) -> None:
    error = refused(build, '<hide anchor="field[partnr]"/>')
    assert "matches nothing in 'orders.order.form'" in error.message
    assert "field[partner]" in error.message
    assert "group[customer]" in error.message
    assert error.hint == "did you mean 'field[partner]'?"


def test_anchors_of_a_sibling_are_refused_naming_both(build: Build) -> None:
    partners = '<form model="partners.partner"><group name="main"><field name="name"/></group></form>'
    crm = '<extend view="partners.partner.form"><after anchor="field[name]"><field name="rating"/></after></extend>'
    loyalty = crm.replace("rating", "loyal_since").replace("field[name]", "field[rating]")
    with pytest.raises(AssemblyError) as caught:
        build(partners=partners, crm=crm, loyalty=loyalty)
    assert "put there by addon 'crm'" in caught.value.message
    assert "'loyalty' does not depend" in caught.value.message


def test_extensions_follow_the_order_of_addons_not_of_files(build: Build) -> None:
    partners = '<form model="partners.partner"><group name="main"><field name="name"/></group></form>'
    crm = '<extend view="partners.partner.form"><after anchor="field[name]"><field name="rating"/></after></extend>'
    loyalty = (
        '<extend view="partners.partner.form"><after anchor="field[name]"><field name="loyal_since"/></after></extend>'
    )
    view = build(loyalty=loyalty, crm=crm, partners=partners).get("partners.partner", "form")
    assert list(view.fields) == ["name", "loyal_since", "rating"]


def test_a_view_of_a_stranger_cannot_be_extended(build: Build) -> None:
    with pytest.raises(AssemblyError, match="'crm' does not depend"):
        build(orders=FORM, crm='<extend view="orders.order.form"><hide anchor="field[due]"/></extend>')


def test_a_view_that_is_not_there(build: Build) -> None:
    with pytest.raises(AssemblyError) as caught:
        build(orders=FORM, loyalty='<extend view="orders.order.frm"><hide anchor="field[due]"/></extend>')
    assert caught.value.hint == "did you mean 'orders.order.form'?"


def test_a_generated_view_can_be_extended(build: Build) -> None:
    crm = '<extend view="partners.contact.form"><hide anchor="field[email]"/></extend>'
    views = build(crm=crm)
    assert "email" not in views.get("partners.contact", "form").fields


def test_the_same_field_twice(build: Build) -> None:
    error = refused(build, '<after anchor="field[partner]"><field name="date"/></after>')
    assert "'field[date]' is there twice" in str(error)


def test_two_views_of_one_name(build: Build) -> None:
    with pytest.raises(AssemblyError, match=r"view 'orders\.order\.list' is there twice"):
        build(orders=LIST, loyalty=LIST)


def test_an_alias_keeps_old_anchors_alive(build: Build) -> None:
    renamed = FORM.replace("</form>", '<alias from="group[client]" to="group[customer]"/></form>')
    text = '<extend view="orders.order.form"><inside anchor="group[client]"><field name="points"/></inside></extend>'
    view = build(orders=renamed, loyalty=text).get("orders.order", "form")
    assert order(view, "group[customer]")[-1] == "field[points]"


def test_an_alias_must_lead_somewhere(build: Build) -> None:
    with pytest.raises(AssemblyError, match="matches nothing"):
        build(orders=FORM.replace("</form>", '<alias from="group[client]" to="group[customr]"/></form>'))


def test_an_alias_cannot_hide_a_node(build: Build) -> None:
    with pytest.raises(AssemblyError, match="there still is a node of that name"):
        build(orders=FORM.replace("</form>", '<alias from="group[terms]" to="group[customer]"/></form>'))


def test_what_is_inserted_must_fit_its_place(build: Build) -> None:
    error = refused(build, '\n<after anchor="field[partner]"><filter name="a" label="A" where="urgent"/></after>')
    assert "<filter> cannot stand in <group>" in error.message
    assert (error.where.addon, error.where.line) == ("loyalty", 3)
