"""Lists: columns, rights, filters, words, expressions, groups, sorting, pages."""

from __future__ import annotations

import pytest

from core.env import Env
from core.testing.form import Refused
from core.testing.kit import DoomedDatabase, counting
from core.web import records
from tests.sample_addons.shop.models import Order, Partner
from tests.web.conftest import Desk, Shop


def test_a_list_shows_values_labels_and_numbers_in_the_readers_way(desk: Desk) -> None:
    found = desk("anna").menu("Orders")
    assert found.heads == ["Number", "Customer", "City", "Date", "State", "Urgent", "Net"]
    assert found.count == "5"
    row = next(one for one in found.rows if one["Number"] == "SO-5")
    assert row["Customer"] == "Andersen Ventiler"
    assert row["City"] == "København"
    assert row["Date"] == "06/01/2026"
    assert row["Net"] == "1,000.00 DKK"


def test_a_user_of_one_company_sees_nothing_of_the_other(desk: Desk) -> None:
    assert desk("dora").menu("Orders").column("Number") == ["XX-1"]
    assert desk("dora").menu("Customers").column("Name") == ["Łukasz", "Sydlige Pumper"]
    assert "XX-1" in desk("bent").menu("Orders").column("Number")


def test_hidden_columns_are_left_out_for_whoever_may_not_read_them(desk: Desk) -> None:
    assert "Cost" not in desk("anna").menu("Orders").heads
    manager = desk("bent").menu("Orders")
    assert next(one for one in manager.rows if one["Number"] == "SO-2")["Cost"] == "200.00 DKK"


def test_a_model_that_may_not_be_read_does_not_exist(desk: Desk) -> None:
    reader = desk("carl")
    for path in (
        "/app/shop.order",
        "/app/shop.user",
        "/app/shop.line",
        "/app/nothing",
        "/app/shop.order/1",
        "/app/shop.order/new",
    ):
        reader.get(path, status=404)
    reader.get("/app/shop.partner", status=200)
    reader.get("/app/shop.partner/new", status=404)


def test_a_label_of_a_hidden_record_is_not_shown(desk: Desk, env: Env, shop: Shop) -> None:
    order = env.get(Order, shop.orders[0])
    assert order is not None
    hidden = env.get(Partner, shop.partners["Łukasz"])
    assert hidden is not None
    order.partner = hidden
    env.flush()
    company = env.get(Order, shop.orders[5])
    assert company is not None and company.company is not None
    hidden.company = company.company
    env.session.flush()
    row = next(one for one in desk("anna").menu("Orders").rows if one["Number"] == "SO-1")
    assert row["Customer"] == ""
    assert row["City"] == ""


def test_filters_words_and_expressions_narrow_a_list(desk: Desk) -> None:
    anna = desk("anna")
    assert anna.list("/app/shop.order", filter="urgent").column("Number") == ["SO-2"]
    assert anna.list("/app/shop.order", filter="drafts,confirmed,urgent").column("Number") == ["SO-2"]
    assert anna.menu("Orders").search("so-3").column("Number") == ["SO-3"]
    assert anna.menu("Orders").search("lukasz").column("Number") == ["SO-4", "SO-2"]
    assert anna.menu("Orders").search("number:5 andersen").column("Number") == ["SO-5"]
    assert anna.menu("Orders").search("nothing-like-it").rows == []
    assert anna.list("/app/shop.order", where="net > 600 and partner.name == 'Andersen Ventiler'").column("Number") == [
        "SO-5"
    ]


def test_a_wrong_expression_is_shown_where_it_is_wrong(desk: Desk) -> None:
    page = desk("anna").list("/app/shop.order", where="net > ")
    assert page.page.select_one("#where-error") is not None
    assert page.rows == []


@pytest.mark.parametrize("channel", ["where", "sort", "group", "q"])
def test_a_hidden_field_cannot_be_asked_for_by_any_way(desk: Desk, channel: str) -> None:
    values = {"where": "cost > 0", "sort": "-cost", "group": "cost", "q": "secret:canary"}
    path = "/app/shop.partner" if channel == "q" else "/app/shop.order"
    hidden = desk("anna").list(path, **{channel: values[channel]})
    unknown = desk("anna").list(
        path, **{channel: values[channel].replace("cost", "nosuch").replace("secret", "nosuch")}
    )
    assert [sorted(row.items()) for row in hidden.rows] == [sorted(row.items()) for row in unknown.rows]
    if channel == "where":
        said = str(hidden.page.select_one("#where-error")).replace("cost", "nosuch")
        assert said == str(unknown.page.select_one("#where-error")) and "nosuch" in said
    assert desk("bent").list("/app/shop.order", where="cost > 0").rows


