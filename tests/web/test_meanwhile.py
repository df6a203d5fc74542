"""What others do in the meantime: conflicts, deleted records, ended sessions, two tabs, busy databases."""

from __future__ import annotations

import pytest

from core.env import Env
from core.testing.form import Refused
from tests.sample_addons.shop.models import Order, Partner
from tests.web.conftest import Desk, Shop


def test_changes_of_different_fields_are_merged(desk: Desk, env: Env, shop: Shop) -> None:
    anna, bent = desk("anna"), desk("bent")
    mine, theirs = anna.form(f"/app/shop.order/{shop.orders[0]}"), bent.form(f"/app/shop.order/{shop.orders[0]}")
    theirs.set("note", "from Bent")
    theirs.lines("lines")[1].set("quantity", "9")
    theirs.save()
    mine.set("terms", "from Anna")
    mine.lines("lines")[0].set("price", "77")
    mine.save()
    assert "Both changes are kept" in mine.message
    assert (mine.value("terms"), mine.value("note")) == ("from Anna", "from Bent")
    assert [(line.text("quantity"), line.text("price")) for line in mine.lines("lines")] == [
        ("1", "77.00"),
        ("9", "100.00"),
    ]


def test_changes_of_the_same_field_are_shown_side_by_side(desk: Desk, env: Env, shop: Shop) -> None:
    mine = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    theirs = desk("bent").form(f"/app/shop.order/{shop.orders[0]}")
    theirs.type(note="theirs", discount="5", terms="free")
    theirs.save()
    mine.type(note="mine", discount="7")
    with pytest.raises(Refused, match="409"):
        mine.save()
    assert "mine theirs" in " ".join(mine.message.split())
    assert mine.value("note") == "mine"
    assert mine.value("terms") == "free"
    order = env.get(Order, shop.orders[0])
    assert order is not None
    env.session.refresh(order)
    assert order.note == "theirs"
    for radio in mine._controls("_keep-note"):
        if radio["value"] == "theirs":
            radio["checked"] = ""
        else:
            del radio["checked"]
    mine.save()
    assert (mine.value("note"), mine.value("discount"), mine.value("terms")) == ("theirs", "7", "free")


def test_a_line_that_somebody_removed_stays_if_i_changed_it(desk: Desk, env: Env, shop: Shop) -> None:
    mine = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    theirs = desk("bent").form(f"/app/shop.order/{shop.orders[0]}")
    theirs.lines("lines")[0].remove()
    theirs.add_line("lines").type(text="theirs", price="1")
    theirs.save()
    mine.lines("lines")[0].set("text", "mine")
    with pytest.raises(Refused, match="409"):
        mine.save()
    assert mine.lines("lines")[0].text("text") == "mine"
    mine.save()
    assert sorted(line.text("text") for line in mine.lines("lines")) == ["Ball valve", "mine", "theirs"]


def test_what_others_added_is_not_lost_by_saving(desk: Desk, shop: Shop) -> None:
    mine = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    theirs = desk("bent").form(f"/app/shop.order/{shop.orders[0]}")
    theirs.add_line("lines").type(text="added", price="1")
    theirs.save()
    mine.set("terms", "mine")
    mine.save()
    assert [line.text("text") for line in mine.lines("lines")] == ["Ball valve", "Ball valve", "added"]


def test_a_button_without_scripts_meets_the_conflict_on_a_page(desk: Desk, shop: Shop) -> None:
    anna = desk("anna")
    mine = anna.form(f"/app/shop.order/{shop.orders[0]}")
    theirs = desk("bent").form(f"/app/shop.order/{shop.orders[0]}")
    theirs.set("note", "theirs")
    theirs.save()
    mine.set("note", "mine")
    token = {"X-CSRF-Token": mine.headers["X-CSRF-Token"]}
    answer = anna.app.post(mine.url, mine.fields(), headers=token, status=409)
    assert "theirs" in answer.text and ">mine</textarea>" in answer.text.replace("\n", "")
    other = anna.form(f"/app/shop.order/{shop.orders[2]}")
    wrong = [(name, "x" if name == "discount" else value) for name, value in other.fields()]
    answer = anna.app.post(other.url, wrong, headers=token, status=422)
    assert 'value="x"' in answer.text


def test_a_deleted_record_leaves_what_was_typed(desk: Desk, env: Env, shop: Shop) -> None:
    anna = desk("anna")
    form = anna.form(f"/app/shop.partner/{shop.partners['Børge']}")
    env.delete(env.get(Partner, shop.partners["Børge"]))
    env.flush()
    with pytest.raises(Refused, match="no longer exists"):
        form.set("email", "b@example.dk")
    with pytest.raises(Refused, match="no longer exists"):
        form.save()
    assert form.value("email") == "b@example.dk"
    button = form.page.select_one("[data-save-as-new]")
    assert button is not None and button["formaction"] == "/app/shop.partner/new"
    form._submit(str(button["formaction"]))
    assert form.value("email") == "b@example.dk"
    assert form.id != shop.partners["Børge"]
    token = {"X-CSRF-Token": form.headers["X-CSRF-Token"]}
    env.delete(env.get(Partner, form.id))
    env.flush()
    answer = anna.app.post(form.url, form.fields(), headers=token, status=404)
    assert 'value="b@example.dk"' in answer.text and 'action="/app/shop.partner/new"' in answer.text


def test_a_page_older_than_its_session_keeps_its_values(desk: Desk, shop: Shop) -> None:
    anna = desk("anna")
    form = anna.form(f"/app/shop.order/{shop.orders[0]}")
    anna.app.reset()
    with pytest.raises(Refused, match="401"):
        form.save()
    again = desk("anna")
    form.client = again
    form.headers["X-CSRF-Token"] = again.form(f"/app/shop.order/{shop.orders[0]}").headers["X-CSRF-Token"]
    form.set("note", "typed before")
    form.save()
    assert form.value("note") == "typed before"


def test_a_stale_token_is_told_apart_from_a_missing_right(desk: Desk, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    form.headers["X-CSRF-Token"] = "0" * 64
    for control in form._controls("csrf_token"):
        control["value"] = "0" * 64
    with pytest.raises(Refused, match="out of date"):
        form.save()


def test_rights_that_end_while_a_page_is_open(desk: Desk, env: Env, shop: Shop) -> None:
    form = desk("anna").form(f"/app/shop.order/{shop.orders[0]}")
    form.page.select_one("#w-row_version")
    from tests.sample_addons.shop.models import User

    user = env.session.query(User).filter_by(login="anna").one()
    user.groups = "shop.reader"
    env.flush()
    from core.web import visits

    assert env.db is not None
    visits.forget_principals(env.db)
    with pytest.raises(Refused, match="404"):
        form.save()
