"""The kernel's widgets: adapters from (field, kind of view) to ``IWidget``, by name where a view asks for one.

A widget draws a control or a value from a ``Cell``; it knows no request and no record. Cells of tables that need
nothing special are written out by the compiled template itself (core/views/cells.py) and never come here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from zope.interface import implementer
from zope.interface.registry import Components

from core.i18n import _, translate
from core.views.format import Formatter
from core.views.widgets import widget_source
from core.web import interfaces as i
from core.web.interfaces import IField, IForm, IViewKind, IWidget

if TYPE_CHECKING:
    from core.orm.fields import Field
    from core.registry.addonset import AddonSet
    from core.views import FieldNode

CONTROL = "form-control form-control-sm"
SELECT = "form-select form-select-sm"


@dataclass
class Cell:
    """One field of one record on a page. ``value`` may be the text that a user typed and that could not be read.

    ``label``: of the linked record, for links; ``unit``: label of currency or unit; ``model``: of a reference.
    """

    node: FieldNode
    value: Any
    f: Formatter
    id: str
    name: str
    app: str
    here: str
    lookup: str
    label: str = ""
    unit: str = ""
    model: str = ""
    errors: list[str] = field(default_factory=list)
    required: bool = False
    typed: str | None = None
    #: what may be chosen of, for links to several records: (id, label)
    options: list[tuple[int, str]] = field(default_factory=list)

    @property
    def field(self) -> Field[Any]:
        return self.node.field

    def attributes(self, **more: Any) -> Markup:
        """id, name and what accessibility wants, of the control itself."""
        given: dict[str, Any] = {"id": self.id, "name": self.name, **more}
        if self.errors:
            given["aria-invalid"] = "true"
        described = [f"e-{self.id}"] if self.errors else []
        if self.node.help:
            described.append(f"h-{self.id}")
        if described:
            given["aria-describedby"] = " ".join(described)
        if self.required:
            given["aria-required"] = "true"
        if self.node.placeholder:
            given["placeholder"] = translate(self.node.placeholder)
        return attributes(given)


def attributes(given: Mapping[str, Any]) -> Markup:
    """HTML attributes; None and False are left out, True stands alone."""
    parts = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        parts.append(f" {name}" if value is True else f' {name}="{escape(value)}"')
    return Markup("".join(parts))  # noqa: S704 - names are the kernel's, values escaped


def tag(name: str, given: Mapping[str, Any], inside: Any = None) -> Markup:
    opened = f"<{name}{attributes(given)}>"
    return Markup(opened) if inside is None else Markup(f"{opened}{escape(inside)}</{name}>")  # noqa: S704


def value_of(text: Any) -> Markup:
    return Markup('<span class="value">{}</span>').format(text)


@implementer(IWidget)
class Widget:
    """Base of the kernel's widgets, and the plain one: a line of text."""

    html_type = "text"

    def __init__(self, field: Field[Any], kind: Any) -> None:
        self.field = field
        self.kind = kind

    def edit(self, cell: Cell) -> Markup:
        more: dict[str, Any] = {"maxlength": self.field.size}
        return self.input(cell, "" if cell.value is None else str(cell.value), **more)

    def show(self, cell: Cell) -> Markup:
        return value_of(self.text(cell))

    def text(self, cell: Cell) -> Any:
        """The value in words."""
        return "" if cell.value is None else str(cell.value)

    def input(self, cell: Cell, text: str, classes: str = CONTROL, **more: Any) -> Markup:
        given = {"type": self.html_type, "class": classes, "value": text, "autocomplete": "off", **more}
        return Markup("<input{}{}>").format(attributes(given), cell.attributes())


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
        return self.input(cell, cell.f.typed_date(cell.value))

    def text(self, cell: Cell) -> Any:
        return cell.f.date(cell.value)


class DateTime(Widget):
    html_type = "datetime-local"

    def edit(self, cell: Cell) -> Markup:
        return self.input(cell, cell.f.typed_datetime(cell.value))

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


# -- which widget serves which field --------------------------------------------------------------------------------