def test_a_link_hides_the_secrets_of_what_it_leads_to(desk: Desk) -> None:
    assert desk("bent").list("/app/shop.order", where="partner.secret == 'canary'").rows
    page = desk("anna").list("/app/shop.order", where="partner.secret == 'canary'")
    assert page.rows == [] and page.page.select_one("#where-error") is not None


def test_groups_count_and_add_up_and_unfold(desk: Desk) -> None:
    page = desk("anna").list("/app/shop.order", group="partner")
    assert page.groups == ["Andersen Ventiler (3)", "Łukasz (2)"]
    assert page.rows == []
    opened = page.follow("Łukasz")
    assert opened.column("Number") == ["SO-4", "SO-2"]
    assert desk("anna").list("/app/shop.order", group="month").groups == ["January 2026 (4)", "(empty) (1)"] or desk(
        "anna"
    ).list("/app/shop.order", group="month").groups == ["(empty) (1)", "January 2026 (4)"]
    assert desk("anna").list("/app/shop.order", group="state").groups == ["Draft (5)"]


def test_a_head_sorts_and_sorts_the_other_way(desk: Desk) -> None:
    page = desk("anna").menu("Orders").follow("Number")
    assert page.column("Number") == ["SO-1", "SO-2", "SO-3", "SO-4", "SO-5"]
    assert page.follow("Number").column("Number") == ["SO-5", "SO-4", "SO-3", "SO-2", "SO-1"]
    assert desk("anna").list("/app/shop.order", sort="net").column("Number")[0] == "SO-1"
    assert desk("anna").list("/app/shop.order", sort="partner,-number").column("Number") == [
        "SO-5",
        "SO-3",
        "SO-1",
        "SO-4",
        "SO-2",
    ]


@pytest.mark.parametrize(
    "sort", ["-date,number", "date", "number", "-net", "partner", "-partner", "urgent,-date", "-partner.city"]
)
def test_pages_by_key_hold_every_row_once_and_lead_back(desk: Desk, monkeypatch: pytest.MonkeyPatch, sort: str) -> None:
    anna = desk("anna")
    whole = anna.list("/app/shop.order", sort=sort).column("Number")
    assert len(whole) == 5
    monkeypatch.setattr(records.read_page, "__defaults__", (2, True))
    page = anna.list("/app/shop.order", sort=sort)
    seen = [page.column("Number")]
    while page.page.select_one("a[rel=next]"):
        page = page.follow("Next page")
        assert page.count == "5"
        seen.append(page.column("Number"))
    assert [number for rows in seen for number in rows] == whole
    assert [len(rows) for rows in seen] == [2, 2, 1]
    back = page.follow("← Previous page")
    assert back.column("Number") == seen[1]
    assert back.follow("← Previous page").column("Number") == seen[0]


def test_a_changed_cursor_starts_at_the_beginning(desk: Desk) -> None:
    for cursor in ("nonsense", "[1]", '["x","y","z"]', "[[],{},null]"):
        assert len(desk("anna").list("/app/shop.order", sort="-date,number", after=cursor).rows) == 5


def test_counting_stops_and_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "COUNT_LIMIT", 3)
    monkeypatch.setattr(records.read_page, "__defaults__", (2, True))
    assert desk("anna").list("/app/shop.order").count == "10,000+"


def test_a_list_page_takes_few_statements(desk: Desk, db: DoomedDatabase) -> None:
    anna = desk("anna")
    anna.list("/app/shop.order")
    with counting(db) as statements:
        anna.list("/app/shop.order")
    assert len(statements) <= 3, statements


def test_a_column_is_chosen_for_the_session(desk: Desk) -> None:
    anna = desk("anna")
    page = anna.menu("Orders")
    assert "Terms" not in page.heads
    form = next(one for one in anna.get(page.url).forms.values() if "column" in one.fields)
    form["column"].checked = True
    form.submit(status=303)
    assert "Terms" in anna.menu("Orders").heads
    assert "Terms" not in desk("anna").menu("Orders").heads


def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    page = desk("anna").list("/app/shop.tag", where="name == 'x'")
    assert "No record fits" in str(page.page)


def test_nothing_is_created_where_nothing_may(desk: Desk) -> None:
    with pytest.raises(Refused):
        desk("carl").menu("Customers").new()
