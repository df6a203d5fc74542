"""What widgets are made of: the cell that they draw, HTML that escapes, and the plain control that is their base.

A widget draws a control or a value from a ``Cell``; it knows no request and no record. Cells of tables that need
nothing special are written out by the compiled template itself (core/views/cells.py) and never come here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape
from zope.interface import implementer

from core.i18n import translate
from core.views.format import Formatter
from core.web.interfaces import IWidget

if TYPE_CHECKING:
    from core.orm.fields import Field
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
