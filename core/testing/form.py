"""A client that behaves as the page does: it logs in, opens lists and forms, types, edits lines, clicks, follows.

    desk = Client(application)
    desk.log_in("anna", "secret")
    order = desk.form("/app/orders.order/new")
    order.set("partner", "Andersen")            chosen by words, as a user does; the draft follows
    line = order.add_line("lines")
    line.set("article", "V-100"); line.set("quantity", "3")
    assert order.text("net") == "300,00"
    order.save()
    order.click("Confirm")

Every change posts a draft and swaps what comes back, by the rules of docs/frontend.md; a save that is refused leaves
the form as it is, with ``errors`` and ``message``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bs4 import BeautifulSoup, Tag
from webtest import TestApp, TestResponse


class Refused(AssertionError):
    """The server said no; the text is what the page shows."""


class Client:
    """One browser of one user."""

    def __init__(self, application: Any, address: str = "127.0.0.1") -> None:
        self.app = TestApp(application, extra_environ={"REMOTE_ADDR": address})

    def log_in(self, login: str, password: str) -> Client:
        form = self.app.get("/login").forms[0]
        form["login"], form["password"] = login, password
        answer = form.submit(expect_errors=True)
        if answer.status_int != 303:
            raise Refused(said(soup(answer)))
        return self

    def get(self, url: str, status: int | None = None, params: dict[str, str] | None = None) -> TestResponse:
        """The page at ``url``, redirects followed, or the answer that has ``status``."""
        answer = self.app.get(url, params, expect_errors=True)
        while status is None and answer.status_int in (301, 302, 303):
            answer = answer.follow(expect_errors=True)
        if (status is not None and answer.status_int != status) or (status is None and answer.status_int >= 400):
            raise Refused(f"{answer.status}: {said(soup(answer))}")
        return answer

    def form(self, url: str, **params: str) -> Form:
        """The form at ``url``."""
        return Form(self, self.get(url, params=params))

    def list(self, url: str, **params: str) -> List:
        """The list at ``url``."""
        return List(self, self.get(url, params=params))

    def menu(self, label: str) -> List:
        """The list that a menu entry opens."""
        page = soup(self.get("/app"))
        for link in page.select("nav a.dropdown-item, nav a.nav-link"):
            if words(link) == label:
                return self.list(str(link["href"]))
        raise Refused(f"there is no menu entry '{label}'")


def soup(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.text, "html.parser")


def words(node: Tag | None) -> str:
    """The text of a node as it is read, blanks folded."""
    return " ".join(node.get_text(" ").split()) if node is not None else ""


def said(page: BeautifulSoup) -> str:
    for selector in (".alert", "#messages", "main"):
        found = " | ".join(text for node in page.select(selector) if (text := words(node)))
        if found:
            return found
    return ""


class List:
    """A list as it is read."""

    def __init__(self, client: Client, answer: TestResponse) -> None:
        self.client = client
        self.url = answer.request.path_qs
        self.page = soup(answer)

    @property
    def heads(self) -> list[str]:
        return [words(one) for one in self.page.select("table.list thead th")]

    @property
    def rows(self) -> list[dict[str, str]]:
        """Each row by the labels of its columns."""
        return [
            {
                str(cell["data-label"]): words(cell)
                for cell in row.find_all("td", recursive=False)
                if cell.has_attr("data-label")
            }
            for row in self.page.select("table.list tbody tr[data-href], table.list tbody tr:not(.group)")
        ]

    @property
    def groups(self) -> list[str]:
        return [words(one.find("td")) for one in self.page.select("table.list tr.group")]

    @property
    def count(self) -> str:
        return words(self.page.select_one("#count"))

    def column(self, label: str) -> list[str]:
        return [row[label] for row in self.rows]

    def search(self, text: str) -> List:
        form = self.page.select_one("form[method=get]")
        assert form is not None
        params = {str(one["name"]): str(one.get("value", "")) for one in form.select("input[name]")}
        params["q"] = text
        return self.client.list(str(form["action"]), **params)

    def follow(self, label: str) -> List:
        """Follow a link of the page: a filter, a head, a group, the next page."""
        for link in self.page.select("main a[href]"):
            if words(link) == label or words(link).startswith(f"{label} "):
                return self.client.list(str(link["href"]))
        raise Refused(f"there is no link '{label}'")

    def open(self, text: str) -> Form:
        """The record whose row holds ``text``."""
        for row in self.page.select("table.list tbody tr[data-href]"):
            if text in words(row):
                return self.client.form(str(row["data-href"]))
        raise Refused(f"there is no row with '{text}'")

    def new(self) -> Form:
        link = self.page.select_one("[data-new]")
        if link is None:
            raise Refused("nothing can be created here")
        return self.client.form(str(link["href"]))


class Form:
    """A form on its page. Names are those of the controls; of links the words are given, not ids."""

    def __init__(self, client: Client, answer: TestResponse) -> None:
        self.client = client
        self.load(answer)

    def load(self, answer: TestResponse) -> None:
        self.answer = answer
        self.url = answer.request.path_qs
        self.page = soup(answer)
        found = self.page.select_one("#record-form") or self.page.select_one("form[id$=record-form]")
        if found is None:
            raise Refused(f"{self.url} shows no form: {said(self.page)}")
        self.node: Tag = found
        body = self.page.body
        given = (
            json.loads(str(body["hx-headers:inherited"]))
            if body is not None and body.has_attr("hx-headers:inherited")
            else {}
        )
        self.headers = {**given, "HX-Request": "true"}
        self.changed: list[str] = []
        self.uploads: dict[str, tuple[str, bytes]] = {}

    # -- what is shown ----------------------------------------------------------------------------------------------

    @property
    def id(self) -> int | None:
        last = urlsplit(self.url).path.rsplit("/", 1)[-1]
        return int(last) if last.isdigit() else None

    @property
    def message(self) -> str:
        """What the page says above the form."""
        places = [*self.page.select("#messages"), *self.page.select("#flash")]
        return " ".join(text for one in places if (text := words(one)))

    @property
    def errors(self) -> dict[str, str]:
        """Messages at fields, by control."""
        found = {}
        for one in self.page.select(".field-error[id]"):
            if one.find_parent("template") is None:
                found[str(one["id"]).removeprefix("e-")] = words(one)
        return found

    @property
    def buttons(self) -> list[str]:
        return [words(one) for one in self.page.select(".form-header button")]

    def panel(self, name: str) -> list[str]:
        """The entries of a panel, which the page asks for when its tab is opened."""
        place = self.page.find(None, {"data-panel": name})
        if not isinstance(place, Tag):
            raise Refused(f"there is no panel '{name}'")
        answer = self.client.app.get(str(place["hx-get"]), headers=self.headers)
        return [words(one) for one in soup(answer).select(".entry")]

    def wrapper(self, name: str) -> Tag:
        found = self.page.find(id=f"w-{name}")
        if not isinstance(found, Tag):
            raise Refused(f"there is no field '{name}'; there are {', '.join(self.names())}")
        return found

    def names(self) -> list[str]:
        return [str(one["id"]).removeprefix("w-") for one in self.page.select("[id^=w-]")]

    def shows(self, name: str) -> bool:
        """Whether the field is on the page and not hidden by a condition."""
        found = self.page.find(id=f"w-{name}")
        return isinstance(found, Tag) and not found.has_attr("hidden")

    def is_editable(self, name: str) -> bool:
        return any(_is_visible(one) for one in self._controls(name))

    def text(self, name: str) -> str:
        """What a field shows, typed or not; the words of a link."""
        controls = self._controls(name)
        if not controls:
            value = self.wrapper(name).select_one(".value, output")
            return words(value) if value is not None else words(self.wrapper(name))
        visible = self.page.find(None, {"name": f"{name}-text"})
        if isinstance(visible, Tag):
            return str(visible.get("value", ""))
        return _text(controls[0])

    def value(self, name: str) -> str:
        """What a control would post."""
        controls = self._controls(name)
        return (_posted(controls[0]) or [""])[0] if controls else ""

    def _controls(self, name: str) -> list[Tag]:
        return [one for one in self._all() if one.get("name") == name]

    def _all(self) -> Iterator[Tag]:
        ident = str(self.node.get("id", ""))
        for one in self.page.find_all(["input", "select", "textarea"]):
            if not one.has_attr("name") or one.find_parent("template") is not None:
                continue
            if one.get("form") == ident or (one.find_parent("form") is self.node and not one.has_attr("form")):
                yield one

    # -- typing -----------------------------------------------------------------------------------------------------

    def set(self, name: str, value: str | bool | None, draft: bool = True) -> Form:
        """Type ``value``; a link is chosen by words. The draft follows, as on the page."""
        controls = self._controls(name)
        if not controls:
            raise Refused(
                f"'{name}' cannot be typed; editable are {', '.join(sorted({str(one['name']) for one in self._all()}))}"
            )
        if controls[0].find_parent(attrs={"data-tags": True}) is not None:
            self._choose_tags(name, controls[0], value)
        elif controls[0].find_parent(attrs={"data-lookup": True}) is not None:
            self._choose(name, controls[0], "" if value is None else str(value))
        else:
            _write(controls, value)
        self.changed.append(name)
        if draft:
            self.draft()
        return self

    def type(self, **values: str | bool | None) -> Form:
        """Several fields one after the other."""
        for name, value in values.items():
            self.set(name, value)
        return self

    def options(self, name: str, text: str) -> list[dict[str, Any]]:
        """What the lookup of ``name`` offers for ``text``."""
        control = self._controls(name)[0]
        tags = control.find_parent(attrs={"data-tags": True})
        wrapper = (
            tags.select_one("[data-lookup]") if tags is not None else control.find_parent(attrs={"data-lookup": True})
        )
        assert wrapper is not None
        address, _mark, query = str(wrapper["data-url"]).partition("?")
        found: list[dict[str, Any]] = self.client.app.get(address, {**dict(parse_qsl(query)), "q": text}).json
        return found

    def _choose(self, name: str, control: Tag, text: str) -> None:
        visible = self.page.find(None, {"name": f"{name}-text"})
        assert isinstance(visible, Tag)
        if not text:
            control["value"], visible["value"] = "", ""
            return
        offered = [one for one in self.options(name, text) if one.get("id") is not None]
        exact = [one for one in offered if text.lower() in (one["label"].lower(), str(one.get("code", "")).lower())]
        chosen = (exact or offered)[:1]
        if not chosen:
            raise Refused(f"no record fits '{text}' in '{name}'")
        control["value"], visible["value"] = str(chosen[0]["id"]), chosen[0]["label"]

    def _choose_tags(self, name: str, control: Tag, value: Any) -> None:
        """Several records, each by words; those that stand there already are not looked up."""
        wanted = [value] if isinstance(value, str) else list(value or ())
        there = {words(one): str(one["value"]) for one in control.find_all("option")}
        control.clear()
        for text in wanted:
            found = there.get(str(text)) or self._found(name, str(text))
            option = self.page.new_tag("option", value=found, selected="")
            option.string = str(text)
            control.append(option)

    def _found(self, name: str, text: str) -> str:
        offered = [one for one in self.options(name, text) if one.get("id") is not None]
        if not offered:
            raise Refused(f"no record fits '{text}' in '{name}'")
        return str(offered[0]["id"])

    def create(self, name: str, text: str) -> Dialog:
        """Choose “Create …” in the lookup of ``name``; the dialog fills the field when it is saved."""
        offered = [one for one in self.options(name, text) if one.get("create")]
        if not offered:
            raise Refused(f"nothing can be created in '{name}'")
        return Dialog(self, name, offered[0]["url"])

    def draft(self) -> None:
        """Ask what follows from what was typed."""
        url = self.node.get("data-draft-url")
        if not url:
            return
        fields = [(name, value) for name, value in self.fields() if not isinstance(value, tuple)]
        answer = self._post(str(url), [*fields, ("_changed", " ".join(dict.fromkeys(self.changed)))])
        if answer.status_int != 200:
            raise Refused(f"{answer.status}: {said(soup(answer))}")
        self.changed.clear()
        self.swap(answer)

    # -- lines ------------------------------------------------------------------------------------------------------

    def lines(self, name: str) -> list[Line]:
        """The rows in their order."""
        block = self.wrapper(name)
        body = block.select_one("tbody")
        rows = body.find_all("tr", recursive=False) if body is not None else []
        return [Line(self, name, str(one["data-row"])) for one in rows]

    def add_line(self, name: str) -> Line:
        block = self.wrapper(name)
        template = block.select_one("template[data-lines-template]")
        body = block.select_one("tbody")
        if template is None or body is None:
            raise Refused(f"no line can be added to '{name}'")
        used = [int(str(one["data-row"])) + 1 for one in body.find_all("tr", recursive=False)]
        key = str(max([int(str(block.get("data-next-key") or 0)), *used, 0]))
        row = BeautifulSoup(str(template.find("tr")).replace("__key__", key), "html.parser")
        body.append(row)
        block["data-next-key"] = str(int(key) + 1)
        self._write_order(name)
        return Line(self, name, key)

    def _write_order(self, name: str) -> None:
        body = self.wrapper(name).select_one("tbody")
        assert body is not None
        keys = [str(one["data-row"]) for one in body.find_all("tr", recursive=False)]
        self._controls(f"{name}-order")[0]["value"] = " ".join(keys)
        self.changed.append(name)
        self.draft()

    # -- saving -----------------------------------------------------------------------------------------------------

    def fields(self) -> list[tuple[str, Any]]:
        """What the form would post."""
        found: list[tuple[str, Any]] = []
        for one in self._all():
            upload = self.uploads.get(str(one["name"]))
            if upload is not None:
                found.append((str(one["name"]), upload))
            else:
                found += [(str(one["name"]), value) for value in _posted(one)]
        return found

    def upload(self, name: str, filename: str, content: bytes) -> None:
        """Choose a file."""
        self.uploads[name] = (filename, content)

    def save(self) -> Form:
        """Press Save. Raises Refused when the form was not saved; the form then shows why."""
        return self._submit(str(self.node["action"]))

    def click(self, label: str) -> Form:
        """Press a button of the form by its label."""
        for one in self.page.select("button"):
            if words(one) == label and (one.find_parent("form") is self.node or one.get("form") == self.node.get("id")):
                address = str(one.get("formaction") or self.node["action"])
                extra = [(str(one["name"]), str(one.get("value", "")))] if one.has_attr("name") else []
                return self._submit(address, extra)
        raise Refused(f"there is no button '{label}'; there are {', '.join(self.buttons)}")

    def _submit(self, url: str, extra: list[tuple[str, str]] | None = None) -> Form:
        changed = [("_changed", " ".join(dict.fromkeys(self.changed)))]
        answer = self._post(url, [*self.fields(), *(extra or []), *changed])
        self.last = answer
        if answer.status_int >= 400:
            self.swap(answer)
            raise Refused(f"{answer.status_int}: {self.message} {self.errors or ''}".strip())
        if "HX-Redirect" in answer.headers:
            self.load(self.client.get(answer.headers["HX-Redirect"]))
        else:
            self.swap(answer)
        return self

    def _post(self, url: str, fields: list[tuple[str, Any]]) -> TestResponse:
        files = [(name, *value) for name, value in fields if isinstance(value, tuple)]
        plain = [(name, value) for name, value in fields if not isinstance(value, tuple)]
        if files:
            return self.client.app.post(url, plain, headers=self.headers, upload_files=files, expect_errors=True)
        return self.client.app.post(url, plain, headers=self.headers, expect_errors=True)

    def swap(self, answer: TestResponse) -> None:
        """Put the partials of an answer into the page."""
        for partial in soup(answer).find_all("hx-partial"):
            target = self.page.find(id=str(partial["hx-target"]).removeprefix("#"))
            if not isinstance(target, Tag):
                continue
            if partial["hx-swap"] == "innerHTML":
                target.clear()
                for child in list(partial.contents):
                    target.append(child.extract())
            else:
                for child in list(partial.contents):
                    target.insert_before(child.extract())
                target.extract()


class Dialog(Form):
    """A form over another one, in which a linked record is created on the way."""

    def __init__(self, below: Form, name: str, url: str) -> None:
        self.below = below
        self.field = name
        address, mark, query = url.partition("?")
        answer = below.client.get(f"{address}?{query}{'&' if mark else ''}_dialog=1")
        super().__init__(below.client, answer)
        self.headers = below.headers
        self.prefix = "d1-"

    def wrapper(self, name: str) -> Tag:
        return super().wrapper(name if name.startswith("d1-") else f"d1-{name}")

    def save(self) -> Form:
        """Save and go on in the form below, with the new record in its field."""
        answer = self._post(str(self.node["action"]), self.fields())
        if answer.status_int >= 400:
            self.swap(answer)
            raise Refused(
                f"{answer.status_int}: {' '.join(words(one) for one in self.page.select('.alert'))} {self.errors or ''}"
            )
        created = json.loads(answer.headers["HX-Trigger"])["kontor:created"]
        control = self.below._controls(self.field)[0]
        visible = self.below.page.find(None, {"name": f"{self.field}-text"})
        assert isinstance(visible, Tag)
        control["value"], visible["value"] = str(created["id"]), created["label"]
        self.below.changed.append(self.field)
        self.below.draft()
        return self.below


class Line:
    """A row of lines; its names are those of the columns."""

    def __init__(self, form: Form, lines: str, key: str) -> None:
        self.form = form
        self.of = lines
        self.key = key

    def name(self, column: str) -> str:
        return f"{self.of}-{self.key}-{column}"

    def set(self, column: str, value: str | bool | None, draft: bool = True) -> Line:
        self.form.set(self.name(column), value, draft)
        return self

    def type(self, **values: str | bool | None) -> Line:
        for column, value in values.items():
            self.set(column, value)
        return self

    def text(self, column: str) -> str:
        return self.form.text(self.name(column))

    def is_editable(self, column: str) -> bool:
        return self.form.is_editable(self.name(column))

    def _row(self) -> Tag:
        found = self.form.wrapper(self.of).find("tr", attrs={"data-row": self.key})
        assert isinstance(found, Tag)
        return found

    def remove(self) -> None:
        if self._row().select_one("[data-line-remove]") is None:
            raise Refused("this line cannot be removed")
        control = self.form._controls(self.name("id"))
        removed = self.form._controls(f"{self.of}-removed")[0]
        if control and control[0].get("value"):
            removed["value"] = f"{removed.get('value', '')} {control[0]['value']}".strip()
        self._row().extract()
        self.form._write_order(self.of)

    def move(self, step: int) -> None:
        """Up with -1, down with 1."""
        row = self._row()
        rows = row.parent.find_all("tr", recursive=False) if row.parent is not None else []
        other = rows[rows.index(row) + step]
        row.extract()
        if step < 0:
            other.insert_before(row)
        else:
            other.insert_after(row)
        self.form._write_order(self.of)


# -- controls -------------------------------------------------------------------------------------------------------


def _is_visible(control: Tag) -> bool:
    if control.get("type") == "hidden":
        return control.find_parent(attrs={"data-lookup": True}) is not None
    return not control.has_attr("readonly") and not control.has_attr("disabled")


def _text(control: Tag) -> str:
    if control.name == "select":
        return " ".join(words(one) for one in control.find_all("option") if one.has_attr("selected"))
    return (_posted(control) or [""])[0]


def _posted(control: Tag) -> list[str]:
    kind = str(control.get("type", "text"))
    if control.name == "textarea":
        return [control.get_text().removeprefix("\n")]
    if control.name == "select":
        options = control.find_all("option")
        chosen = [str(one.get("value", words(one))) for one in options if one.has_attr("selected")]
        if not chosen and not control.has_attr("multiple") and options:
            chosen = [str(options[0].get("value", ""))]
        return chosen
    if kind in ("checkbox", "radio"):
        return [str(control.get("value", "on"))] if control.has_attr("checked") else []
    return [] if kind in ("file", "submit", "button") else [str(control.get("value", ""))]


def _write(controls: list[Tag], value: str | bool | None) -> None:
    control = controls[0]
    kind = str(control.get("type", "text"))
    if control.name == "textarea":
        control.string = str(value or "")
    elif control.name == "select":
        wanted = value if isinstance(value, (list, tuple)) else [str(value or "")]
        for option in control.find_all("option"):
            del option["selected"]
            if str(option.get("value", "")) in wanted or words(option) in wanted:
                option["selected"] = ""
    elif kind == "radio":
        for one in controls:
            del one["checked"]
            if one.get("value") == value:
                one["checked"] = ""
    elif kind == "checkbox":
        if value:
            control["checked"] = ""
        else:
            del control["checked"]
    else:
        control["value"] = "" if value is None else str(value)