_BY_KIND: tuple[tuple[Any, type[Widget]], ...] = (
    (IField, Widget),
    (i.ILongTextField, TextArea),
    (i.IRichTextField, RichText),
    (i.INumberField, Number),
    (i.IMoneyField, Money),
    (i.IBooleanField, CheckBox),
    (i.IDateField, Date),
    (i.IDateTimeField, DateTime),
    (i.ISelectionField, Select),
    (i.IStateField, Badge),
    (i.ILinkField, Lookup),
    (i.ILinksField, Tags),
    (i.IReferenceField, Reference),
    (i.IFileField, File),
    (i.IImageField, Image),
    (i.IJsonField, Json),
)
_BY_NAME: tuple[tuple[str, Any, type[Widget]], ...] = (
    ("text", i.ITextField, Widget),
    ("textarea", i.ITextField, TextArea),
    ("richtext", i.IRichTextField, RichText),
    ("email", i.ICharField, Email),
    ("phone", i.ICharField, Phone),
    ("url", i.ICharField, Url),
    ("code", i.ITextField, Code),
    ("code", i.IJsonField, Json),
    ("number", i.INumberField, Number),
    ("percent", i.INumberField, Percent),
    ("progress", i.INumberField, Progress),
    ("checkbox", i.IBooleanField, CheckBox),
    ("switch", i.IBooleanField, Switch),
    ("date", i.IDateField, Date),
    ("date", i.IDateTimeField, Date),
    ("datetime", i.IDateTimeField, DateTime),
    ("since", i.IDateField, Date),
    ("since", i.IDateTimeField, DateTime),
    ("select", i.ISelectionField, Select),
    ("select", i.ILinkField, Lookup),
    ("radio", i.ISelectionField, Radio),
    ("badge", IField, Badge),
    ("lookup", i.ILinkField, Lookup),
    ("lookup", i.IReferenceField, Reference),
    ("tags", i.ILinksField, Tags),
    ("checkboxes", i.ILinksField, CheckBoxes),
    ("file", i.IFileField, File),
    ("image", i.IImageField, Image),
    ("json", i.IJsonField, Json),
)


def _kernel() -> Components:
    made = Components("kontor kernel")
    for field_interface, widget in _BY_KIND:
        made.registerAdapter(widget, (field_interface, IViewKind), IWidget)
    for name, field_interface, widget in _BY_NAME:
        made.registerAdapter(widget, (field_interface, IViewKind), IWidget, name=name)
    return made


kernel_components = _kernel()


@implementer(IForm)
class _Form:
    pass


FORM = _Form()


class Widgets:
    """The widgets of one addon set; each is made once for a node of a view."""

    def __init__(self, components: Components) -> None:
        self.components = components
        self._made: dict[int, tuple[FieldNode, Any]] = {}

    def of(self, node: FieldNode) -> Any:
        found = self._made.get(id(node))
        if found is None:
            name = node.widget or ""
            widget = self.components.queryMultiAdapter((node.field, FORM), IWidget, name)
            if widget is None:
                widget = self.components.getMultiAdapter((node.field, FORM), IWidget)
            found = self._made[id(node)] = (node, widget)
        return found[1]


def own_widgets(addon_set: AddonSet) -> dict[str, set[str]]:
    """Names of widgets that addons registered, with the kinds of field that they serve."""
    components = Components("kontor", bases=(kernel_components,))
    addon_set.hooks.call("kontor_widgets", registry=components)
    found: dict[str, set[str]] = {}
    kinds = {cls.kind: cls for cls in _field_classes()}
    for one in components.registeredAdapters():
        if one.name and one.provided is IWidget:
            fits = {kind for kind, cls in kinds.items() if one.required[0].implementedBy(cls)}
            found.setdefault(one.name, set()).update(fits)
    return found


def _field_classes() -> list[type[Field[Any]]]:
    from core.orm.fields import Field

    found: list[type[Field[Any]]] = []
    waiting: list[Any] = [Field]
    while waiting:
        cls = waiting.pop()
        waiting.extend(cls.__subclasses__())
        if cls.kind:
            found.append(cls)
    return found


widget_source(own_widgets)
