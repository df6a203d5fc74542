"""What a form looks like: the page's contract (docs/frontend.md), rights, conditions; nobody breaks out of it."""

from __future__ import annotations

from decimal import Decimal
from xml.sax.saxutils import quoteattr

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.views import View
from tests.views.conftest import Build
from tests.views.pages import Yes, context, line, may_all, one, page, source


def test_a_field_is_label_control_and_help(form: View) -> None:
    wrapper = one(page(form), "#w-partner")
    assert "field" in wrapper["class"] and "required" in wrapper["class"]
    assert one(wrapper, "label[for=partner-text]") is not None  # the words of a lookup
    assert one(wrapper, "#h-partner").text == "Who pays"


def test_a_field_that_cannot_be_edited_is_not_marked_as_required(form: View) -> None:
    wrapper = one(page(form, edit=Yes(partner=False)), "#w-partner")
    assert "required" not in wrapper["class"]
    assert one(wrapper, "label[for=partner]")


def test_errors_are_said_to_screen_readers(form: View) -> None:
    error = one(page(form, err={"due": ["too early", "<b>"]}), "#w-due #e-due")
    assert error["role"] == "alert"
    assert error.text == "too early <b>"


def test_what_a_principal_may_not_read_is_not_there(form: View) -> None:
    access = may_all(form, lambda model, field: field not in ("margin", "price", "city"))
    soup = page(form, access=access)
    assert not soup.select("#w-margin, #w-partner-city, #w-lines-0-price")
    assert one(soup, "#w-date") and one(soup, "#w-lines-0-quantity")
    assert [th.text for th in soup.select("[data-lines] thead th[scope=col]")][:3] == ["Article", "Text", "Quantity"]


def test_a_box_in_which_nothing_is_left_is_not_shown(form: View) -> None:
    access = may_all(form, lambda model, field: field not in ("margin", "date"))
    assert access.shown["group[terms]"] is False
    assert not page(form, access=access).select("#w-group-terms")


def test_a_node_for_a_group(form: View) -> None:
    access = form.access(lambda model, field: True, lambda group: group != "orders.manager")
    assert access.shown["group[terms]"] is False


def test_a_field_hidden_by_its_condition_leaves_an_empty_place(form: View) -> None:
    condition = form.fields["due"].visible_if
    assert condition
    on = dict.fromkeys(form.conditions, True) | {condition: False}
    wrapper = one(page(form, on=on), "#w-due")
    assert wrapper.has_attr("hidden") and not wrapper.contents


def test_conditions_name_node_and_kind(form: View) -> None:
    told = {(one.kind, one.anchor, one.lines) for one in form.conditions.values()}
    assert ("visible", "field[due]", None) in told
    assert ("required", "field[due]", None) in told
    assert ("readonly", "lines[lines]/field[price]", "lines") in told
    assert ("visible", "lines[lines]/field[delivery]", None) in told
    assert {"state", "urgent"} <= form.needs
    assert "free" not in form.needs


def test_the_status_bar_says_where_the_record_is(form: View) -> None:
    steps = page(form, value={"state": "confirmed"}).select("ol.status > li")
    assert [one.text for one in steps] == ["Draft", "Confirmed", "Done"]
    assert [one.get("aria-current") for one in steps] == [None, "step", None]
    aside = page(form, value={"state": "cancelled"}).select("ol.status > li")
    assert aside[-1].text == "Cancelled" and aside[-1]["aria-current"] == "step"


def test_buttons(form: View) -> None:
    soup = page(form)
    confirm, cancel = one(soup, "button[value=confirm]"), one(soup, "button[value=cancel]")
    assert confirm and cancel
    assert confirm["formaction"] == "/app/orders.order/17/do/confirm"
    assert confirm["name"] == "_do"
    assert cancel["data-confirm"] == "Really cancel it?"
    assert not page(form, can=Yes(confirm=False)).select("button[value=confirm]")
    hidden = {form.buttons["copy_to_offer"].visible_if or "": False}
    assert not page(form, on=dict.fromkeys(form.conditions, True) | hidden).select("button[value=copy_to_offer]")


def test_tabs_have_their_roles_and_open_the_first_that_is_there(form: View) -> None:
    soup = page(form)
    tabs, panes = soup.select("[role=tab]"), soup.select("[role=tabpanel]")
    assert [one["aria-selected"] for one in tabs] == ["true", "false"]
    assert [one["data-bs-target"] for one in tabs] == [f"#{one['id']}" for one in panes]
    assert [one["aria-labelledby"] for one in panes] == [one["id"] for one in tabs]
    access = may_all(form)
    access.shown["page[lines]"] = False
    assert one(page(form, access=access), "[role=tab][aria-selected=true]").text == "More"


