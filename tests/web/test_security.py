"""What strangers, other sites and curious colleagues try, and that nothing comes of it, in answers and in rows."""

from __future__ import annotations

import datetime
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from webtest import TestApp

from core.env import Env
from core.schema import tables
from core.testing.kit import DoomedDatabase
from core.web import visits
from core.web.dispatch import Dispatcher, Entry
from tests.sample_addons.shop.models import Line, Order, Partner, User
from tests.web.attack import changed, fields_of, raw, rows, token_of
from tests.web.conftest import Login, Shop

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


# -- every answer ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/app", 200),
        ("GET", "/app/shop.order", 200),
        ("HEAD", "/app/shop.order", 200),
        ("GET", "/app/shop.order/lookup?field=partner", 200),
        ("GET", "/login", 200),
        ("GET", "/health", 200),
        ("GET", "/", 303),
        ("GET", "/nothing", 404),
        ("GET", "/app/nothing", 404),
        ("GET", "/app/shop.order/99999999", 404),
        ("GET", "/static/dist/nothing.js", 404),
        ("GET", "/static/dist/manifest.json", 200),
        ("GET", "/app/%ff", 400),
        ("GET", "/%ff", 400),
        ("GET", "/login?next=%ff", 400),
        ("GET", "/app/shop.order?q=%ff", 400),
        ("GET", "/app/shop.order?q=a%00b", 400),
        ("OPTIONS", "/app/shop.order", 404),
        ("TRACE", "/app/shop.order", 404),
        ("PUT", "/app/shop.order/1", 404),
        ("DELETE", "/app/shop.order/1", 404),
        ("GET", "/app/shop.order/1/delete", 404),
        ("GET", "/app/shop.order/1/do/confirm", 404),
        ("GET", "/logout", 404),
        ("POST", "/app/shop.order/1/draft", 403),
        ("POST", "/nothing", 404),
    ],
)
def test_every_answer_is_closed_to_others(
    browser: Login, application: Dispatcher, method: str, path: str, status: int
) -> None:
    found, headers, text = raw(application, browser("anna"), path, REQUEST_METHOD=method)
    assert found == status
    for name, value in HEADERS.items():
        assert headers[name] == value, name
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["X-Request-Id"]
    if "/static/dist/manifest" not in path:
        assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers
    assert "Traceback" not in text and "SELECT" not in text
    assert not text or method != "HEAD"


