"""What no page posts and no browser asks for: files that are something else, too much of everything, made-up values."""

from __future__ import annotations

import io
import itertools
import random
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from webtest import TestApp, Upload

from core.env import Env
from core.orm.files import StoredFile, safe_name
from core.web.dispatch import Dispatcher
from tests.sample_addons.shop.models import Order, Partner
from tests.web.attack import changed, fields_of, raw, rows, token_of
from tests.web.conftest import Login, Shop

# -- files ----------------------------------------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\n<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("name", "content", "inline"),
    [
        ("picture.png", b"<html><script>alert(1)</script>", False),
        ("picture.png", SVG, False),
        ("x.svg", SVG, False),
        ("x.html", PNG, True),
        ('a"; filename="evil.html', b"x", False),
        ("a\r\nX-Evil: 1\r\n.txt", b"x", False),
        ("../../../etc/passwd", b"x", False),
        ("..\\..\\boot.ini", b"x", False),
        ("\u202egnp.exe", b"MZ", False),
        (".", b"x", False),
    ],
)
def test_a_file_comes_down_as_what_it_is(
    browser: Login, env: Env, shop: Shop, name: str, content: bytes, inline: bool
) -> None:
    app = browser("anna")
    url = f"/app/shop.partner/{shop.partners['Andersen']}"
    fields = dict(fields_of(app, url))
    answer = app.post(url, {**fields, "paper": Upload("placeholder", content)}, expect_errors=True)
    assert answer.status_int == 303
    partner = env.get(Partner, shop.partners["Andersen"])
    assert partner is not None
    env.session.refresh(partner)
    assert isinstance(partner.paper, StoredFile)
    partner.paper = StoredFile(partner.paper.sha256, safe_name(name), partner.paper.type, partner.paper.size)
    env.flush()
    down = app.get(f"{url}/file/paper")
    assert down.body == content
    assert down.headers["X-Content-Type-Options"] == "nosniff"
    assert down.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert down.headers["Cache-Control"] == "no-store"
    assert "X-Evil" not in down.headers
    disposition = down.headers["Content-Disposition"]
    assert disposition.startswith("inline" if inline else "attachment")
    assert (
        disposition.count('filename="') == disposition.count('"') - 1 == 1
        and "/" not in disposition.split("filename*")[0]
    )
    assert down.content_type == ("image/png" if inline else "application/octet-stream")


def test_nobody_else_gets_a_file_by_any_address(browser: Login, env: Env, shop: Shop) -> None:
    app, dora = browser("anna"), browser("dora")
    url = f"/app/shop.partner/{shop.partners['Andersen']}"
    app.post(url, {**dict(fields_of(app, url)), "paper": Upload("a.txt", b"secret")}, status=303)
    partner = env.get(Partner, shop.partners["Andersen"])
    assert partner is not None
    env.session.refresh(partner)
    digest = partner.paper.sha256 if partner.paper else ""
    dora.get(f"{url}/file/paper", status=404)
    for tail in ("name", "secret", "paper/x", f"paper/{digest}", "", digest):
        app.get(f"{url}/file/{tail}", status=404)
    for path in (f"/files/{digest}", f"/static/{digest}", f"/app/file/{digest}"):
        app.get(path, status=404)
    stolen = f'{{"sha256": "{digest}", "name": "a", "type": "text/html", "size": 1}}'
    theirs = f"/app/shop.partner/{shop.partners['Sydlige']}"
    dora.post(theirs, changed(fields_of(dora, theirs), paper=stolen), status=303)
    dora.get(f"{theirs}/file/paper", status=404)


@pytest.mark.parametrize(
    "path",
    [
        "/static/dist/../../app.py",
        "/static/dist/..%2f..%2fapp.py",
        "/static/dist/%2e%2e/%2e%2e/app.py",
        "/static/dist//etc/passwd",
        "/static/dist/%00.js",
        "/static/dist/" + "a" * 300 + ".js",
        "/static/shop/../models/order.py",
        "/static/shop/%2e%2e/addon.toml",
        "/static/../shop/addon.toml",
        "/static/shop//etc/hosts",
        "/static/nothing/x.js",
        "/static/",
        "/static/dist",
        "/static/dist/",
    ],
)
def test_nothing_outside_of_static_folders_is_served(browser: Login, path: str) -> None:
    browser().get(path, status=404)


