"""What a view is once it has been checked: the nodes that the web layer asks about, and the template's source.

    View ── fields    path -> FieldNode          what is shown, with its conditions
         ├─ columns   the fields of a list       ├─ lines     field -> LinesNode with columns of its own
         ├─ buttons, statusbars, panels, boxes   (boxes: groups, pages, tabs … by their anchor)
         ├─ conditions  c1 -> Condition          the template looks up ``on["c1"]`` and never sees an expression
         ├─ flags       d1 -> Flag               decorations of rows and cells, part of a row of a list
         └─ slots       what a row of the list consists of, position by position

A view is immutable and serves all principals; ``access`` says what one of them gets to see of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from core.views.nodes import Element

if TYPE_CHECKING:
    from jinja2 import Environment, Template

    from core.orm.assemble import ModelInfo
    from core.orm.expressions import Expression
    from core.orm.fields import Field


@dataclass(frozen=True)
class Condition:
    """``visible-if``, ``readonly-if`` or ``required-if`` of a node.

    ``lines``: it is asked of each line of this field, with the line's own names; None: of the record.
    """

    id: str
    kind: Literal["visible", "readonly", "required"]
    anchor: str
    expression: Expression
    lines: str | None = None


@dataclass(frozen=True)
class Flag:
    """A decoration: the look ``style`` where ``expression`` holds. ``path``: of one cell; None: of the whole row."""

    id: str
    style: str
    expression: Expression
    path: str | None = None


@dataclass(frozen=True)
class FieldNode:
    """A field in a form, a column of a list or of lines, or a field of a search.

    ``hops`` are (model, field) along the path, what rights are asked about. ``readonly`` and ``required`` always
    hold; the conditions are ids. ``id`` is the path as part of HTML ids.
    """

    path: str
    field: Field[Any]
    hops: tuple[tuple[str, str], ...]
    label: str
    anchor: str
    widget: str | None = None
    help: str = ""
    placeholder: str = ""
    colspan: int = 1
    nolabel: bool = False
    readonly: bool = False
    required: bool = False
    sum: bool = False
    optional: str | None = None
    operator: str | None = None
    groups: tuple[str, ...] = ()
    visible_if: str | None = None
    readonly_if: str | None = None
    required_if: str | None = None
    flags: tuple[Flag, ...] = ()

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")

    @property
    def kind(self) -> str:
        return self.field.kind

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    @property
    def model(self) -> str:
        """The model that the field itself belongs to."""
        return self.hops[-1][0]


@dataclass(frozen=True)
class LinesNode:
    """A One2many in a form. ``editable``: its records are owned and are edited in place."""

    name: str
    field: Field[Any]
    model: str
    owner: str
    label: str
    anchor: str
    columns: tuple[FieldNode, ...]
    editable: bool
    create: bool
    delete: bool
    sort: str | None = None
    groups: tuple[str, ...] = ()
    visible_if: str | None = None
    readonly_if: str | None = None

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        from core.views.rows import line_slots

        return line_slots(self)


@dataclass(frozen=True)
class StatusNode:
    """``states``: those always shown, in order; others only while the record is in them."""

    field: Field[Any]
    anchor: str
    states: tuple[str, ...]
    groups: tuple[str, ...] = ()
    visible_if: str | None = None


@dataclass(frozen=True)
class ButtonNode:
    name: str
    kind: Literal["transition", "action"]
    label: str
    anchor: str
    style: str
    confirm: str = ""
    help: str = ""
    #: of the node itself; those of the transition or action are asked when it runs
    groups: tuple[str, ...] = ()
    visible_if: str | None = None


@dataclass(frozen=True)
class BoxNode:
    """Whatever else can be shown or not: a group, a page, a note, a panel. ``holds``: paths and anchors in it."""

    tag: str
    name: str
    anchor: str
    label: str = ""
    groups: tuple[str, ...] = ()
    visible_if: str | None = None
    holds: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filter:
    """A ready-made filter. Those of one ``section`` are alternatives, different sections must all hold."""

    name: str
    label: str
    expression: Expression
    section: int
    default: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class GroupBy:
    """``by``: day, week, month, quarter or year, for dates."""

    name: str
    label: str
    node: FieldNode
    by: str | None = None
    default: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slot:
    """One position in a row of a list or of lines, and the variable that the template unpacks it into.

    ``what``: id (of the row), value, label (of a linked record), model (of a reference), unit (label of the currency
    or unit), flag, and in lines key, errors and on. ``path``: the field, or the flag's id.
    """

    what: str
    path: str
    variable: str


@dataclass(frozen=True)
class Access:
    """What one principal gets to see of a view: the template's ``may`` and ``shown``."""

    may: dict[str, bool]
    shown: dict[str, bool]