def test_an_error_of_ours_tells_a_number_and_nothing_else(
    browser: Login, shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(*args: Any) -> None:
        raise RuntimeError("SELECT secret FROM /home/somebody")

    app = browser("anna")
    monkeypatch.setattr("core.web.form_page.FormPage.data", explode)
    with caplog.at_level(logging.ERROR):
        answer = app.get(f"/app/shop.order/{shop.orders[0]}", status=500)
    for word in ("secret", "SELECT", "RuntimeError", "Traceback", "form_page", "/home"):
        assert word not in answer.text
    number = answer.headers["X-Request-Id"]
    assert number in answer.text
    assert any(number in one.getMessage() for one in caplog.records)


def test_even_a_broken_error_page_is_an_answer_of_ours(browser: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*args: Any, **values: Any) -> None:
        raise RuntimeError("secret")

    app = browser("anna")
    monkeypatch.setattr("core.web.errors.page", explode)
    answer = app.get("/app/nothing", status=500)
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_behind_https_the_browser_is_told_to_stay_there(application: Dispatcher, shop: Shop) -> None:
    app = TestApp(application, extra_environ={"wsgi.url_scheme": "https", "REMOTE_ADDR": "127.0.0.1"})
    form = app.get("/login").forms[0]
    form["login"], form["password"] = "anna", "secret"
    answer = form.submit(status=303)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = next(one for one in answer.headers.getall("Set-Cookie") if one.startswith("__Host-kontor="))
    assert {"secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_cookies_are_for_this_site_and_no_script(browser: Login) -> None:
    app = browser()
    page = app.get("/login")
    form = page.forms[0]
    form["login"], form["password"] = "anna", "secret"
    answer = form.submit(status=303)
    for line in [*page.headers.getall("Set-Cookie"), *answer.headers.getall("Set-Cookie")]:
        assert "HttpOnly" in line or "Max-Age=0" in line
        assert "SameSite" in line or "Max-Age=0" in line
        assert "Domain" not in line


def test_a_setting_makes_cookies_secure_whatever_the_proxy_says(application: Dispatcher, shop: Shop) -> None:
    application.secure = True
    assert "secure" in TestApp(application).get("/login").headers["Set-Cookie"]
    made = Dispatcher.from_settings({"kontor.secure_cookies": "true"})
    assert made.secure and not Dispatcher.from_settings({"kontor.secure_cookies": "false"}).secure


def test_a_host_that_nobody_named_gets_nobodys_data(db: DoomedDatabase) -> None:
    one = Dispatcher([Entry(db.name, str(db.url), ("erp.example",))])
    one._open[db.name] = db
    for host, status in (
        ("erp.example", 200),
        ("ERP.example:8080", 200),
        ("erp.example.", 200),
        ("evil.example", 404),
        ("erp.example@evil.example", 404),
        ("erp.example:80@evil.example", 404),
        ("", 404),
        ("[::1]:80", 404),
    ):
        found, headers, _text = raw(one, TestApp(one), "/login", HTTP_HOST=host)
        assert found == status, host
        assert headers["X-Content-Type-Options"] == "nosniff"


# -- forged requests ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        (False, {}),
        (True, {"Origin": "https://evil.example"}),
        (True, {"Origin": "null"}),
        (True, {"Origin": "http://localhost.evil.example"}),
        (True, {"Origin": "http://localhost:8081"}),
        (True, {"Referer": "https://evil.example/app"}),
        (True, {"Sec-Fetch-Site": "cross-site"}),
        (True, {"Sec-Fetch-Site": "same-site"}),
        (True, {"Origin": "http://["}),
    ],
)
def test_a_forged_request_writes_nothing(
    browser: Login, env: Env, shop: Shop, token: bool, headers: dict[str, str]
) -> None:
    app = browser("anna")
    url = f"/app/shop.order/{shop.orders[0]}"
    fields = changed(fields_of(app, url), number="forged")
    if not token:
        fields = [one for one in fields if one[0] != "csrf_token"]
    before = rows(env, Order, Line, Partner)
    for path in (url, f"{url}/draft", f"{url}/do/confirm", f"{url}/delete", f"{url}/duplicate", "/app/shop.order/new"):
        app.post(path, fields, headers=headers, status=403)
        app.post(path, fields, headers={**headers, "HX-Request": "true"}, status=403)
    app.post("/logout", fields, headers=headers, status=403)
    app.post("/choose", [*fields, ("language", "da")], headers=headers, status=403)
    assert rows(env, Order, Line, Partner) == before
    assert app.get("/app").status_int == 200


def test_a_token_of_somebody_else_is_none(browser: Login, shop: Shop) -> None:
    theirs = token_of(browser("bent"))
    browser("anna").post("/choose", {"language": "da", "csrf_token": theirs}, status=403)


def test_a_body_that_is_no_form_carries_no_token(browser: Login) -> None:
    app = browser("anna")
    for kind in ("text/plain", "application/json", ""):
        body = f"csrf_token={token_of(app)}&language=da".encode()
        app.post("/choose", body, headers={"Content-Type": kind}, status=403)


def test_a_log_in_from_another_site_is_refused(browser: Login) -> None:
    app = browser()
    form = app.get("/login").forms[0]
    form["login"], form["password"] = "anna", "secret"
    form.submit(headers={"Origin": "https://evil.example"}, status=403)
    assert "kontor" not in app.cookies
    app.post("/login", {"login": "anna", "password": "secret", "token": "x"}, status=403)
    app.reset()
    app.post("/login", {"login": "anna", "password": "secret", "token": ""}, status=403)
    assert "kontor" not in app.cookies


# -- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_chosen_by_somebody_else_is_not_taken_over(browser: Login, db: DoomedDatabase, env: Env) -> None:
    app = browser("anna")
    old = app.cookies["kontor"]
    form = app.get("/login").forms[0]
    form["login"], form["password"] = "anna", "secret"
    form.submit(status=303)
    assert app.cookies["kontor"] != old
    stored = db.shared.scalars(sa.select(tables.session.c.token_hash)).all()
    assert visits.hashed(old) not in stored, "the session before the log-in is over"
    assert visits.hashed(app.cookies["kontor"]) in stored
    assert app.cookies["kontor"] not in stored, "the table does not hold what the cookie does"


