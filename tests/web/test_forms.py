"""Forms: shown, typed, drafted, saved; lines; buttons; refusals."""

from __future__ import annotations

import pytest

from core.env import Env
from core.testing.form import Refused
from core.testing.kit import DoomedDatabase, counting
from tests.sample_addons.shop.models import Line, Order, Partner
from tests.web.conftest import Desk, Shop


def test_a_form_shows_the_record(desk: Desk, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[4]}")
    assert form.value("number") == "SO-5"
    assert form.text("partner") == "Andersen Ventiler"
    assert form.text("partner-city") == "København"
    assert form.value("date") == "2026-01-06"
    assert form.text("net") == "1,000.00 DKK" or form.text("net") == "1,000.00\u00a0DKK"
    assert not form.shows("reason")
    assert [line.text("quantity") for line in form.lines("lines")] == ["5", "5"]
    assert form.buttons == ["Confirm", "Cancel the order", "Copy"]


def test_fields_of_other_groups_are_not_there(desk: Desk, shop: Shop) -> None:
    anna = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    assert not anna.shows("cost")
    assert desk("bent").form(f"/app/shop.order/{shop.orders[0]}").shows("cost")
    partner = desk("anna").form(f"/app/shop.partner/{shop.partners['Andersen']}")
    assert not partner.shows("limit") and not partner.shows("secret")


def test_a_hidden_record_is_like_one_that_never_was(desk: Desk, shop: Shop) -> None:
    anna = desk("anna")
    for key in (shop.orders[5], 999_999):
        with pytest.raises(Refused, match="404"):
            anna.form(f"/app/shop.order/{key}")


def test_an_order_from_nothing(desk: Desk, env: Env, shop: Shop) -> None:
    form = desk("anna").menu("Orders").new()
    form.set("number", "SO-100")
    form.set("partner", "andersen")
    assert form.text("terms") == "terms of Andersen Ventiler"
    assert form.text("partner-city") == "København"
    line = form.add_line("lines")
    line.set("article", "V-2")
    assert line.text("text") == "Gate valve"
    assert line.text("price") == "250.50"
    line.set("quantity", "4")
    assert line.text("net") == "1,002.00"
    assert form.text("net") == "1,002.00"
    line.set("discount", "50")
    assert line.text("net") == "501.00"
    second = form.add_line("lines")
    second.type(article="A-1", quantity="2.5")
    assert form.text("net") == "531.00"
    form.save()
    assert form.id is not None
    assert "Saved" in form.message
    order = env.get(Order, form.id)
    assert order is not None
    assert str(order.net) == "531.0000"
    assert [line.text for line in order.lines] == ["Gate valve", "Actuator"]
    assert order.company is not None and order.company.name == "Nord"


def test_lines_are_changed_moved_and_removed_in_place(desk: Desk, env: Env, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[3]}")
    first, second = form.lines("lines")
    first.set("quantity", "7")
    assert form.text("net").startswith("1,100.00")
    third = form.add_line("lines")
    third.type(text="Freight", price="30")
    third.move(-1)
    third.move(-1)
    second.remove()
    assert form.text("net").startswith("730.00")
    form.save()
    order = env.get(Order, shop.orders[3])
    assert order is not None
    env.session.refresh(order)
    assert [(line.text, int(line.quantity)) for line in order.lines] == [("Freight", 1), ("Ball valve", 7)]
    assert order.row_version > 1


