"""Widgets of what a record leads to: other records, one or many, and files."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from core.i18n import _, translate
from core.web.controls import CONTROL, Cell, Widget, attributes, tag, value_of


class Lookup(Widget):
    """A linked record, found by typing part of its name."""

    def edit(self, cell: Cell) -> Markup:
        words = cell.typed if cell.typed is not None else cell.label
        given = {
            "type": "text",
            "class": CONTROL,
            "value": words,
            "autocomplete": "off",
            "id": f"{cell.id}-text",
            "name": f"{cell.name}-text",
        }
        hidden = {"type": "hidden", "name": cell.name, "id": cell.id, "value": "" if cell.value is None else cell.value}
        visible = Markup("<input{}{}>").format(attributes(given), _without_name(cell))
        link = ""
        if self.field.target:
            link = tag(
                "a",
                {
                    "class": "btn btn-sm btn-link",
                    "data-lookup-open": f"{cell.app}/{self.field.target}/{{id}}",
                    "href": f"{cell.app}/{self.field.target}/{cell.value}" if cell.value else "#",
                    "hidden": not cell.value,
                    "tabindex": "-1",
                    "aria-label": str(_("Open")),
                    "title": str(_("Open")),
                },
                "↗",
            )
        url = f"{cell.lookup}?field={cell.node.path}"
        return Markup('<div data-lookup data-url="{}"><input{}>{}{}</div>').format(
            url, attributes(hidden), visible, link
        )

    def show(self, cell: Cell) -> Markup:
        if not cell.label:
            return value_of(_("(hidden)") if cell.value else "")
        return value_of(tag("a", {"href": f"{cell.app}/{self.field.target}/{cell.value}"}, cell.label))


def _without_name(cell: Cell) -> Markup:
    given: dict[str, Any] = {}
    if cell.errors:
        given["aria-invalid"] = "true"
        given["aria-describedby"] = f"e-{cell.id}"
    elif cell.node.help:
        given["aria-describedby"] = f"h-{cell.id}"
    if cell.required:
        given["aria-required"] = "true"
    if cell.node.placeholder:
        given["placeholder"] = translate(cell.node.placeholder)
    return attributes(given)


class Reference(Widget):
    """A record of any model: shown as a link; chosen elsewhere."""

    def edit(self, cell: Cell) -> Markup:
        return self.show(cell)

    def show(self, cell: Cell) -> Markup:
        if not cell.label:
            return value_of(_("(hidden)") if cell.value else "")
        return value_of(tag("a", {"href": f"{cell.app}/{cell.model}/{cell.value}"}, cell.label))


class Tags(Widget):
    """Several records, each found by typing part of its name: ``cell.value`` is a list of (id, label)."""

    def edit(self, cell: Cell) -> Markup:
        chosen = cell.value or ()
        options = [tag("option", {"value": key, "selected": True}, label) for key, label in chosen]
        carrier = attributes({"name": cell.name, "multiple": True, "hidden": True})
        typed = {"type": "text", "class": CONTROL, "autocomplete": "off", "id": cell.id}
        return Markup(
            '<div class="tags" data-tags><select{}>{}</select><span class="tag-list" data-tag-list>{}</span>'
            '<div data-lookup data-url="{}?field={}"><input{}{}></div>'
            '<input type="hidden" name="{}-set" value="1"></div>'
        ).format(
            carrier,
            Markup("").join(options),
            Markup("").join(self.chip(key, label) for key, label in chosen),
            cell.lookup,
            cell.node.path,
            attributes(typed),
            _without_name(cell),
            cell.name,
        )

    def chip(self, key: int, label: str) -> Markup:
        said = str(_("Remove {name}")).format(name=label)
        return Markup(
            '<span class="badge tag">{}<button type="button" class="tag-remove" data-tag-remove="{}" aria-label="{}">'
            "✕</button></span>"
        ).format(label, key, said)

    def show(self, cell: Cell) -> Markup:
        parts = [Markup('<span class="badge tag">{}</span>').format(label) for _key, label in cell.value or ()]
        return value_of(Markup(" ").join(parts))


class CheckBoxes(Tags):
    """Several of few records, each with a box to tick."""

    def edit(self, cell: Cell) -> Markup:
        chosen = {key for key, _label in cell.value or ()}
        boxes = []
        for key, label in cell.options:
            ident = f"{cell.id}-{key}"
            given = {"type": "checkbox", "class": "form-check-input", "id": ident, "name": cell.name, "value": key}
            boxes.append(
                Markup('<div class="form-check">{}{}</div>').format(
                    tag("input", {**given, "checked": key in chosen}),
                    tag("label", {"class": "form-check-label", "for": ident}, label),
                )
            )
        group = attributes({"class": "check-grid", "role": "group", "id": cell.id, "aria-labelledby": f"l-{cell.id}"})
        return Markup('<div{}>{}<input type="hidden" name="{}-set" value="1"></div>').format(
            group, Markup("").join(boxes), cell.name
        )


class File(Widget):
    def edit(self, cell: Cell) -> Markup:
        given = {"type": "file", "class": CONTROL}
        control = Markup("<input{}{}>").format(attributes(given), cell.attributes())
        if cell.value is None:
            return control
        drop = {
            "type": "checkbox",
            "class": "form-check-input",
            "name": f"{cell.name}-remove",
            "value": "1",
            "id": f"{cell.id}-remove",
        }
        remove = Markup('<div class="form-check"><input{}>{}</div>').format(
            attributes(drop),
            tag("label", {"class": "form-check-label", "for": f"{cell.id}-remove"}, _("Remove the file")),
        )
        return Markup("<div>{}{}{}</div>").format(self.show(cell), control, remove)

    def show(self, cell: Cell) -> Markup:
        if cell.value is None or not hasattr(cell.value, "name"):
            return value_of("")
        return value_of(
            tag("a", {"href": f"{cell.here}/file/{cell.node.path}", "download": cell.value.name}, cell.value.name)
        )


class Image(File):
    def show(self, cell: Cell) -> Markup:
        if cell.value is None or not getattr(cell.value, "is_image", False):
            return super().show(cell)
        given = {
            "src": f"{cell.here}/file/{cell.node.path}",
            "alt": cell.value.name,
            "class": "img-thumbnail",
            "height": 96,
        }
        return value_of(tag("img", given))