def test_a_user_who_is_switched_off_is_out_at_once(browser: Login, env: Env) -> None:
    anna, other = browser("anna"), browser("bent")
    anna.get("/app", status=200)
    user: Any = env.session.scalars(sa.select(env.info(User).cls).where(User.login == "anna")).one()
    user.active = False
    env.flush()
    assert anna.get("/app", status=303).location.endswith("/login")
    anna.post("/app/shop.order/1/draft", {"number": "x"}, headers={"HX-Request": "true"}, status=401)
    other.get("/app", status=200)
    form = anna.get("/login").forms[0]
    form["login"], form["password"] = "anna", "secret"
    form.submit(status=422)


def test_rights_that_were_taken_away_are_gone_at_once(browser: Login, env: Env) -> None:
    app = browser("bent")
    app.get("/app/shop.user", status=200)
    user: Any = env.session.scalars(sa.select(env.info(User).cls).where(User.login == "bent")).one()
    user.groups = "shop.user"
    env.flush()
    app.get("/app/shop.user", status=404)


@pytest.mark.parametrize("column", ["expires", "seen"])
def test_sessions_end(browser: Login, db: DoomedDatabase, column: str) -> None:
    app = browser("anna")
    long_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=8)
    db.shared.execute(sa.update(tables.session).values({column: long_ago}))
    assert app.get("/app", status=303).location.endswith("/login")


def submit(app: TestApp, login: str, password: str, **options: Any) -> Any:
    form = app.get("/login").forms[0]
    form["login"], form["password"] = login, password
    return form.submit(**options)


