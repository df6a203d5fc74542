"""A tiny server that speaks the contract of docs/frontend.md, for testing the scripts alone.

One order form with a partner to look up and lines, and a list. A test sets ``desk.delays`` (seconds for the next
drafts), ``desk.save_status`` and so on, and reads ``desk.posts``, what the browser has sent.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.web.assets import CONTENT_SECURITY_POLICY, DIST, assets

PARTNERS = [(7, "Andersen Ventiler", "København"), (8, "Anker Pumper", "Odense"), (9, "Łódź Zawory", "Łódź")]
ARTICLES = [(1, "V-100 Ball valve", "12 pieces"), (2, "V-200 Gate valve", "none"), (3, "A-1 Actuator", "3 pieces")]
Values = dict[str, list[str]]
Headers = dict[str, str]


class Desk:
    """The server's side of the story, as far as the scripts can see it."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.posts: list[tuple[str, Values]] = []
        self.delays: list[float] = []
        self.lookup_delays: dict[str, float] = {}
        self.draft_status = 200
        self.save_status = 200
        self.save_delay = 0.0

    def posted(self, path: str) -> list[Values]:
        return [values for where, values in self.posts if where == path]


def layout(body: str, principal: str = "1") -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kontor</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script src="{assets.url("theme.js")}"></script><link rel="stylesheet" href="{assets.url("app.css")}">
<script src="{assets.url("app.js")}" defer></script></head>
<body data-principal="{principal}" data-login-url="/login"
 hx-headers:inherited='{{"X-CSRF-Token": "secret"}}'><main class="container-fluid">
<h1>Order 1</h1>{body}</main></body></html>"""


def lookup(name: str, label: str, value: str, text: str, model: str) -> str:
    return f"""<div data-lookup data-url="/lookup?of={model}">
<input type="hidden" name="{name}" id="{name}" value="{value}">
<input type="text" class="form-control" id="{name}-text" name="{name}-text" value="{escape(text)}" aria-label="{label}">
</div>"""


def char(name: str, value: str, label: str) -> str:
    return f"""<div class="field" id="w-{name}"><label for="{name}">{label}</label>
<input class="form-control" id="{name}" name="{name}" value="{escape(value)}"></div>"""


def cell(key: str, field: str, value: str) -> str:
    name = f"lines-{key}-{field}"
    return f"""<td id="w-{name}" data-label="{field}">
<input class="form-control" id="{name}" name="{name}" value="{escape(value)}" aria-label="{field}"></td>"""


def row(key: str, article: str = "", quantity: str = "1", price: str = "10.00", record: str = "") -> str:
    words = next((label for number, label, _ in ARTICLES if str(number) == article), "")
    net = money(decimal(quantity) * decimal(price))
    return f"""<tr data-row="{key}"><td id="w-lines-{key}-article">
<input type="hidden" name="lines-{key}-id" value="{record}">
{lookup(f"lines-{key}-article", "article", article, words, "article")}</td>{cell(key, "quantity", quantity)}
{cell(key, "price", price)}<td id="w-lines-{key}-net"><span class="value">{net}</span></td><td class="line-tools">
<span data-line-handle aria-hidden="true">⠿</span>
<button type="button" class="btn" data-line-up aria-label="Move up">↑</button>
<button type="button" class="btn" data-line-down aria-label="Move down">↓</button>
<button type="button" class="btn" data-line-remove aria-label="Remove">✕</button></td></tr>"""


def form() -> str:
    return f"""<div id="messages"></div>
<form id="order" action="/order/1/save" method="post" novalidate data-draft-url="/order/1/draft">
<input type="hidden" name="row_version" value="3">
<div class="field-grid"><div class="field" id="w-partner"><label for="partner-text">Customer</label>
{lookup("partner", "Customer", "", "", "partner")}</div>
{char("reference", "", "Reference")}{char("terms", "", "Terms")}{char("note", "", "Note")}</div>
<div class="lines" data-lines="lines" data-next-key="2"><input type="hidden" name="lines-order" value="0 1">
<input type="hidden" name="lines-removed" value=""><table class="table"><thead><tr><th>Article</th><th>Quantity</th>
<th>Price</th><th>Net</th><th><span class="visually-hidden">Tools</span></th></tr></thead>
<tbody data-lines-rows>{row("0", "1", "2", "10.00", "41")}{row("1", "2", "1", "5.00", "42")}</tbody></table>
<template data-lines-template>{row("__key__")}</template>
<button type="button" class="btn btn-sm" data-line-add>Add line</button></div>
<div id="w-net">Net <output>25.00</output></div>
<button class="btn btn-primary" data-save>Save</button>
<button class="btn" name="_do" value="confirm" formaction="/order/1/do/confirm">Confirm</button>
<a href="/list" data-discard>Cancel</a></form>"""


def draft(values: Values) -> str:
    """Only what differs from what was posted, as the kernel answers it."""
    changed = values.get("_changed", [""])[0].split()
    parts, total = [], Decimal(0)
    for key in values.get("lines-order", [""])[0].split():
        said, price = first(values, f"lines-{key}-quantity"), first(values, f"lines-{key}-price")
        rounded = number(said)
        if rounded != said:
            parts.append(partial(f"w-lines-{key}-quantity", cell(key, "quantity", rounded)))
        article, own = f"lines-{key}-article", f"lines-{key}-price"
        if article in changed and own not in changed[changed.index(article) :]:
            price = "100.00"
            parts.append(partial(f"w-{own}", cell(key, "price", price)))
        net = decimal(rounded) * decimal(price)
        total += net
        parts.append(
            partial(f"w-lines-{key}-net", f'<td id="w-lines-{key}-net"><span class="value">{money(net)}</span></td>')
        )
    if "partner" in changed:
        parts.append(partial("w-terms", char("terms", "30 days", "Terms")))
    parts.append(partial("w-net", f'<div id="w-net">Net <output>{money(total)}</output></div>'))
    return "".join(parts)


def partial(target: str, content: str, swap: str = "outerHTML") -> str:
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{content}</hx-partial>'


def first(values: Values, name: str) -> str:
    return values.get(name, [""])[0]


def decimal(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)


def number(text: str) -> str:
    """``1.2345`` → ``1.23``; what is no number stays as it was typed."""
    try:
        return str(Decimal(text).quantize(Decimal("0.01"))) if len(text.partition(".")[2]) > 2 else text
    except InvalidOperation:
        return text


def money(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01")))


def listing() -> str:
    body = "".join(
        f'<tr data-href="/form?{number}" tabindex="-1"><td data-label="Number"><a href="/form?{number}" tabindex="-1">'
        f'SO-{number}</a></td><td data-label="Customer">Andersen</td></tr>'
        for number in range(1, 81)
    )
    return f"""<input type="search" class="form-control" data-search aria-label="Search">