def test_a_page_hidden_by_its_condition_is_empty_and_cannot_be_opened(form: View) -> None:
    on = dict.fromkeys(form.conditions, True) | {form.boxes["page[more]"].visible_if or "": False}
    soup = page(form, on=on)
    pane = one(soup, "#w-page-more")
    assert pane and pane.has_attr("hidden") and not pane.contents
    assert [tab.text for tab in soup.select("li[hidden] > [role=tab]")] == ["More"]


def test_groups_are_fieldsets_with_a_legend(form: View) -> None:
    legends = [one.text for one in page(form).select("fieldset > legend")]
    assert legends == ["Customer", "Terms"]


# -- lines -----------------------------------------------------------------------------------------------------------


def test_lines_keep_the_contract_of_the_script(form: View) -> None:
    soup = page(form)
    block = one(soup, "[data-lines=lines]")
    assert block["id"] == "w-lines" and block["data-next-key"] == "1"
    assert one(block, "input[name=lines-order]")["value"] == "0"
    assert one(block, "input[name=lines-removed]")["value"] == ""
    assert one(block, "[data-lines-rows] > tr[data-row='0'] input[name=lines-0-id]")["value"] == "41"
    blank = BeautifulSoup(one(block, "template[data-lines-template]").decode_contents(), "html.parser")
    assert one(blank, "tr")["data-row"] == "__key__"
    assert one(blank, "input[name=lines-__key__-id]")["value"] == ""
    assert one(blank, "#lines-__key__-quantity")
    assert {"data-line-up", "data-line-down", "data-line-remove"} <= {
        hook for button in block.select("tr[data-row='0'] button") for hook in button.attrs
    }


def test_inputs_by_kind(form: View) -> None:
    soup = page(form)
    assert one(soup, "#lines-0-quantity")["inputmode"] == "decimal"
    assert one(soup, "#lines-0-quantity")["value"] == "3,5"
    assert one(soup, "#lines-0-price")["value"] == "1234,56"
    assert one(soup, "#lines-0-delivery")["type"] == "date"
    assert one(soup, "#lines-0-delivery")["value"] == "2026-11-05"
    assert one(soup, "#lines-0-free").has_attr("checked")
    assert one(soup, "select#lines-0-kind option[selected]")["value"] == "goods"
    lookup = one(soup, "#w-lines-0-article [data-lookup]")
    assert lookup["data-url"] == "/app/orders.order/lookup?field=lines.article"
    assert one(lookup, "input[type=hidden]#lines-0-article")["value"] == "17"
    assert one(lookup, "input[type=text]#lines-0-article-text")["value"] == "Andersen"
    assert one(soup, "#w-lines-0-net .value").text.startswith("1.234,56")
    assert not soup.select("#lines-0-net")


def test_every_input_of_a_line_has_a_name_for_screen_readers(form: View) -> None:
    controls = page(form).select("[data-lines-rows] :is(input:not([type=hidden]), select, textarea)")
    assert len(controls) == 7
    assert all(one["aria-label"] for one in controls)
    assert all(cell["data-label"] for cell in page(form).select("[data-lines-rows] td:not(.line-tools)"))


def test_what_was_typed_and_not_understood_is_shown_again(form: View) -> None:
    rows = context(form)["lines"]
    rows["lines"].rows = [line(form.lines["lines"], v2='1,x"', row_errors={"quantity": ["must be a number"]})]
    cell = one(page(form, lines=rows), "#w-lines-0-quantity")
    control = one(cell, "input")
    assert control["value"] == '1,x"' and control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "e-lines-0-quantity"
    assert one(cell, "#e-lines-0-quantity").text == "must be a number"


def test_conditions_of_a_line(form: View) -> None:
    column = next(one for one in form.lines["lines"].columns if one.path == "price")
    rows = context(form)["lines"]
    rows["lines"].rows = [line(form.lines["lines"], row_on=Yes({column.readonly_if or "": True}))]
    assert not page(form, lines=rows).select("#lines-0-price")
    rows["lines"].rows = [line(form.lines["lines"], row_on=Yes({column.readonly_if or "": False}))]
    assert page(form, lines=rows).select("#lines-0-price")


def test_lines_that_cannot_be_changed_are_values(form: View) -> None:
    soup = page(form, edit=Yes(lines=False))
    block = one(soup, "[data-lines=lines]")
    assert block.has_attr("data-readonly")
    assert not block.select("input, select, textarea, template, button")
    assert one(block, "#w-lines-0-quantity").text == "3,5 DKK"