def test_who_guesses_waits_and_nobody_else(application: Dispatcher, shop: Shop) -> None:
    guesser = TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.7"})
    for _ in range(8):
        submit(guesser, "Anna", "wrong", status=422)
    for _ in range(3):
        answer = submit(guesser, "anna", "secret", status=429)
        assert 0 < int(answer.headers["Retry-After"]) <= 300
    submit(TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.8"}), "anna", "secret", status=303)
    submit(guesser, "bent", "secret", status=303)


def test_a_header_does_not_make_a_guesser_somebody_else(application: Dispatcher, shop: Shop) -> None:
    guesser = TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.7"})
    for number in range(8):
        submit(guesser, "anna", "wrong", headers={"X-Forwarded-For": f"198.51.100.{number}"}, status=422)
    submit(guesser, "anna", "secret", headers={"X-Forwarded-For": "198.51.100.99"}, status=429)
    proxied = TestApp(application, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
    for number in range(8):
        submit(proxied, "bent", "wrong", headers={"X-Forwarded-For": f"10.0.0.{number}, 192.0.2.9"}, status=422)
    submit(proxied, "bent", "secret", headers={"X-Forwarded-For": "10.0.0.99, 192.0.2.9"}, status=429)
    submit(proxied, "bent", "secret", headers={"X-Forwarded-For": "192.0.2.10"}, status=303)


def test_an_office_behind_one_address_can_log_in(application: Dispatcher, shop: Shop) -> None:
    for _ in range(50):
        submit(TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.1"}), "anna", "secret", status=303)


def test_many_names_from_one_address_are_stopped_and_fill_no_table(application: Dispatcher, db: DoomedDatabase) -> None:
    app = TestApp(application, extra_environ={"REMOTE_ADDR": "192.0.2.7"})
    for number in range(60):
        submit(app, f"nobody-{number}" + "x" * 300, "wrong", expect_errors=True)
    assert submit(app, "one more", "wrong", expect_errors=True).status_int == 429
    assert len(db.shared.execute(sa.select(tables.throttle)).all()) < 90


def test_a_name_cannot_write_into_the_log(browser: Login, caplog: pytest.LogCaptureFixture) -> None:
    app = browser()
    token = app.get("/login").forms[0]["token"].value
    with caplog.at_level(logging.WARNING):
        app.post("/login", {"login": "a\nlog-in refused: forged", "password": "x", "token": token}, status=422)
    assert all("\n" not in one.getMessage() for one in caplog.records)
    assert "x" not in [one.getMessage() for one in caplog.records]


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example/x",
        "///evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/app/\r\nLocation: https://evil.example",
        "javascript:alert(1)",
        "/app@evil.example",
        "/application",
        "/logout",
        "http:evil.example",
        " //evil.example",
        "/app/../../evil",
        "//localhost@evil.example/app",
        "%2f%2fevil.example",
    ],
)
def test_nobody_is_led_to_another_site(browser: Login, target: str) -> None:
    app = browser()
    form = app.get("/login", {"next": target}).forms[0]
    form["login"], form["password"], form["next"] = "anna", "secret", target
    location = form.submit(status=303).location
    assert location.startswith(("http://localhost/app", "http://localhost:80/app"))
    assert location.removeprefix("http://localhost").removeprefix(":80") in ("/app", target)
    token = token_of(app)
    location = app.post("/choose", {"language": "en", "next": target, "csrf_token": token}, status=303).location
    assert location.startswith(("http://localhost/app", "http://localhost:80/app"))


def test_the_way_back_keeps_all_of_an_address(browser: Login) -> None:
    app = browser()
    wanted = "/app/shop.order?menu=orders&q=a%26b&where=net+%3E+1"
    form = app.get(wanted, status=303).follow().forms[0]
    form["login"], form["password"] = "anna", "secret"
    assert form.submit(status=303).location.endswith(wanted)
    for path in ("//evil.example/app", "/app//evil.example"):
        led = browser().get(path, expect_errors=True)
        assert led.status_int == 404 or led.location.startswith("http://localhost/login")


# -- hidden records -------------------------------------------------------------------------------------------------


def test_a_hidden_record_is_like_one_that_never_was_in_every_way_to_it(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    token = {"X-CSRF-Token": token_of(app)}
    hidden = {"shop.order": shop.orders[-1], "shop.partner": shop.partners["Sydlige"]}
    before = rows(env, Order, Line, Partner)
    for model, key in hidden.items():
        fields = changed(fields_of(app, f"/app/{model}/new"), row_version="1", name="x", number="x")
        for tail in ("", "/thread", "/panel/thread", "/file/paper", "/next", "/previous"):
            real = app.get(f"/app/{model}/{key}{tail}", expect_errors=True)
            none = app.get(f"/app/{model}/999999{tail}", expect_errors=True)
            assert real.status_int == none.status_int == 404, tail
            number = real.headers["X-Request-Id"], none.headers["X-Request-Id"]
            texts = real.text.replace(number[0], ""), none.text.replace(number[1], "")
            assert texts[0].replace(f"/{key}", "/") == texts[1].replace("/999999", "/")
        for tail in ("", "/draft", "/do/confirm", "/do/copy_order", "/delete", "/duplicate"):
            for headers in (token, {**token, "HX-Request": "true"}):
                real = app.post(f"/app/{model}/{key}{tail}", fields, headers=headers, expect_errors=True)
                none = app.post(f"/app/{model}/999999{tail}", fields, headers=headers, expect_errors=True)
                assert real.status_int == none.status_int and real.status_int in (403, 404), tail
                assert "Sydlige" not in real.text and "XX-1" not in real.text
    assert rows(env, Order, Line, Partner) == before
    found = app.get("/app/shop.order/lookup?field=partner&q=").json
    assert all("Sydlige" not in str(one) for one in found)


def test_fields_of_other_groups_do_not_exist_in_any_address(browser: Login, shop: Shop) -> None:
    app = browser("anna")
    for path in (
        "/app/shop.partner/lookup?field=secret",
        "/app/shop.partner/lookup?field=limit",
        "/app/shop.order/lookup?field=lines.cost",
        "/app/shop.order/lookup?field=partner.secret",
        "/app/shop.partner/1/file/secret",
    ):
        app.get(path, status=404)
    for query in ("where=secret=='canary'", "q=secret:canary", "q=canary", "sort=secret", "group=secret"):
        page = app.get(f"/app/shop.partner?{query}", expect_errors=True)
        assert "Łukasz" not in page.text or query.startswith(("sort", "group"))
        assert "canary" not in page.text.replace("canary&#39;", "").replace("q=canary", "") or "canary" in query


def test_drawing_a_draft_writes_nothing_whatever_its_address(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    url = f"/app/shop.order/{shop.orders[0]}"
    fields = changed(fields_of(app, url), number="written", note="written")
    before = rows(env, Order, Line)
    for tail in ("draft", "draft/", "@@draft", "@@draft/", "draft/x", "draft//", "./draft", "x/../draft"):
        app.post(f"{url}/{tail}", fields, expect_errors=True)
        app.post(f"/app/shop.order/new/{tail}", fields, expect_errors=True)
        assert rows(env, Order, Line) == before, tail


# -- what no page has offered ---------------------------------------------------------------------------------------


def test_what_the_page_does_not_offer_is_not_taken(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    url = f"/app/shop.order/{shop.orders[0]}"
    order = env.get(Order, shop.orders[0])
    other = env.get(Order, shop.orders[2])
    assert order is not None and other is not None
    foreign = other.lines[0].id
    fields = changed(
        fields_of(app, url),
        id="999",
        uuid="x",
        state="done",
        company=str(shop.syd),
        reference="not on the page",
        net="1",
        cost="1",
        open="0",
        partner__name="renamed",
        lines__0__cost="1",
        lines__0__net="1",
        lines__0__order=str(shop.orders[2]),
        lines__0__sequence="99",
        note="taken",
    )
    before = [one for one in rows(env, Order) if one[0] != shop.orders[0]], rows(env, Partner)
    mine = (order.state, order.company.id, order.reference, order.net, order.cost, order.uuid)
    answer = app.post(url, fields, expect_errors=True)
    assert answer.status_int == 303
    env.session.expire_all()
    assert (order.state, order.company.id, order.reference, order.net, order.cost, order.uuid) == mine
    assert order.note == "taken"
    assert [line.cost for line in order.lines] == [50, 50]
    assert ([one for one in rows(env, Order) if one[0] != shop.orders[0]], rows(env, Partner)) == before
    # a line of another order, by the id of a row and among the removed ones
    lines = rows(env, Line)
    taken = changed(
        fields_of(app, url), lines__0__id=str(foreign), lines__0__text="stolen", lines__removed=str(foreign)
    )
    app.post(url, taken, expect_errors=True)
    env.session.expire_all()
    theirs = env.get(Line, foreign)
    assert theirs is not None and theirs.text == "Ball valve" and theirs.order.id == shop.orders[2]
    assert [one for one in rows(env, Line) if one[0] == foreign] == [one for one in lines if one[0] == foreign]


def test_hidden_ids_cannot_be_linked(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    url = f"/app/shop.order/{shop.orders[0]}"
    for value in (shop.partners["Sydlige"], 999_999, "0", "-1", "1 OR 1=1", "９", "[]"):
        before = rows(env, Order)
        answer = app.post(url, changed(fields_of(app, url), partner=str(value)), status=422)
        assert "There is no such record." in answer.text and "Sydlige" not in answer.text
        assert rows(env, Order) == before


def test_a_reader_changes_nothing(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("carl")
    token = token_of(app)
    url = f"/app/shop.partner/{shop.partners['Andersen']}"
    before = rows(env, Partner)
    for path in (url, f"{url}/delete", f"{url}/duplicate", "/app/shop.partner/new"):
        fields = {"csrf_token": token, "name": "x", "row_version": "1", "_key": path}
        app.post(path, fields, expect_errors=True)
        assert app.post(path, fields, headers={"HX-Request": "true"}, expect_errors=True).status_int in (403, 404)
    assert rows(env, Partner) == before


def test_a_transition_of_other_groups_is_refused_and_saves_nothing(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    url = f"/app/shop.order/{shop.orders[0]}"
    app.post(f"{url}/do/confirm", fields_of(app, url), status=303)
    before = rows(env, Order)
    app.post(f"{url}/do/finish", changed(fields_of(app, url), reason="x"), status=403)
    for name in ("before_write", "duplicate", "_complete", "__init__", "delete", "finish/x", ""):
        app.post(f"{url}/do/{name}", changed(fields_of(app, url), reason="x"), status=404)
    assert rows(env, Order) == before
