"""Lists and searches: rows by their slots, formatting, links, decorations, groups, rights."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from core.views import View
from tests.views.conftest import LIST, SEARCH, Build
from tests.views.pages import may_all, one, page, row, section, source


@pytest.fixture
def orders(build: Build) -> View:
    return build(orders=LIST).get("orders.order", "list")


def cells(view: View, **given: object) -> list[str]:
    rows = [row(view.slots, dict(view.fields), **given)]
    return [one.text for one in page(view, sections=[section(rows)]).select("tbody td")]


def test_a_row_is_unpacked_by_its_slots(orders: View) -> None:
    told = [(slot.what, slot.path, slot.variable) for slot in orders.slots]
    assert told[:4] == [
        ("id", "id", "row_id"), ("value", "number", "v0"), ("value", "partner", "v1"), ("label", "partner", "v1_label"),
    ]  # fmt: skip
    assert told[-5:] == [
        ("value", "net", "v7"), ("unit", "currency", "v7_unit"), ("flag", "d1", "d1"), ("flag", "d2", "d2"),
        ("flag", "d3", "d3"),
    ]  # fmt: skip


def test_values_are_formatted_in_the_readers_language(orders: View) -> None:
    assert cells(orders) == ["Text", "Andersen", "Text", "05.11.2026", "✓", "Phone", "Draft", "1.234,56 DKK"]


def test_empty_values_are_empty(orders: View) -> None:
    nothing = {slot.variable: None for slot in orders.slots if slot.what != "id"}
    assert cells(orders, **nothing) == [""] * 8


def test_a_currency_that_is_a_column_is_not_repeated(build: Build) -> None:
    text = '<list model="orders.order"><field name="net"/><field name="currency"/></list>'
    view = build(orders=text).get("orders.order", "list")
    assert not [slot for slot in view.slots if slot.what == "unit"]


def test_rows_and_links_open_records(orders: View) -> None:
    soup = page(orders)
    line = one(soup, "tbody tr")
    assert line["data-href"] == "/app/orders.order/41" and line["tabindex"] == "-1"
    links = soup.select("tbody a")
    assert [one["href"] for one in links] == ["/app/orders.order/41", "/app/partners.partner/17"]


def test_a_linked_record_without_label_is_no_link(orders: View) -> None:
    rows = [row(orders.slots, dict(orders.fields), v1_label=None)]
    assert len(page(orders, sections=[section(rows)]).select("tbody a")) == 1


def test_the_first_column_that_one_may_see_leads_to_the_record(orders: View) -> None:
    soup = page(orders, access=may_all(orders, lambda model, field: field != "number"))
    assert soup.select("thead th")[0].text == "Customer"
    first = one(soup, "tbody td a")
    assert first["href"] == "/app/orders.order/41" and first.text == "Andersen"


def test_rows_that_open_a_linked_record(build: Build) -> None:
    text = LIST.replace("<list ", '<list open="salesperson" ')
    view = build(orders=text).get("orders.order", "list")
    rows = [row(view.slots, dict(view.fields), row_open=5), row(view.slots, dict(view.fields), row_open=None)]
    lines = page(view, sections=[section(rows)]).select("tbody tr")
    assert [one.get("data-href") for one in lines] == ["/app/base.user/5", None]


def test_rows_that_do_not_open(build: Build) -> None:
    view = build(orders=LIST.replace("<list ", '<list open="no" ')).get("orders.order", "list")
    assert not page(view).select("[data-href]")


def test_decorations(orders: View) -> None:
    assert [(one.style, one.path) for one in orders.flags.values()] == [
        ("danger", None),
        ("muted", None),
        ("strong", "net"),
    ]
    rows = [row(orders.slots, dict(orders.fields), d1=True, d2=True, d3=True), row(orders.slots, dict(orders.fields))]
    lines = page(orders, sections=[section(rows)]).select("tbody tr")
    assert lines[0]["class"] == ["look-danger"]
    assert "look-strong" in lines[0].select("td")[-1]["class"]
    assert not lines[1].has_attr("class")


def test_a_decoration_that_reads_what_one_may_not(orders: View) -> None:
    access = may_all(orders, lambda model, field: field != "due")
    assert (access.may["d1"], access.may["d2"]) == (False, True)


def test_heads_sort_and_say_how(orders: View) -> None:
    sort = {
        "date": SimpleNamespace(url="?sort=date", direction="descending"),
        "number": SimpleNamespace(url="?sort=number", direction=None),
    }
    heads = {one.text: one for one in page(orders, sort=sort).select("thead th")}
    assert all(one["scope"] == "col" for one in heads.values())
    assert heads["Date"]["aria-sort"] == "descending"
    assert one(heads["Date"], "a")["href"] == "?sort=date"
    assert not heads["Number"].has_attr("aria-sort")
    assert not heads["State"].select("a")


def test_groups_have_a_head_with_sums(orders: View) -> None:
    rows = [row(orders.slots, dict(orders.fields))]
    sums = {"net": row(orders.slots, dict(orders.fields))[-5]}
    groups = [
        section(rows, label="Andersen & Co", count=1200, url="?open=1", sums=sums),
        section([], label="B", open=False),
    ]
    bodies = page(orders, sections=groups, pick=True).select("tbody")
    head = one(bodies[0], "tr.group")
    assert head is not None
    assert head.select("td")[0].text == "Andersen & Co (1.200)"
    assert head.select("td")[0]["colspan"] == "8"
    assert head.select("td")[-1].text == "1.234,56"
    assert one(head, "a")["aria-expanded"] == "true"
    assert one(bodies[1], "tr.group").text == "B"


def test_totals_of_a_list(orders: View) -> None:
    sums = {"net": row(orders.slots, dict(orders.fields))[-5]}
    foot = page(orders, sums=sums).select("tfoot td")
    assert len(foot) == 8 and foot[-1].text == "1.234,56"
    assert not page(orders).select("tfoot")


def test_rows_alone_for_the_next_page(orders: View) -> None:
    soup = page(orders, "rows")
    assert soup.select("tbody tr") and not soup.select("thead, table")


def test_cells_say_their_column_on_a_phone(orders: View) -> None:
    labels = [one["data-label"] for one in page(orders).select("tbody td")]
    assert labels == [node.label for node in orders.columns]


def test_values_are_escaped(orders: View) -> None:
    bad = '"><script>x</script>'
    given = {slot.variable: bad for slot in orders.slots if slot.what in ("value", "label", "unit")}
    rows = [row(orders.slots, dict(orders.fields), **given)]
    assert "<script>" not in source(orders, sections=[section(rows, label=bad, url=bad)])


def test_web_addresses_lead_to_the_web_only(build: Build) -> None:
    text = '<list model="partners.partner" open="no"><field name="name"/><field name="website" widget="url"/></list>'
    view = build(partners=text).get("partners.partner", "list")
    for address, links in (("https://a.dk", 1), ("javascript:alert(1)", 0), (" JavaScript:x", 0), ("a.dk", 0)):
        rows = [row(view.slots, dict(view.fields), v1=address)]
        soup = page(view, sections=[section(rows)])
        assert len(soup.select("tbody a")) == links
        assert soup.select("td")[1].text == address


def test_lists_tell_which_fields_want_an_index(build: Build) -> None:
    assert build(orders=LIST).sorts()["orders.order"] == {"date", "number"}


def test_a_list_without_sort_takes_the_models(build: Build) -> None:
    text = '<list model="partners.partner"><field name="name"/></list>'
    assert build(partners=text).get("partners.partner", "list").sort == ("name",)


# -- search ----------------------------------------------------------------------------------------------------------


def test_a_search(build: Build) -> None:
    view = build(orders=SEARCH).get("orders.order", "search")
    assert [(one.path, one.operator) for one in view.fields.values()] == [
        ("number", "contains"),
        ("partner", "contains"),
    ]
    assert [one.section for one in view.filters.values()] == [0, 0, 1, 1]
    assert view.filters["confirmed"].default
    assert view.group_bys["month"].by == "month"
    soup = page(view)
    assert one(soup, "input[type=search][data-search]")["aria-label"] == "Search"
    assert [one.text for one in soup.select("a")] == ["Drafts", "Confirmed", "Mine", "Good margin", "Customer", "Date"]
    assert one(soup, "a[aria-current]").text == "Confirmed"
    assert len(soup.select("hr")) == 1


def test_a_filter_that_reads_what_one_may_not_is_not_offered(build: Build) -> None:
    view = build(orders=SEARCH).get("orders.order", "search")
    access = may_all(view, lambda model, field: field != "margin")
    assert [one.text for one in page(view, access=access).select("a")][:4] == [
        "Drafts",
        "Confirmed",
        "Mine",
        "Customer",
    ]
