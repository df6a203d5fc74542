"""Widgets of values: texts, numbers, dates, choices, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from core.i18n import _, translate
from core.web.controls import CONTROL, SELECT, Cell, Widget, attributes, tag, value_of


class Email(Widget):
    html_type = "email"

    def show(self, cell: Cell) -> Markup:
        if not cell.value:
            return value_of("")
        return value_of(tag("a", {"href": f"{self.scheme}{cell.value}"}, cell.value))

    scheme = "mailto:"


class Phone(Email):
    html_type = "tel"
    scheme = "tel:"


class Url(Widget):
    html_type = "url"

    def show(self, cell: Cell) -> Markup:
        text = str(cell.value or "")
        if not text.lower().startswith(("https://", "http://")):
            return value_of(text)
        return value_of(tag("a", {"href": text, "rel": "noopener noreferrer", "target": "_blank"}, text))


class TextArea(Widget):
    rows = 4

    def edit(self, cell: Cell) -> Markup:
        rows = max(self.rows, min(20, str(cell.value or "").count("\n") + 2))
        given = {"class": CONTROL, "rows": rows}
        return Markup("<textarea{}{}>\n{}</textarea>").format(attributes(given), cell.attributes(), cell.value or "")

    def show(self, cell: Cell) -> Markup:
        return Markup('<div class="value text-break pre-line">{}</div>').format(_lines(str(cell.value or "")))


def _lines(text: str) -> Markup:
    return Markup("<br>").join(text.splitlines())


class Code(TextArea):
    def edit(self, cell: Cell) -> Markup:
        return Markup('<div class="font-monospace">{}</div>').format(super().edit(cell))


class RichText(TextArea):
    """Formatted text: written as HTML, shown as what it means; it was cleaned when it was set."""

    rows = 6

    def show(self, cell: Cell) -> Markup:
        import nh3

        return Markup('<div class="value richtext">{}</div>').format(Markup(nh3.clean(str(cell.value or ""))))  # noqa: S704


class Number(Widget):
    least = 0

    def edit(self, cell: Cell) -> Markup:
        mode = "numeric" if self.field.kind == "integer" else "decimal"
        control = self.input(cell, self.typed(cell), f"{CONTROL} numeric", inputmode=mode)
        unit = cell.unit or self.sign
        if not unit:
            return control
        return Markup(
            '<div class="input-group input-group-sm">{}<span class="input-group-text">{}</span></div>'
        ).format(control, unit)

    sign = ""

    def typed(self, cell: Cell) -> str:
        return cell.f.typed(cell.value, int(self.field.digits), self.least)

    def text(self, cell: Cell) -> Any:
        shown = (
            cell.f.integer(cell.value)
            if self.field.kind == "integer"
            else cell.f.number(cell.value, int(self.field.digits))
        )
        return f"{shown}\u00a0{cell.unit}" if shown and cell.unit else shown

    def show(self, cell: Cell) -> Markup:
        return Markup('<span class="value numeric">{}</span>').format(self.text(cell))


class Money(Number):
    least = 2

    def text(self, cell: Cell) -> Any:
        shown = cell.f.money(cell.value, int(self.field.digits))
        return f"{shown}\u00a0{cell.unit}" if shown and cell.unit else shown


class Percent(Number):
    sign = "%"

    def text(self, cell: Cell) -> Any:
        return cell.f.percent(cell.value)


class Progress(Percent):
    def show(self, cell: Cell) -> Markup:
        value = 0 if cell.value is None else float(cell.value)
        bar = tag("progress", {"max": 100, "value": value, "aria-label": translate(cell.node.label)}, "")
        return Markup('<span class="value">{} {}</span>').format(bar, self.text(cell))


class CheckBox(Widget):
    def edit(self, cell: Cell) -> Markup:
        given = {"type": "checkbox", "class": "form-check-input", "value": "1", "checked": bool(cell.value)}
        return Markup('<div class="form-check pt-1">{}</div>').format(
            Markup("<input{}{}>").format(attributes(given), cell.attributes())
        )

    def text(self, cell: Cell) -> Any:
        return _("Yes") if cell.value else _("No")


class Switch(CheckBox):
    def edit(self, cell: Cell) -> Markup:
        given = {
            "type": "checkbox",
            "class": "form-check-input",
            "role": "switch",
            "value": "1",
            "checked": bool(cell.value),
        }
        return Markup('<div class="form-check form-switch pt-1">{}</div>').format(
            Markup("<input{}{}>").format(attributes(given), cell.attributes())
        )


class Date(Widget):
    html_type = "date"

    def edit(self, cell: Cell) -> Markup:
        return self.input(cell, cell.f.typed_date(cell.value), max="9999-12-31")  # or browsers take years of six digits

    def text(self, cell: Cell) -> Any:
        return cell.f.date(cell.value)


class DateTime(Widget):
    html_type = "datetime-local"

    def edit(self, cell: Cell) -> Markup:
        return self.input(cell, cell.f.typed_datetime(cell.value), max="9999-12-31T23:59")

    def text(self, cell: Cell) -> Any:
        return cell.f.datetime(cell.value)


class Select(Widget):
    def options(self) -> Iterable[tuple[str, str]]:
        return ((value, translate(str(getattr(label, "msgid", label)))) for value, label in self.field.choices.items())

    def edit(self, cell: Cell) -> Markup:
        parts = [] if cell.node.required and cell.value else [Markup('<option value=""></option>')]
        for value, label in self.options():
            parts.append(tag("option", {"value": value, "selected": cell.value == value}, label))
        given = attributes({"class": SELECT})
        return Markup("<select{}{}>{}</select>").format(given, cell.attributes(), Markup("").join(parts))

    def text(self, cell: Cell) -> Any:
        return dict(self.options()).get(cell.value, cell.value) if cell.value is not None else ""


class Radio(Select):
    def edit(self, cell: Cell) -> Markup:
        parts = []
        for value, label in self.options():
            ident = f"{cell.id}-{value}"
            given = {"type": "radio", "class": "form-check-input", "id": ident, "name": cell.name, "value": value}
            one = Markup("<input{}>").format(attributes({**given, "checked": cell.value == value}))
            parts.append(
                Markup('<div class="form-check form-check-inline">{}{}</div>').format(
                    one, tag("label", {"class": "form-check-label", "for": ident}, label)
                )
            )
        group = attributes({"role": "radiogroup", "id": cell.id, "aria-labelledby": f"l-{cell.id}"})
        return Markup("<div{}>{}</div>").format(group, Markup("").join(parts))


class Badge(Select):
    def show(self, cell: Cell) -> Markup:
        if cell.value in (None, "", False):
            return value_of("")
        text = cell.label if self.field.target else self.text(cell) if self.field.choices else str(cell.value)
        return Markup('<span class="value"><span class="badge state" data-state="{}">{}</span></span>').format(
            cell.value, text
        )

    def edit(self, cell: Cell) -> Markup:
        return super().edit(cell) if self.field.choices else Widget.edit(self, cell)


class Json(Code):
    def edit(self, cell: Cell) -> Markup:
        cell.value = self.text(cell)
        return super().edit(cell)

    def text(self, cell: Cell) -> Any:
        if cell.value is None or isinstance(cell.value, str):
            return cell.value or ""
        return json.dumps(cell.value, ensure_ascii=False, indent=2)

    def show(self, cell: Cell) -> Markup:
        return Markup('<pre class="value mb-0">{}</pre>').format(self.text(cell))
