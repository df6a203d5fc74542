"""Which widget serves which field: adapters from (field, kind of view) to ``IWidget``, by name where a view says so.

An addon registers its own by the hook ``kontor_widgets``; what a set has is looked up once for each node of a view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import implementer
from zope.interface.registry import Components

from core.views.widgets import widget_source
from core.web import interfaces as i
from core.web.controls import Widget
from core.web.interfaces import IField, IForm, IViewKind, IWidget
from core.web.widgets_of_links import CheckBoxes, File, Image, Lookup, Reference, Tags
from core.web.widgets_of_values import (
    Badge,
    CheckBox,
    Code,
    Date,
    DateTime,
    Email,
    Json,
    Money,
    Number,
    Percent,
    Phone,
    Progress,
    Radio,
    RichText,
    Select,
    Switch,
    TextArea,
    Url,
)

if TYPE_CHECKING:
    from core.orm.fields import Field
    from core.registry.addonset import AddonSet
    from core.views import FieldNode

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