<button type="button" class="btn" data-theme-choice="dark">Dark</button>
<button type="button" class="btn" data-theme-choice="light">Light</button>
<table class="table list" data-list>
<thead><tr><th>Number</th><th>Customer</th></tr></thead><tbody>{body}</tbody></table>"""


def dialog() -> str:
    return """<h2>New partner</h2><form data-form action="/partner/new" novalidate>
<div class="field"><label for="d1-name">Name</label><input class="form-control" id="d1-name" name="name"></div>
<button class="btn btn-primary" data-save>Create</button>
<button type="button" class="btn" data-dialog-close>Close</button></form>"""


class Handler(BaseHTTPRequestHandler):
    desk: Desk

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if where.path.startswith("/static/dist/"):
            file = DIST / where.path.rsplit("/", 1)[1]
            kind = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}.get(file.suffix, "text/plain")
            self.answer(200, file.read_bytes() if file.exists() else b"", kind)
        elif where.path == "/lookup":
            self.answer(200, self.lookup(parse_qs(where.query)), "application/json")
        elif where.path == "/partner/new":
            self.answer(200, dialog())
        elif where.path in ("/form", "/list", "/login", "/saved"):
            pages = {"/form": form, "/list": listing}
            self.answer(200, layout(pages.get(where.path, lambda: where.path)()))
        else:
            self.answer(404, "")

    def lookup(self, query: Values) -> str:
        words, model = first(query, "q"), first(query, "of")
        time.sleep(self.desk.lookup_delays.get(words, 0))
        known = PARTNERS if model == "partner" else ARTICLES
        items: list[dict[str, Any]] = [
            {"id": number, "label": label, "detail": detail, "code": label.split()[0]}
            for number, label, detail in known
            if words.lower() in label.lower()
        ]
        if words and model == "partner":
            items.append({"id": None, "create": True, "label": f"Create “{words}”…", "url": "/partner/new"})
        return json.dumps(items)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        values = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        values["#csrf"] = [self.headers.get("X-CSRF-Token", "")]
        desk, path = self.desk, urlsplit(self.path).path
        desk.posts.append((path, values))
        if path.endswith("/draft"):
            time.sleep(desk.delays.pop(0) if desk.delays else 0)
            self.answer(desk.draft_status, draft(values) if desk.draft_status == 200 else "<h1>no</h1>")
        elif path == "/partner/new":
            created = {"kontor:created": {"id": 77, "label": first(values, "name")}}
            self.answer(200, "", headers={"HX-Trigger": json.dumps(created)})
        else:
            time.sleep(desk.save_delay)
            if desk.save_status == 200:
                self.answer(200, "", headers={"HX-Redirect": "/saved"})
            elif desk.save_status == 422:
                field = char("reference", first(values, "reference"), "Reference").replace(
                    "<input", '<input aria-invalid="true" aria-describedby="e-reference"'
                )
                error = '<p class="field-error" id="e-reference" role="alert">Too short</p></div>'
                content = field.replace("</div>", error)
                self.answer(422, partial("w-reference", content) + partial("messages", "<p>Not saved</p>", "innerHTML"))
            else:
                self.answer(desk.save_status, "<h1>a page that must not be swapped in</h1>")

    def answer(
        self, status: int, content: str | bytes, kind: str = "text/html; charset=utf-8", headers: Headers | None = None
    ) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError):  # the browser replaced the request
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server:
    """The desk on a free port; can be stopped and started again on the same one, as a restarted server is."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.port = 0
        self.start()

    def start(self) -> None:
        handler = type("BoundHandler", (Handler,), {"desk": self.desk})
        ThreadingHTTPServer.allow_reuse_address = True
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.http.daemon_threads = True
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"
