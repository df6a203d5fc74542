"""From a tree to a ``View``: every node checked and turned into what the web layer and the template need."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from core.errors import AssemblyError
from core.views.check import UNSORTABLE, Checker
from core.views.nodes import Element, anchor, reachable, shown_children, where, yes
from core.views.parse import view_name
from core.views.view import (
    BoxNode,
    ButtonNode,
    Condition,
    FieldNode,
    Filter,
    Flag,
    GroupBy,
    LinesNode,
    StatusNode,
    View,
)

if TYPE_CHECKING:
    from core.orm.assemble import ModelInfo
    from core.orm.fields import Field

_BOXES = frozenset({"group", "tabs", "page", "totals"})


def describe(tree: Element, checker: Checker, generated: bool = False) -> View:
    """Raises ``AssemblyError`` for the first thing in ``tree`` that does not hold."""
    info = checker.model(tree)
    checker.unique(reachable(tree))
    builder = _KINDS[str(tree.tag)](tree, checker, info)
    return replace(builder.build(), generated=generated)


def plain(text: object) -> str:
    """A label as it was written: lazy texts would otherwise freeze in the language of the moment."""
    return str(getattr(text, "msgid", text) or "")


@dataclass
class _Builder:
    tree: Element
    checker: Checker
    info: ModelInfo
    conditions: dict[str, Condition] = field(default_factory=dict)
    flags: dict[str, Flag] = field(default_factory=dict)

    def build(self) -> View:
        raise NotImplementedError

    def view(self, **parts: Any) -> View:
        tree = self.tree
        return View(
            name=view_name(tree),
            kind=str(tree.tag),
            model=self.info.name,
            info=self.info,
            tree=tree,
            label=tree.get("label") or plain(self.info.plural if tree.tag == "list" else self.info.label),
            create=yes(tree, "create", True),
            edit=yes(tree, "edit", True),
            delete=yes(tree, "delete", True),
            conditions=self.conditions,
            flags=self.flags,
            **parts,
        )

    def condition(
        self, node: Element, kind: Literal["visible", "readonly", "required"], info: ModelInfo, lines: str | None = None
    ) -> str | None:
        attribute = f"{kind}-if"
        if not node.get(attribute):
            return None
        name = f"c{len(self.conditions) + 1}"
        expression = self.checker.expression(node, attribute, info)
        self.conditions[name] = Condition(name, kind, anchor(node), expression, lines)
        return name

    def decorated(self, node: Element, path: str | None) -> tuple[Flag, ...]:
        made = []
        for style, expression in self.checker.decorations(node, self.info):
            flag = Flag(f"d{len(self.flags) + 1}", style, expression, path)
            self.flags[flag.id] = flag
            made.append(flag)
        return tuple(made)

    def field(self, node: Element, found: Field[Any], hops: tuple[tuple[str, str], ...], **more: Any) -> FieldNode:
        """What all kinds of view say alike of a field."""
        return FieldNode(
            path=str(node.get("name")),
            field=found,
            hops=hops,
            label=node.get("label") or plain(found.label),
            anchor=anchor(node),
            widget=self.checker.widget(node, found),
            placeholder=node.get("placeholder") or "",
            sum=self.summed(node, found),
            optional=node.get("optional"),
            groups=self.checker.groups(node),
            **more,
        )

    def summed(self, node: Element, found: Field[Any]) -> bool:
        if not yes(node, "sum"):
            return False
        if found.kind not in ("integer", "decimal", "money", "quantity"):
            raise AssemblyError(f"'{found.name}' is {found.kind} and has no sum", where(node, "sum"))
        return True


@dataclass
class _Form(_Builder):
    fields: dict[str, FieldNode] = field(default_factory=dict)
    lines: dict[str, LinesNode] = field(default_factory=dict)
    statusbars: dict[str, StatusNode] = field(default_factory=dict)
    buttons: dict[str, ButtonNode] = field(default_factory=dict)
    boxes: dict[str, BoxNode] = field(default_factory=dict)
    panels: dict[str, BoxNode] = field(default_factory=dict)

    def build(self) -> View:
        self.walk(self.tree)
        return self.view(
            fields=self.fields,
            lines=self.lines,
            statusbars=self.statusbars,
            buttons=self.buttons,
            boxes=self.boxes,
            panels=self.panels,
        )

    def walk(self, top: Element, totals: bool = False) -> list[str]:
        """Describe what is shown in ``top``; answers what it holds: paths of fields, anchors of the rest."""
        return [name for node in shown_children(top) for name in self.node(node, totals)]

    def node(self, node: Element, totals: bool) -> list[str]:
        tag = str(node.tag)
        if tag == "header":
            return self.walk(node)
        if tag == "field":
            return self.add_field(node, totals)
        if tag == "lines":
            return self.add_lines(node)
        if tag == "statusbar":
            return self.add_status(node)
        if tag == "button":
            return self.add_button(node)
        return self.add_box(node)

    def add_field(self, node: Element, totals: bool) -> list[str]:
        found, hops = self.checker.path(node, self.info)
        if found.kind == "one2many":
            raise AssemblyError(
                f"'{found.name}' holds many records", where(node), f'write <lines field="{found.name}">'
            )
        path = str(node.get("name"))
        self.fields[path] = self.field(
            node,
            found,
            hops,
            help=node.get("help") or plain(found.help),
            colspan=int(node.get("colspan") or 1),
            nolabel=yes(node, "nolabel"),
            readonly=totals or _readonly(node, found, hops),
            required=found.required and found.kind != "boolean",
            visible_if=self.condition(node, "visible", self.info),
            readonly_if=self.condition(node, "readonly", self.info),
            required_if=self.condition(node, "required", self.info),
        )
        return [path]

    def add_lines(self, node: Element) -> list[str]:
        found = self.checker.own_field(node, self.info, "field", {"one2many"}, "a One2many")
        target = self.checker.set.models[str(found.target)]
        self.checker.unique(reachable(node))
        editable = found.owned and yes(node, "edit", True) and not found.readonly
        sort = None
        if node.get("sort"):
            sort = self.checker.own_field(node, target, "sort", {"integer"}, "an Integer").name
        columns = tuple(self.column(one, found.name, target) for one in shown_children(node))
        if not columns:
            raise AssemblyError(f"lines[{found.name}] has no columns", where(node), f"name fields of '{target.name}'")
        self.lines[found.name] = LinesNode(
            name=found.name,
            field=found,
            model=target.name,
            owner=self.info.name,
            label=node.get("label") or plain(found.label),
            anchor=anchor(node),
            columns=columns,
            editable=editable,
            create=editable and yes(node, "create", True),
            delete=editable and yes(node, "delete", True),
            sort=sort if editable else None,
            groups=self.checker.groups(node),
            visible_if=self.condition(node, "visible", self.info),
            readonly_if=self.condition(node, "readonly", self.info),
        )
        return [found.name]

    def column(self, node: Element, lines: str, target: ModelInfo) -> FieldNode:
        found, hops = self.checker.column(node, target)
        return self.field(
            node,
            found,
            hops,
            readonly=_readonly(node, found, hops),
            required=found.required and found.kind != "boolean",
            visible_if=self.condition(node, "visible", self.info),
            readonly_if=self.condition(node, "readonly", target, lines),
            required_if=self.condition(node, "required", target, lines),
        )

    def add_status(self, node: Element) -> list[str]:
        found = self.checker.own_field(node, self.info, "field", {"state", "selection"}, "a State or a Selection")
        name = anchor(node)
        self.statusbars[name] = StatusNode(
            found,
            name,
            self.checker.states(node, found),
            self.checker.groups(node),
            self.condition(node, "visible", self.info),
        )
        return [name]

    def add_button(self, node: Element) -> list[str]:
        found = self.checker.button(node, self.info)
        name = anchor(node)
        transition = found.name in self.info.transitions
        self.buttons[found.name] = ButtonNode(
            found.name,
            "transition" if transition else "action",
            node.get("label") or plain(found.label) or found.name.replace("_", " ").capitalize(),
            name,
            node.get("style") or ("primary" if transition and not self._has_primary() else "secondary"),
            node.get("confirm") or plain(found.confirm),
            node.get("help") or plain(found.help),
            self.checker.groups(node),
            self.condition(node, "visible", self.info),
        )
        return [name]

    def _has_primary(self) -> bool:
        return any(one.style == "primary" for one in self.buttons.values())

    def add_box(self, node: Element) -> list[str]:
        tag = str(node.tag)
        name = anchor(node)
        holds = tuple(self.walk(node, tag == "totals")) if tag in _BOXES else ()
        box = BoxNode(
            tag,
            node.get("name") or "",
            name,
            node.get("label") or "",
            self.checker.groups(node),
            self.condition(node, "visible", self.info),
            holds,
        )
        if not box.name:
            if box.groups or box.visible_if:
                raise AssemblyError(f"a <{tag}> with a condition needs a name", where(node))
            return []
        self.boxes[name] = box
        if tag == "panel":
            self.panels[self.checker.panel(node)] = box
        return [name] if tag not in ("separator", "note") else []


@dataclass
class _List(_Builder):
    def build(self) -> View:
        tree, checker = self.tree, self.checker
        self.decorated(tree, None)
        fields = {}
        for node in shown_children(tree):
            found, hops = checker.column(node, self.info)
            path = str(node.get("name"))
            fields[path] = self.field(node, found, hops, flags=self.decorated(node, path))
        if not fields:
            raise AssemblyError("a list needs at least one column", where(tree))
        return self.view(fields=fields, sort=checker.sort(tree, self.info) or tuple(self.info.order), open=self.open())

    def open(self) -> str | None:
        given = self.tree.get("open")
        if given in (None, "yes"):
            return ""
        if given == "no":
            return None
        return self.checker.own_field(self.tree, self.info, "open", {"many2one"}, "a Many2one").name


@dataclass
class _Search(_Builder):
    def build(self) -> View:
        fields: dict[str, FieldNode] = {}
        filters: dict[str, Filter] = {}
        group_bys: dict[str, GroupBy] = {}
        section = 0
        for node in shown_children(self.tree):
            if node.tag == "field":
                found, hops = self.checker.path(node, self.info)
                fields[str(node.get("name"))] = self.field(
                    node, found, hops, operator=node.get("operator") or _operator(found)
                )
            elif node.tag == "filter":
                filters[str(node.get("name"))] = self.filter(node, section)
            elif node.tag == "group-by":
                group_bys[str(node.get("name"))] = self.group_by(node)
            elif filters:
                section += 1
        return self.view(fields=fields, filters=filters, group_bys=group_bys)

    def filter(self, node: Element, section: int) -> Filter:
        return Filter(
            str(node.get("name")),
            str(node.get("label")),
            self.checker.expression(node, "where", self.info),
            section,
            yes(node, "default"),
            self.checker.groups(node),
        )

    def group_by(self, node: Element) -> GroupBy:
        found, hops = self.checker.path(node, self.info, "field")
        if found.kind in UNSORTABLE:
            raise AssemblyError(f"'{found.name}' is {found.kind} and cannot be grouped by", where(node, "field"))
        by = node.get("by") or ("month" if found.kind in ("date", "datetime") else None)
        if by and found.kind not in ("date", "datetime"):
            raise AssemblyError(f"'{found.name}' is {found.kind}; only dates have a {by}", where(node, "by"))
        path = str(node.get("field"))
        groups = self.checker.groups(node)
        of = FieldNode(path, found, hops, plain(found.label), anchor(node), groups=groups)
        return GroupBy(str(node.get("name")), node.get("label") or of.label, of, by, yes(node, "default"), groups)


_KINDS: dict[str, type[_Builder]] = {"form": _Form, "list": _List, "search": _Search}


def _readonly(node: Element, found: Field[Any], hops: tuple[tuple[str, str], ...]) -> bool:
    return found.readonly or found.kind == "state" or len(hops) > 1 or yes(node, "readonly")


def _operator(found: Field[Any]) -> str:
    return "contains" if found.kind in ("char", "text", "richtext", "many2one", "many2many", "one2many") else "equals"
