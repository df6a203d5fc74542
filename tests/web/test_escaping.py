"""Text of users is text on every page: a corpus of what browsers might take for more, through every way it is shown."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

from core.env import Env
from tests.sample_addons.shop.models import Article, City, Line, Order, Partner, Tag
from tests.web.attack import changed, fields_of, token_of
from tests.web.conftest import Login, Shop

MARK = "zq9"
CORPUS = (
    "<script>zq9()</script>",
    "</title><script>zq9()</script>",
    "</textarea><img src=x onerror=zq9()>",
    '"><svg onload=zq9()>',
    "' autofocus onfocus=zq9() x='",
    '" onmouseover=zq9() x="',
    "</script><script>zq9()</script>",
    "<!--zq9--><iframe srcdoc='<script>zq9()</script>'>",
    "{{ 7*7 }}zq9{% raw %}",
    "${zq9}<%= zq9 %>",
    "&lt;script&gt;zq9()&lt;/script&gt;",
    "javascript:zq9()",
    "<hx-partial hx-target='body'>zq9</hx-partial>",
    "<a hx-get=/logout hx-trigger=load>zq9",
    "<form action=//evil.example><button>zq9",
    "<base href=//evil.example>zq9",
    "<meta http-equiv=refresh content=0;url=//evil.example>zq9",
    "\u2028zq9\u2029<b>",
    "\u202ezq9",
    "<\u017fcript>zq9()</\u017fcript>",
)
#: elements and attributes that the pages have of their own
_OWN_SCRIPTS = re.compile(r"/static/dist/(theme|app)\.\w+\.js")


def check(text: str) -> None:
    """Nothing of the corpus has become an element, an attribute or an address."""
    page = BeautifulSoup(text, "html.parser")
    for script in page.find_all("script"):
        ours = _OWN_SCRIPTS.fullmatch(str(script.get("src", ""))) or script.get("id") == "kontor-texts"
        assert ours and MARK not in script.get_text(), script
    for tag in page.find_all(["iframe", "object", "embed", "base", "img", "svg", "style", "link", "meta"]):
        known = (tag.name == "meta" and not tag.has_attr("http-equiv")) or tag.name == "link"
        assert known and MARK not in str(tag), tag
    for tag in page.find_all(True):
        for name, value in tag.attrs.items():
            assert not name.startswith("on"), tag
            said = " ".join(value) if isinstance(value, list) else str(value)
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-target"):
                assert not said.lower().strip().startswith(("javascript:", "data:", "//")), tag
                assert "evil.example" not in said.split("?")[0], tag
            if name.startswith("hx-") and name not in ("hx-headers:inherited",):
                assert MARK not in said, tag


@pytest.fixture(scope="module")
def database_kind() -> str:
    """One is enough: what is asked here, no database answers."""
    return "sqlite"


@pytest.mark.parametrize("text", ["".join(CORPUS[at : at + 3]) for at in range(0, len(CORPUS), 3)])
def test_text_stays_text_wherever_it_is_shown(browser: Login, env: Env, shop: Shop, text: str) -> None:
    city, tag = env[City](name=text), env[Tag](name=text)
    partner = env.get(Partner, shop.partners["Andersen"])
    article = env.get(Article, shop.articles["V-100"])
    order = env.get(Order, shop.orders[0])
    assert partner is not None and article is not None and order is not None
    partner.name = text[:80]
    for name in ("vat", "email", "note", "about"):
        setattr(partner, name, text)
    partner.city, partner.tags = city, [tag]
    article.name, article.code = text, text
    for name in ("number", "reference", "terms", "note"):
        setattr(order, name, text)
    line: Line = order.lines[0]
    line.text, line.article = text, article
    env.flush()
    app, manager = browser("anna"), browser("bent")
    token = {"X-CSRF-Token": token_of(app)}
    urls = [
        "/app/shop.order",
        "/app/shop.partner",
        "/app/shop.article",
        f"/app/shop.order/{order.id}",
        f"/app/shop.order/{order.id}?_dialog=1",
        f"/app/shop.partner/{partner.id}",
        f"/app/shop.article/{article.id}",
        "/app/shop.order?group=partner",
        "/app/shop.order?group=partner&open=[" + str(partner.id) + "]",
    ]
    for url in urls:
        check(app.get(url).text)
        check(manager.get(url).text)
    for name in ("q", "where", "filter", "sort", "group", "menu", "view", "after", "before", "open", "list"):
        check(app.get("/app/shop.order", {name: text}).text)
    for name in ("number", "partner", "note", "date", "discount", "_dialog", "view"):
        check(app.get("/app/shop.order/new", {name: text}, expect_errors=True).text)
    check(app.get("/login", {"next": text}).text)
    check(app.get("/app/nothing", {"x": text}, status=404).text)
    found = app.get("/app/shop.order/lookup", {"field": "partner", "q": text[:40]})
    assert found.content_type == "application/json"
    assert "<" not in json.dumps(found.json) or found.headers["X-Content-Type-Options"] == "nosniff"
    _through_forms(app, token, order.id, text)
    _conflict(app, manager, order.id, text)


def _through_forms(app: TestApp, token: dict[str, str], order: int, text: str) -> None:
    """What was typed comes back in refusals and drafts, in errors and in bars."""
    url = f"/app/shop.order/{order}"
    names: dict[str, Any] = {
        "number": text,
        "note": text,
        "date": text,
        "discount": text,
        "partner": "",
        "partner-text": text,
        "lines__0__text": text,
        "lines__0__quantity": text,
        "lines__0__article": text,
        "lines__0__article-text": text,
        "_changed": f"partner {text}",
        "_key": text,
    }
    fields = changed(fields_of(app, url), **names)
    for headers in (token, {**token, "HX-Request": "true"}):
        check(app.post(f"{url}/draft", fields, headers=headers).text)
        check(app.post(url, fields, headers=headers, status=422).text)
        check(
            app.post(url, changed(fields, _seen=text, _base=text, row_version=text), headers=headers, status="*").text
        )
        check(app.post(f"{url}/do/{MARK}", fields, headers=headers, status=404).text)
    saved = app.post(url, changed(fields_of(app, url), note=text), headers=token, status=303)
    check(saved.follow().text)


def _conflict(app: TestApp, other: TestApp, order: int, text: str) -> None:
    url = f"/app/shop.order/{order}"
    mine, theirs = fields_of(app, url), fields_of(other, url)
    other.post(url, changed(theirs, note=text + "theirs", reason=text), status=303)
    fields = changed(mine, note=text + "mine")
    check(app.post(url, fields, status=409).text)
    check(app.post(url, fields, headers={"HX-Request": "true"}, status=409).text)


def test_a_message_in_a_cookie_is_text_too(browser: Login) -> None:
    app = browser("anna")
    for packed in (["danger", "<script>zq9()</script>"], ["x' onload='zq9()", "x"], "x", [1, 2], ["[" * 900]):
        app.set_cookie("kontor_message", base64.urlsafe_b64encode(json.dumps(packed).encode()).decode())
        check(app.get("/app").text)
    for text in ("%%%", "W" * 3000, base64.urlsafe_b64encode(b"[" * 2500).decode()):
        app.set_cookie("kontor_message", text)
        assert app.get("/app").status_int == 200


def test_rich_text_keeps_its_form_and_loses_its_scripts(browser: Login, env: Env, shop: Shop) -> None:
    app = browser("anna")
    url = f"/app/shop.partner/{shop.partners['Andersen']}"
    html = (
        "<p><b>bold</b> <a href='https://kontor.example'>link</a><script>zq9()</script><img src=x onerror=zq9()>"
        "<a href='javascript:zq9()'>x</a><svg><style><img src=x onerror=zq9()></style></svg>"
        "<math><mi//xlink:href='data:x'>"
    )
    app.post(url, changed(fields_of(app, url), about=html), status=303)
    check(app.get(url).text)
    partner = env.get(Partner, shop.partners["Andersen"])
    assert partner is not None
    env.session.refresh(partner)
    assert partner.about is not None and "<b>bold</b>" in partner.about
    for word in ("script", "onerror", "javascript", "svg", "data:"):
        assert word not in partner.about