def test_what_was_typed_stays_when_it_cannot_be_read(desk: Desk, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    form.set("discount", "1,5 or so")
    assert "write it like 1,234.50" in form.errors["discount"]
    form.lines("lines")[1].set("price", "many")
    with pytest.raises(Refused, match="422"):
        form.save()
    assert form.value("discount") == "1,5 or so"
    assert form.lines("lines")[1].text("price") == "many"
    assert "is not a number" in form.errors["lines-1-price"]
    form.set("discount", "1.5")
    assert "discount" not in form.errors
    form.lines("lines")[1].set("price", "100")
    form.save()
    assert form.value("discount") == "1.5"


def test_numbers_and_dates_are_read_in_the_users_language(desk: Desk, env: Env, shop: Shop) -> None:
    from tests.sample_addons.shop.models import User

    user = env.session.query(User).filter_by(login="anna").one()
    user.language = "da"
    env.flush()
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    line = form.lines("lines")[0]
    line.set("price", "1.234,56")
    assert line.text("net") == "1.234,56"
    assert line.text("price") == "1234,56"
    form.save()
    assert form.lines("lines")[0].text("net") == "1.234,56"


def test_conditions_show_want_and_close_fields(desk: Desk, env: Env, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    assert not form.shows("reason")
    form.set("urgent", True)
    assert form.shows("reason")
    with pytest.raises(Refused, match="422"):
        form.save()
    assert form.errors["reason"] == "is required"
    form.set("reason", "fair")
    form.set("urgent", False)
    assert not form.shows("reason")
    form.set("urgent", True)
    line = form.lines("lines")[0]
    assert not line.is_editable("discount")
    line.set("quantity", "2")
    assert line.is_editable("discount")


def test_a_change_of_a_rule_overwrites_and_a_later_word_of_the_user_stays(desk: Desk, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    line = form.lines("lines")[0]
    line.set("article", "V-200")
    assert line.text("price") == "250.50"
    line.set("price", "99")
    form.set("note", "PO 1")
    assert line.text("price") == "99.00"
    line.set("article", "A-1", draft=False)
    line.set("price", "5")
    assert line.text("price") == "5.00"
    assert line.text("text") == "Actuator"
    form.save()
    assert form.lines("lines")[0].text("price") == "5.00"


def test_confirming_saves_first_and_says_every_reason_against_it(desk: Desk, env: Env, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    form.lines("lines")[0].set("quantity", "100000")
    for line in form.lines("lines")[1:]:
        line.remove()
    with pytest.raises(Refused, match=r"The order is too large\. Ask for a prepayment"):
        form.click("Confirm")
    assert form.lines("lines")[0].text("quantity") == "100000"
    order = env.get(Order, shop.orders[0])
    assert order is not None
    env.session.refresh(order)
    assert order.state == "draft" and len(order.lines) == 2
    form.lines("lines")[0].set("quantity", "3")
    form.click("Confirm")
    assert "Done: Confirm" in form.message
    assert form.buttons == ["Cancel the order", "Copy"]
    assert not form.is_editable("terms")
    assert not form.lines("lines")[0].is_editable("quantity")


def test_a_closed_control_is_not_listened_to(desk: Desk, env: Env, shop: Shop) -> None:
    anna = desk("anna")
    form = anna.form(f"/app/shop.order/{shop.orders[0]}")
    form.click("Confirm")
    fields = [
        *form.fields(),
        ("terms", "free"),
        ("state", "done"),
        ("cost", "1"),
        ("company", str(shop.syd)),
        ("nosuch", "x"),
    ]
    fields += [("lines-order", "0"), ("lines-removed", ""), ("lines-0-id", "1"), ("lines-0-price", "0")]
    anna.app.post(f"/app/shop.order/{shop.orders[0]}", fields, headers=form.headers)
    order = env.get(Order, shop.orders[0])
    assert order is not None
    env.session.refresh(order)
    assert (order.terms, order.state, order.company.id) == (None, "confirmed", shop.nord)
    assert {line.price for line in order.lines} == {100}


def test_an_action_opens_what_it_answers(desk: Desk, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    form.click("Copy")
    assert form.value("number") == "SO-1-copy"
    assert form.id not in (None, shop.orders[0])


def test_the_same_click_twice_saves_once(desk: Desk, env: Env, shop: Shop) -> None:
    anna = desk("anna")
    form = anna.form("/app/shop.partner/new")
    form.set("name", "Twice")
    fields = form.fields()
    first = anna.app.post("/app/shop.partner/new", fields, headers=form.headers)
    second = anna.app.post("/app/shop.partner/new", fields, headers=form.headers)
    assert first.headers["HX-Redirect"] == second.headers["HX-Redirect"]
    assert env.session.query(Partner).filter_by(name="Twice").count() == 1
    changed = [(name, "Other" if name == "name" else value) for name, value in fields]
    third = anna.app.post("/app/shop.partner/new", changed, headers=form.headers, status=409)
    assert first.headers["HX-Redirect"] in third.text


def test_a_refused_answer_can_be_sent_again_with_the_same_key(desk: Desk) -> None:
    form = desk("anna").form("/app/shop.partner/new")
    with pytest.raises(Refused, match="422"):
        form.save()
    assert form.errors["name"] == "is required"
    form.set("name", "Now with a name")
    form.save()
    assert form.id is not None


def test_a_record_is_created_on_the_way(desk: Desk, env: Env) -> None:
    form = desk("anna").form("/app/shop.order/new")
    form.set("number", "SO-200")
    dialog = form.create("partner", "Brand New")
    assert dialog.value("name") == "Brand New"
    dialog.set("city", "køben")
    form = dialog.save()
    assert form.text("partner") == "Brand New"
    assert form.text("partner-city") == "København"
    form.save()
    assert form.text("partner") == "Brand New"


def test_an_id_that_the_user_may_not_see_is_unknown(desk: Desk, shop: Shop) -> None:
    anna = desk("anna")
    form = anna.form(f"/app/shop.order/{shop.orders[0]}")
    for key in (shop.partners["Sydlige"], 999_999):
        form._controls("partner")[0]["value"] = str(key)
        with pytest.raises(Refused, match="422"):
            form.save()
        assert form.errors["partner"] == "There is no such record."


def test_lookups_find_beginnings_first_and_only_what_may_be_seen(desk: Desk) -> None:
    form = desk("anna").form("/app/shop.order/new")
    assert [one["label"] for one in form.options("partner", "")][:3] == ["Andersen Ventiler", "Børge Ø", "Łukasz"]
    assert [one["label"] for one in form.options("partner", "borge") if one["id"]] == ["Børge Ø"]
    assert [one["label"] for one in form.options("partner", "vent") if one["id"]] == ["Andersen Ventiler"]
    assert [one["label"] for one in form.options("partner", "sydlige") if one["id"]] == []
    assert form.options("partner", "x")[-1]["create"] is True
    line = form.add_line("lines")
    assert [one["label"] for one in form.options(line.name("article"), "v-")] == [
        "V-100 Ball valve",
        "V-200 Gate valve",
    ]


def test_files_go_up_and_come_down_as_what_they_are(desk: Desk, shop: Shop) -> None:
    anna = desk("anna")
    form = anna.form(f"/app/shop.partner/{shop.partners['Andersen']}")
    form.upload("paper", 'x"; <script>.html', b"<script>alert(1)</script>")
    form.save()
    answer = anna.app.get(f"/app/shop.partner/{shop.partners['Andersen']}/file/paper")
    assert answer.body == b"<script>alert(1)</script>"
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    anna.get(f"/app/shop.partner/{shop.partners['Sydlige']}/file/paper", status=404)
    anna.get(f"/app/shop.partner/{shop.partners['Andersen']}/file/name", status=404)


def test_links_to_many(desk: Desk, env: Env, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.partner/{shop.partners['Børge']}")
    assert form.text("tags") == "good"
    form._controls("tags")[0]
    form.set("tags", "late")
    form.save()
    assert form.text("tags") == "late"
    assert form.value("kind") == "person"


def test_delete_duplicate_and_neighbours(desk: Desk, shop: Shop) -> None:
    bent = desk("bent")
    page = bent.list("/app/shop.partner")
    form = page.open("Børge")
    headers = form.headers
    assert (
        bent.app.post(f"{form.url}/duplicate", headers=headers).headers["HX-Redirect"].startswith("/app/shop.partner/")
    )
    bent.app.post(f"{form.url}/delete", headers=headers)
    with pytest.raises(Refused, match="404"):
        bent.form(form.url)
    anna = desk("anna")
    first = anna.form(f"/app/shop.order/{shop.orders[0]}/next", list="sort=number")
    assert first.value("number") == "SO-2"
    assert anna.form(f"/app/shop.order/{shop.orders[1]}/previous", list="sort=number").value("number") == "SO-1"
    assert "last record" in anna.form(f"/app/shop.order/{shop.orders[4]}/next", list="sort=number").message
    assert anna.app.post(f"/app/shop.partner/{shop.partners['Andersen']}/delete", headers=first.headers, status=403)


def test_a_form_and_a_change_take_few_statements(desk: Desk, db: DoomedDatabase, env: Env, shop: Shop) -> None:
    order = env.get(Order, shop.orders[0])
    assert order is not None
    for number in range(18):
        env[Line](order=order, text=f"line {number}", quantity=1, price=number, sequence=100 + number)
    env.flush()
    anna = desk("anna")
    anna.form(f"/app/shop.order/{shop.orders[0]}")
    with counting(db) as statements:
        form = anna.form(f"/app/shop.order/{shop.orders[0]}")
    assert len(statements) <= 3, statements
    assert len(form.lines("lines")) == 20
    form.lines("lines")[3].set("price", "10")
    with counting(db) as statements:
        form.lines("lines")[4].set("quantity", "3")
    assert len(statements) <= 4, statements
    assert not form.changed
