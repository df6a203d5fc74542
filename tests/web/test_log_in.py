"""Logging in, sessions and what every answer carries."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Login


def test_a_stranger_is_led_to_the_log_in_and_back(browser: Login) -> None:
    app = browser()
    led = app.get("/app/shop.order?menu=orders", status=303)
    assert led.location.endswith("/login?next=/app/shop.order?menu%3Dorders") or "next=" in led.location
    page = led.follow()
    form = page.forms[0]
    form["login"], form["password"] = "anna", "secret"
    back = form.submit(status=303)
    assert back.location.endswith("/app/shop.order?menu=orders")
    assert "SO-1" in back.follow().text


@pytest.mark.parametrize("login", ["anna", "nobody"])
def test_a_wrong_password_and_a_wrong_name_look_alike(browser: Login, login: str) -> None:
    form = browser().get("/login").forms[0]
    form["login"], form["password"] = login, "wrong"
    answer = form.submit(status=422)
    assert "User name or password is wrong." in answer.text
    assert answer.forms[0]["login"].value == login


def test_too_many_tries_have_to_wait(browser: Login) -> None:
    app = browser()
    for _ in range(8):
        form = app.get("/login").forms[0]
        form["login"], form["password"] = "anna", "wrong"
        form.submit(status=422)
    form = app.get("/login").forms[0]
    form["login"], form["password"] = "anna", "secret"
    answer = form.submit(status=429)
    assert int(answer.headers["Retry-After"]) > 0


def test_nobody_is_led_to_another_site(browser: Login) -> None:
    app = browser()
    for target in ("//evil.example/x", "https://evil.example", "/\\evil.example", "/app/..//evil", "/logout"):
        form = app.get("/login", {"next": target}).forms[0]
        form["login"], form["password"] = "anna", "secret"
        location = form.submit(status=303).location
        assert "evil.example" not in location.replace("localhost", "") or location.startswith("http://localhost/app")
        app.reset()


def test_logging_out_ends_the_session_on_the_server(browser: Login) -> None:
    app = browser("anna")
    cookie = app.cookies["kontor"]
    page = app.get("/app")
    form = next(one for one in page.forms.values() if one.action == "/logout")
    form.submit(status=303)
    app.set_cookie("kontor", cookie)
    assert app.get("/app", status=303).location.endswith("/login")


def test_a_session_is_never_taken_over_from_before_the_log_in(browser: Login) -> None:
    app = browser()
    app.set_cookie("kontor", "chosen-by-somebody-else")
    form = app.get("/login").forms[0]
    form["login"], form["password"] = "anna", "secret"
    form.submit(status=303)
    assert app.cookies["kontor"] != "chosen-by-somebody-else"


def test_every_answer_is_closed_to_others(browser: Login) -> None:
    app = browser("anna")
    answers: list[Any] = [
        app.get("/app"),
        app.get("/app/shop.order"),
        app.get("/app/nothing", status=404),
        app.get("/login"),
        app.post("/app/shop.order/1/draft", status=403),
    ]
    for answer in answers:
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Request-Id"]
        assert "charset" in answer.headers["Content-Type"]


def test_a_writing_request_needs_the_token_and_the_right_origin(browser: Login) -> None:
    app = browser("anna")
    page = app.get("/app")
    form = next(one for one in page.forms.values() if one.action == "/choose")
    token = form["csrf_token"].value
    app.post("/choose", {"language": "da"}, status=403)
    app.post("/choose", {"language": "da", "csrf_token": token}, headers={"Origin": "https://evil.example"}, status=403)
    app.post("/choose", {"language": "da", "csrf_token": token}, status=303)
    assert '<html lang="da">' in app.get("/app").text


def test_an_ended_session_answers_scripts_with_401_and_pages_with_the_log_in(browser: Login) -> None:
    app = browser("anna")
    app.reset()
    app.post("/app/shop.order/1/draft", {"number": "x"}, headers={"HX-Request": "true"}, status=401)
    assert "Your session has ended" in app.post("/app/shop.order/1", {"number": "x"}, status=401).text


def test_the_company_of_new_records_can_be_chosen_by_who_has_several(browser: Login, shop: Any) -> None:
    app = browser("bent")
    page = app.get("/app")
    form = next(one for one in page.forms.values() if "company" in one.fields)
    form.submit("company", value=str(shop.syd), status=303)
    assert "Bent · Syd" in app.get("/app").text
    assert 'name="company"' not in browser("anna").get("/app").text
