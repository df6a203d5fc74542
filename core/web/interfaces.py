"""What the web layer looks up by interface: widgets for fields. An addon may put its own in front.

    @hookimpl
    def kontor_widgets(registry):
        registry.registerAdapter(StarsWidget, (IIntegerField, IForm), IWidget, name="stars")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import Interface, classImplements

from core.orm import fields, relations

if TYPE_CHECKING:
    from markupsafe import Markup


class IField(Interface):  # type: ignore[misc]
    """A field of a model."""


class ITextField(IField):  # type: ignore[misc]
    """Text of any kind."""


class ICharField(ITextField):  # type: ignore[misc]
    """One line."""


class ILongTextField(ITextField):  # type: ignore[misc]
    """Several lines."""


class IRichTextField(ITextField):  # type: ignore[misc]
    """Formatted text."""


class INumberField(IField):  # type: ignore[misc]
    """A number of any kind."""


class IIntegerField(INumberField):  # type: ignore[misc]
    """A whole number."""


class IDecimalField(INumberField):  # type: ignore[misc]
    """An exact number."""


class IMoneyField(IDecimalField):  # type: ignore[misc]
    """An amount."""


class IQuantityField(IDecimalField):  # type: ignore[misc]
    """A quantity."""


class IBooleanField(IField):  # type: ignore[misc]
    """Yes or no."""


class IDateField(IField):  # type: ignore[misc]
    """A day."""


class IDateTimeField(IField):  # type: ignore[misc]
    """A moment."""


class ISelectionField(IField):  # type: ignore[misc]
    """One of several values."""


class IStateField(ISelectionField):  # type: ignore[misc]
    """The state of a record."""


class ILinkField(IField):  # type: ignore[misc]
    """A link to one record."""


class ILinksField(IField):  # type: ignore[misc]
    """Links to many records."""


class IReferenceField(IField):  # type: ignore[misc]
    """A link to a record of any model."""


class IFileField(IField):  # type: ignore[misc]
    """A file."""


class IImageField(IFileField):  # type: ignore[misc]
    """A picture."""


class IJsonField(IField):  # type: ignore[misc]
    """A JSON value."""


class IViewKind(Interface):  # type: ignore[misc]
    """Where a widget stands."""


class IForm(IViewKind):  # type: ignore[misc]
    """In a form, with a label and room."""


class ICell(IViewKind):  # type: ignore[misc]
    """In a table."""


class IWidget(Interface):  # type: ignore[misc]
    """Draws a field. Made for (field, kind of view) once for each addon set; keeps nothing of a request."""

    def edit(cell: Any) -> Markup:  # noqa: N805
        """The control, with ``cell.id`` as its id and ``cell.name`` as its name; ``cell`` is a ``widgets.Cell``."""

    def show(cell: Any) -> Markup:  # noqa: N805
        """The value to read."""


for _cls, _interface in (
    (fields.Char, ICharField),
    (fields.Text, ILongTextField),
    (fields.RichText, IRichTextField),
    (fields.Integer, IIntegerField),
    (fields.Decimal, IDecimalField),
    (fields.Money, IMoneyField),
    (fields.Quantity, IQuantityField),
    (fields.Boolean, IBooleanField),
    (fields.Date, IDateField),
    (fields.DateTime, IDateTimeField),
    (fields.Selection, ISelectionField),
    (fields.State, IStateField),
    (fields.Json, IJsonField),
    (fields.File, IFileField),
    (fields.Image, IImageField),
    (relations.Many2one, ILinkField),
    (relations.One2many, ILinksField),
    (relations.Many2many, ILinksField),
    (relations.Reference, IReferenceField),
):
    classImplements(_cls, _interface)