@dataclass(frozen=True)
class View:
    name: str
    kind: str
    model: str
    info: ModelInfo
    tree: Element
    label: str = ""
    create: bool = True
    edit: bool = True
    delete: bool = True
    fields: Mapping[str, FieldNode] = field(default_factory=dict)
    lines: Mapping[str, LinesNode] = field(default_factory=dict)
    statusbars: Mapping[str, StatusNode] = field(default_factory=dict)
    buttons: Mapping[str, ButtonNode] = field(default_factory=dict)
    boxes: Mapping[str, BoxNode] = field(default_factory=dict)
    panels: Mapping[str, BoxNode] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    flags: Mapping[str, Flag] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    group_bys: Mapping[str, GroupBy] = field(default_factory=dict)
    sort: tuple[str, ...] = ()
    #: the link whose record a row opens instead of its own; "" for its own, None when rows do not open
    open: str | None = ""
    #: not written by anybody, see defaults.py
    generated: bool = False
    _templates: WeakKeyDictionary[Environment, Template] = field(
        default_factory=WeakKeyDictionary, repr=False, compare=False
    )

    @property
    def columns(self) -> tuple[FieldNode, ...]:
        return tuple(self.fields.values())

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """A row of a list, position by position; what a principal may not read stands in it as None."""
        from core.views.rows import list_slots

        return list_slots(self)

    @cached_property
    def needs(self) -> frozenset[str]:
        """Field paths that conditions of the record read, shown or not."""
        return frozenset(
            path for one in self.conditions.values() if one.lines is None for path in one.expression.paths()
        )

    @cached_property
    def template_source(self) -> str:
        """Jinja2 source; its context is described in ``compile.py``."""
        from core.views.compile import compile_view

        return compile_view(self)

    def template(self, environment: Environment) -> Template:
        """The compiled template; made once for each environment (``core.views.environment``)."""
        from core.views.engine import compiled

        found = self._templates.get(environment)
        if found is None:
            found = self._templates[environment] = compiled(self.template_source, environment)
        return found

    def access(self, readable: Callable[[str, str], bool], member: Callable[[str], bool]) -> Access:
        """``readable(model, field)`` and ``member(group)`` as one principal has them.

        ``may`` has every field by path, columns of lines as ``lines.article``, and every flag; ``shown`` every other
        node by anchor. A box in which nothing is left is not shown, nor a filter or flag that reads a hidden field.
        """

        def allowed(groups: tuple[str, ...]) -> bool:
            return not groups or any(member(one) for one in groups)

        def may_see(node: FieldNode) -> bool:
            return allowed(node.groups) and all(readable(*hop) for hop in node.hops)

        def may_ask(expression: Expression) -> bool:
            return all(readable(*hop) for used in expression.used for hop in zip(used.models, used.names, strict=True))

        may = {path: may_see(node) for path, node in self.fields.items()}
        may.update({name: may_ask(flag.expression) for name, flag in self.flags.items()})
        for name, lines in self.lines.items():
            may[name] = allowed(lines.groups) and readable(lines.owner, name)
            for column in lines.columns:
                may[f"{name}.{column.path}"] = may[name] and may_see(column)
        shown: dict[str, bool] = {}
        for anchor, status in self.statusbars.items():
            shown[anchor] = allowed(status.groups) and readable(self.model, status.field.name)
        for button in self.buttons.values():
            shown[button.anchor] = allowed(button.groups)
        for name, one in self.filters.items():
            shown[f"filter[{name}]"] = allowed(one.groups) and may_ask(one.expression)
        for name, by in self.group_bys.items():
            shown[f"group-by[{name}]"] = allowed(by.groups) and may_see(by.node)
        # boxes stand in the order in which they close: what a box holds has been decided before it
        for anchor, box in self.boxes.items():
            empty = bool(box.holds) and not any(may.get(one, shown.get(one, False)) for one in box.holds)
            shown[anchor] = allowed(box.groups) and not empty
        return Access(may, shown)
