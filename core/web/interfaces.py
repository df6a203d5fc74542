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


class ITextField(IField):
    """Text of any kind."""


class ICharField(ITextField):
    """One line."""


class ILongTextField(ITextField):
    """Several lines."""


class IRichTextField(ITextField):
    """Formatted text."""


class INumberField(IField):
    """A number of any kind."""


class IIntegerField(INumberField):
    """A whole number."""


class IDecimalField(INumberField):
    """An exact number."""


class IMoneyField(IDecimalField):
    """An amount."""


class IQuantityField(IDecimalField):
    """A quantity."""


class IBooleanField(IField):
    """Yes or no."""


class IDateField(IField):
    """A day."""


class IDateTimeField(IField):
    """A moment."""


class ISelectionField(IField):
    """One of several values."""


class IStateField(ISelectionField):
    """The state of a record."""


class ILinkField(IField):
    """A link to one record."""


class ILinksField(IField):
    """Links to many records."""


class IReferenceField(IField):
    """A link to a record of any model."""


class IFileField(IField):
    """A file."""


class IImageField(IFileField):
    """A picture."""


class IJsonField(IField):
    """A JSON value."""


class IViewKind(Interface):  # type: ignore[misc]
    """Where a widget stands."""


class IForm(IViewKind):
    """In a form, with a label and room."""


class ICell(IViewKind):
    """In a table."""


class IWidget(Interface):  # type: ignore[misc]
    """Draws a field. Made for (field, kind of view) once for each addon set; keeps nothing of a request."""

    def edit(cell: Any) -> Markup:  # type: ignore[empty-body]  # noqa: N805
        """The control, with ``cell.id`` as its id and ``cell.name`` as its name; ``cell`` is a ``widgets.Cell``."""

    def show(cell: Any) -> Markup:  # type: ignore[empty-body]  # noqa: N805
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