# -- too much -------------------------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("the body was read")

    def readinto(self, buffer: Any) -> int:
        raise AssertionError("the body was read")


@pytest.mark.parametrize(
    ("path", "size", "kind"),
    [
        ("/login", 100_000, "application/x-www-form-urlencoded"),
        ("/login", 100_000, "multipart/form-data; boundary=x"),
        ("/app/shop.order/1", 10_000_000, "application/x-www-form-urlencoded"),
        ("/app/shop.order/1", 80_000_000, "multipart/form-data; boundary=x"),
        ("/app/shop.order/1", 10_000_000, "application/json"),
        ("/app/shop.order/1", "9" * 20, "multipart/form-data; boundary=x"),
        ("/choose", 10_000_000, "application/x-www-form-urlencoded"),
    ],
)
def test_a_huge_body_is_refused_before_it_is_read(
    browser: Login, application: Dispatcher, path: str, size: int | str, kind: str
) -> None:
    environ = {"wsgi.input": Endless(), "CONTENT_LENGTH": str(size), "CONTENT_TYPE": kind, "REQUEST_METHOD": "POST"}
    assert raw(application, browser("anna"), path, **environ)[0] == 413


def test_too_many_fields_are_refused(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    url = f"/app/shop.order/{shop.orders[0]}"
    token = {"X-CSRF-Token": token_of(app)}
    before = rows(env, Order)
    app.post(url, [(f"x{number}", "1") for number in range(20_001)], headers=token, status=413)
    many = [*fields_of(app, url), *((f"x{number}", "1") for number in range(15_000))]
    app.post(f"{url}/draft", many, headers=token, status=200)
    assert rows(env, Order) == before


def test_a_form_with_files_has_an_end(browser: Login, shop: Shop) -> None:
    app = browser("anna")
    token = token_of(app)
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    headers = {"X-CSRF-Token": token, "Content-Type": "multipart/form-data; boundary=x"}
    url = f"/app/shop.partner/{shop.partners['Andersen']}"
    app.post(f"{url}/draft", part * 20_001 + b"--x--\r\n", headers=headers, status=413)
    app.post(f"{url}/draft", part * 100 + b"--x--\r\n", headers=headers, status=200)
    for kind in ("", "; boundary=", "; boundary=\xff", '; boundary="a\tb"', "; boundary=" + "x" * 300):
        app.post(url, part, headers={**headers, "Content-Type": f"multipart/form-data{kind}"}, status=400)
    for body in (
        b"",
        b"--x",
        b"--x\r\n",
        b"x" * 1000,
        part,
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
    ):
        assert app.post(f"{url}/draft", body, headers=headers, expect_errors=True).status_int < 500


@pytest.mark.parametrize(
    "where",
    ["(" * 900 + "urgent" + ")" * 900, "not " * 400 + "urgent", "-" * 900 + "1 > 2", "1+" * 900 + "1 > 0", "a." * 900],
)
def test_deep_expressions_are_an_error_on_the_page(browser: Login, where: str) -> None:
    assert 'id="where-error"' in browser("anna").get("/app/shop.order", {"where": where}).text


@pytest.mark.parametrize(
    "query",
    [
        "after=" + "[" * 1900,
        'after=["2026-01-01","x",99999999999999999999999]',
        'after=["2026-01-01","\\ud800",1]',
        'sort=net&after=["NaN",1]',
        'sort=-net&after=["sNaN",1]',
        'sort=net&after=["1e99999",1]',
        "where=net > 1e999999",
        "where=id > " + "9" * 100,
        "view=nothing&menu=nothing&group=nothing&sort=nothing,-,--id,.",
        "group=state&open=nothing&open=[",
        "q=" + "%25" * 600,
        'q=":::',
    ],
)
def test_an_address_that_somebody_made_up_is_no_error_of_ours(browser: Login, shop: Shop, query: str) -> None:
    app = browser("anna")
    assert app.get(f"/app/shop.order?{query}").status_int == 200
    status = app.get(f"/app/shop.order/{shop.orders[0]}/next?list={quote(query)}", expect_errors=True).status_int
    assert status in (303, 404)


_keys = itertools.count()


@pytest.mark.parametrize(
    "values",
    [
        {"number": "a\0b"},
        {"note": "\0"},
        {"row_version": "²"},
        {"row_version": "9" * 17},
        {"lines__removed": "² 1"},
        {"lines__removed": "9" * 5000},
        {"lines__0__id": "²"},
        {"lines__order": "² 0 0 -1"},
        {"lines__0__quantity": "9" * 39},
        {"lines__0__quantity": "99999999999999", "lines__0__price": "99999999999999"},
        {"lines__0__quantity": "NaN"},
        {"lines__0__price": "1e5"},
        {"discount": "-" + "9" * 30},
        {"date": "0000-01-01"},
        {"date": "31.02.2026"},
        {"partner": "9" * 18},
        {"_base": "[" * 5000, "row_version": "7"},
        {"_base": '{"lines":{"1":3},"number":[]}', "row_version": "7"},
        {"_seen": "[" * 50_000},
        {"_seen": '{"number":{}}'},
        {"_changed": "x lines lines-99-price lines-0-nothing number.x " * 100},
        {"_dialog": "²"},
        {"_dialog": "9"},
        {"_key": "k\0" + "x" * 1000},
        {"_keep-number": "theirs", "row_version": "7"},
        {"number": "SO-2"},
    ],
    ids=lambda values: "&".join(f"{name}={text[:12]!r}" for name, text in values.items()),
)
def test_a_form_that_somebody_made_up_is_no_error_of_ours(
    browser: Login, env: Env, shop: Shop, values: dict[str, str]
) -> None:
    app = browser("anna")
    for url in (f"/app/shop.order/{shop.orders[0]}", "/app/shop.order/new"):
        fields = changed(fields_of(app, url), **{"_key": f"made up {next(_keys)}", **values})
        for headers in ({}, {"HX-Request": "true"}):
            assert app.post(f"{url}/draft", fields, headers=headers, expect_errors=True).status_int < 500
            assert app.post(url, fields, headers=headers, expect_errors=True).status_int < 500


def test_what_only_the_database_finds_is_shown_at_its_field(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    for url in (f"/app/shop.order/{shop.orders[0]}", "/app/shop.order/new"):
        fields = changed(fields_of(app, url), number="SO-2", partner=str(shop.partners["Andersen"]), note="kept")
        page = app.post(url, fields, status=422)
        form = page.forms["record-form"]
        assert (form["number"].value, form["note"].value) == ("SO-2", "kept")
        assert page.html.find(id="e-number").get_text() == "already exists"
        answer = app.post(url, fields, headers={"HX-Request": "true"}, status=422)
        assert "already exists" in answer.text and 'hx-target="#w-number"' in answer.text


def test_a_text_that_no_index_can_hold_is_no_error_of_ours(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    text = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=200_000))
    for url in (f"/app/shop.order/{shop.orders[0]}", "/app/shop.order/new"):
        answer = app.post(url, changed(fields_of(app, url), number=text), expect_errors=True)
        assert answer.status_int in (303, 422)


# -- answers that were given before ---------------------------------------------------------------------------------


def test_a_key_gives_its_answer_to_the_same_words_of_the_same_user_only(browser: Login, env: Env, shop: Shop) -> None:
    app, bent = browser("anna"), browser("bent")
    url = "/app/shop.partner/new"

    def named(browser: TestApp, name: str) -> list[tuple[str, Any]]:
        return changed(fields_of(browser, url), name=name, _key="the same")

    def count(name: str) -> int:
        env.session.expire_all()
        return len(env.session.scalars(sa.select(env.info(Partner).cls.id).where(Partner.name == name)).all())

    first = app.post(url, named(app, "One"), status=303)
    assert app.post(url, named(app, "One"), status=303).location == first.location
    assert count("One") == 1
    other = app.post(url, named(app, "Two"), status=409)
    assert "already saved" in other.text and "<title>" in other.text
    assert "already saved" in app.post(url, named(app, "Two"), headers={"HX-Request": "true"}, status=409).text
    assert count("Two") == 0
    theirs = bent.post(url, named(bent, "One"), status=303)
    assert theirs.location != first.location
    assert count("One") == 2
    city = changed(fields_of(app, "/app/shop.city/new"), name="One", _key="the same")
    app.post("/app/shop.city/new", city, status=409)