def test_sums_stand_below_their_column(form: View) -> None:
    assert one(page(form), "tfoot #w-lines-sum-net").text == "99,50"


def test_lines_that_are_not_owned_open_their_records(build: Build) -> None:
    text = (
        '<form model="partners.partner"><lines field="contacts"><field name="name"/>'
        '<field name="email" widget="email"/></lines></form>'
    )
    view = build(partners=text).get("partners.partner", "form")
    soup = page(view)
    assert not view.lines["contacts"].editable
    assert one(soup, "#w-contacts-0-name a")["href"] == "/app/partners.contact/41"
    assert one(soup, "#w-contacts-0-email a")["href"] == "mailto:Text"
    assert not soup.select("input")


# -- parts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "ident"),
    [("due", "w-due"), ("partner.city", "w-partner-city"), ("group[terms]", "w-group-terms"), ("header", "w-header"),
     ("lines", "w-lines"), ("page[more]", "w-page-more"), ("totals[totals]", "w-totals-totals"),
     ("tabs[tabs]/strip", "w-tabs-tabs")],
)  # fmt: skip
def test_each_part_can_be_drawn_alone(form: View, what: str, ident: str) -> None:
    soup = page(form, what)
    assert [one["id"] for one in soup.find_all(recursive=False)] == [ident]
    assert str(soup) in str(page(form))


def test_a_cell_of_a_line_can_be_drawn_alone(form: View) -> None:
    lines = form.lines["lines"]
    soup = page(form, "lines.quantity", row=line(lines, v2=Decimal(7)))
    assert [found["id"] for found in soup.find_all(recursive=False)] == ["w-lines-0-quantity"]
    assert one(soup, "input")["value"] == "7"
    assert str(page(form, "lines.price", row=line(lines))) in str(page(form))


def test_the_sum_of_a_column_can_be_drawn_alone(form: View) -> None:
    soup = page(form, "lines+net")
    assert str(soup) in str(page(form))
    assert [found["id"] for found in soup.find_all(recursive=False)] == ["w-lines-sum-net"]


def test_a_part_that_is_not_there(form: View) -> None:
    for part in ("duee", "group[x]", "linez.article", "partner.name"):
        with pytest.raises(LookupError):
            page(form, part)


def test_ids_of_a_dialog_are_its_own_and_names_are_not(form: View) -> None:
    soup = page(form, pre="d1-")
    assert not soup.select("#w-due, #lines-0-quantity, #w-header")
    assert one(soup, "#w-d1-due label[for=d1-due]")
    assert one(soup, "input#d1-lines-0-quantity[name=lines-0-quantity]")
    assert all(soup.select(str(tab["data-bs-target"])) for tab in soup.select("[role=tab]"))


def test_ids_are_unique(form: View) -> None:
    ids = [one["id"] for one in page(form).select("[id]")]
    assert len(ids) == len(set(ids))


# -- what a view says can never become code --------------------------------------------------------------------------

NASTY = [
    '{{ 7*7 }}', '{% if true %}x{% endif %}', '"}}{{ app }}', "'}}{% raw %}", "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "{# note #}", "\\", "\n{{ t }}", "%}{{ here }}",
    "\u2028{{ here }}", "𝕏{{ here }}",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
def test_texts_of_a_view_are_shown_as_they_are(build: Build, text: str) -> None:
    _shown_as_it_is(build, text)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.sampled_from("{}%#\"'<>&\\/ abt\u00e6\u2028x1="), min_size=1, max_size=24).filter(
        lambda text: text.strip()
    )
)
def test_any_text_of_a_view_is_shown_as_it_is(build: Build, text: str) -> None:
    _shown_as_it_is(build, text)


def _shown_as_it_is(build: Build, text: str) -> None:
    quoted = quoteattr(text)
    view = build(
        orders=f'<form model="orders.order"><group name="main" label={quoted}>'
        f'<field name="note" label={quoted} help={quoted}/><note text={quoted}/></group></form>'
    ).get("orders.order", "form")
    kept = view.fields["note"].label
    soup = page(view)
    assert one(soup, "legend").text == kept
    assert one(soup, "label[for=note]").text == kept
    assert one(soup, "#h-note").text == kept
    assert not soup.select("script, img")


def test_expressions_never_reach_the_template(form: View) -> None:
    assert form.conditions
    for condition in form.conditions.values():
        if not condition.expression.text.isidentifier():
            assert condition.expression.text not in form.template_source


def test_values_are_escaped(form: View) -> None:
    rows = context(form)["lines"]
    rows["lines"].rows = [line(form.lines["lines"], v0_label='"><script>x</script>', v1="</textarea><script>")]
    html = source(form, lines=rows)
    assert "<script>" not in html
