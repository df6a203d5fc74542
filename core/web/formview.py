"""A form view for one user on one page: what may be typed, and the context that draws it.

bound     fields that stand in the view and that the user may edit, by rights and by the view (not by conditions)
edit      of those, what may be typed now: ``readonly-if`` counted in
signs     what the page shows besides the values that it posts; a draft answers only where a sign has changed
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from markupsafe import Markup

from core.i18n import translate
from core.orm.files import StoredFile
from core.views import FieldNode, LinesNode, View, draw
from core.views.format import Formatter, formatter
from core.web.controls import Cell
from core.web.forms import UNBOUND, RecordForm, form_class
from core.web.panels import place_for
from core.web.parsing import Reader, reader
from core.web.selecting import Columns

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.assemble import ModelInfo
    from core.web.app import Web
    from core.web.formdata import FormData

#: boxes to tick; what has more is found by typing
MAX_OPTIONS = 200


@dataclass(frozen=True)
class Binding:
    """What a user may type into a view at all."""

    fields: dict[str, FieldNode]
    lines: dict[str, tuple[LinesNode, dict[str, FieldNode]]]
    form: type[RecordForm]


def binding_of(env: Env, web: Web, view: View, new: bool) -> Binding:
    """The binding of ``view``; made once for each combination of groups."""
    key = (*web.key(view, env), new)
    cache = web.cache("bindings")
    found: Binding | None = cache.get(key)
    if found is None:
        found = cache[key] = _binding(env, web, view, new)
    return found


def _binding(env: Env, web: Web, view: View, new: bool) -> Binding:
    access = web.access(view, env)
    allowed = env.may(view.model, "create" if new else "write") and (view.create if new else view.edit)
    fields: dict[str, FieldNode] = {}
    lines: dict[str, tuple[LinesNode, dict[str, FieldNode]]] = {}
    if allowed:
        fields = {
            path: node for path, node in view.fields.items() if access.may[path] and _may_type(env, view.info, node)
        }
        for name, node in view.lines.items():
            if node.editable and access.may[name]:
                info = env.models[node.model]
                columns = {
                    one.path: one
                    for one in node.columns
                    if access.may[f"{name}.{one.path}"] and _may_type(env, info, one)
                }
                lines[name] = (node, columns)
    return Binding(fields, lines, form_class(fields, lines))


def _may_type(env: Env, info: ModelInfo, node: FieldNode) -> bool:
    if node.readonly or "." in node.path or node.kind in UNBOUND:
        return False
    return env.writable(info, node.field)


class FormView:
    """One form on one page. ``pre``: what its ids begin with, "d1-" in a dialog."""

    def __init__(self, env: Env, web: Web, view: View, here: str, app: str, new: bool, pre: str = "") -> None:
        self.env = env
        self.web = web
        self.view = view
        self.here = here
        self.app = app
        self.new = new
        self.pre = pre
        self.access = web.access(view, env)
        self.binding = binding_of(env, web, view, new)
        self.f: Formatter = formatter(env.language, env.principal.zone)
        self.reader: Reader = reader(env.language, env.principal.zone)

    @cached_property
    def collection(self) -> str:
        return f"{self.app}/{self.view.model}"

    @property
    def lookup(self) -> str:
        return f"{self.collection}/lookup"

    # -- what may be done -------------------------------------------------------------------------------------------

    def edit(self, on: Mapping[str, bool]) -> dict[str, bool]:
        """Path, lines, lines.column -> whether it may be typed now."""
        found: dict[str, bool] = {}
        for path, node in self.view.fields.items():
            found[path] = path in self.binding.fields and not (node.readonly_if and on[node.readonly_if])
        for name, lines in self.view.lines.items():
            bound = self.binding.lines.get(name)
            found[name] = bound is not None and not (lines.readonly_if and on[lines.readonly_if])
            for column in lines.columns:
                found[f"{name}.{column.path}"] = bound is not None and column.path in bound[1]
        return found

    def can(self, state: str | None) -> dict[str, bool]:
        """Transition or action -> whether it is offered. Guards answer when it is tried.

        A new record offers only the way forward, its primary buttons; they save it first.
        """
        env, info = self.env, self.view.info
        writing = env.may(info.name, "create" if self.new else "write")
        found = {}
        for name, step in info.transitions.items():
            found[name] = writing and state in step.sources and self._member(step.groups)
        for name, action in info.actions.items():
            found[name] = (writing or not self.new) and self._member(action.groups)
        if self.new:
            for name, button in self.view.buttons.items():
                found[name] = found[name] and button.style == "primary"
        return found

    def _member(self, groups: tuple[str, ...]) -> bool:
        return not groups or any(self.env.has_group(one) for one in groups)

    # -- drawing ----------------------------------------------------------------------------------------------------

    def context(self, data: FormData) -> dict[str, Any]:
        """The context of the compiled template (core/views/compile.py)."""
        edit = self.edit(data.on)
        return {
            "pre": self.pre,
            "f": self.f,
            "may": self.access.may,
            "shown": self.access.shown,
            "app": self.app,
            "here": self.here,
            "lookup": self.lookup,
            "on": data.on,
            "edit": edit,
            "err": data.errors,
            "value": data.values,
            "can": self.can(data.values.get("#state")),
            "lines": data.lines,
            "panel": lambda name: place_for(self, name),
            "w": lambda path, key=None: self.widget(data, edit, path, key),
        }

    def whole(self, data: FormData) -> Markup:
        return draw(self.web.template(self.view), self.context(data))

    def widget(self, data: FormData, edit: Mapping[str, bool], path: str, key: str | None = None) -> Markup:
        """The control of a field, or its value where it cannot be typed."""
        if key is not None:
            return self._cell(data, edit, path, key)
        node = self.view.fields[path]
        widget = self.web.widgets.of(node)
        ident = path.replace(".", "-")
        required = node.required or bool(node.required_if and data.on[node.required_if])
        cell = Cell(
            node=node,
            value=data.values.get(path),
            f=self.f,
            id=f"{self.pre}{ident}",
            name=path,
            app=self.app,
            here=self.here,
            lookup=self.lookup,
            label=data.labels.get(path, ""),
            unit=data.units.get(path, ""),
            model=data.models.get(path, ""),
            errors=data.errors.get(path, []),
            required=required,
            typed=data.typed.get(path),
            options=self._options(node) if node.widget == "checkboxes" and edit[path] else [],
        )
        drawn: Markup = widget.edit(cell) if edit[path] else widget.show(cell)
        return drawn

    def _options(self, node: FieldNode) -> list[tuple[int, str]]:
        """What can be ticked in a link to several records."""
        info = self.env.models[str(node.field.target)]
        if not self.env.may(info.name, "read"):
            return []
        cls: Any = info.cls
        label = Columns(self.env, info).label_of(info, cls)
        rows = self.env.session.execute(sa.select(cls.id, label).order_by(label).limit(MAX_OPTIONS))
        return [(key, str(text)) for key, text in rows]

    def _cell(self, data: FormData, edit: Mapping[str, bool], path: str, key: str) -> Markup:
        """A cell of lines that the template does not write out itself."""
        name, _dot, column = path.partition(".")
        lines = self.view.lines[name]
        table = data.lines[name]
        row = next((one for one in table.rows if one[0] == key), table.blank)
        by_slot = {(slot.what, slot.path): value for slot, value in zip(lines.slots, row, strict=True)}
        node = next(one for one in lines.columns if one.path == column)
        cell = Cell(
            node=node,
            value=by_slot.get(("value", column)),
            f=self.f,
            id=f"{self.pre}{name}-{key}-{column.replace('.', '-')}",
            name=f"{name}-{key}-{column}",
            app=self.app,
            here=self.here,
            lookup=self.lookup,
            label=by_slot.get(("label", column)) or "",
            errors=(by_slot["errors", "errors"] or {}).get(column, []),
            required=node.required,
        )
        widget = self.web.widgets.of(node)
        drawn: Markup = widget.edit(cell) if edit.get(path) else widget.show(cell)
        return drawn

    # -- texts and signs --------------------------------------------------------------------------------------------

    def text(self, node: FieldNode, value: Any) -> str:
        """``value`` as it stands in its control."""
        kind = node.kind
        if value is None:
            return ""
        if kind in ("decimal", "money", "quantity", "integer"):
            return self.f.typed(value, int(node.field.digits), 2 if kind == "money" else 0)
        if kind == "date":
            return self.f.typed_date(value)
        if kind == "datetime":
            return self.f.typed_date(value) if node.widget == "date" else self.f.typed_datetime(value)
        if kind == "boolean":
            return "1" if value is True or value == "1" else ""
        if kind == "many2many":
            return " ".join(str(key) for key in sorted(one[0] for one in value if isinstance(one, tuple)))
        if isinstance(value, StoredFile):
            return value.sha256
        if kind == "json":
            return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
        return str(value).replace("\r\n", "\n")

    def base(self, data: FormData) -> dict[str, Any]:
        """Check sums of the texts that the page's controls are made with, to tell later who changed what."""
        found: dict[str, Any] = {
            path: checksum(self.text(node, data.values.get(path)).strip()) for path, node in self.binding.fields.items()
        }
        for name, (lines, columns) in self.binding.lines.items():
            positions = [
                (at, columns[slot.path])
                for at, slot in enumerate(lines.slots)
                if slot.what == "value" and slot.path in columns
            ]
            found[name] = {
                str(row[1]): [checksum(self.text(node, row[at]).strip()) for at, node in positions]
                for row in data.lines[name].rows
                if row[1] is not None
            }
        return found

    def signs(self, data: FormData) -> dict[str, str]:
        """Target -> what is shown there that no posted value tells: states of controls, values to read, boxes."""
        edit = self.edit(data.on)
        found: dict[str, str] = {}
        on = data.on
        for path, node in self.view.fields.items():
            if not self.access.may[path]:
                continue
            hidden = bool(node.visible_if and not on[node.visible_if])
            wanted = bool(node.required_if and on[node.required_if])
            wrong = path in data.errors
            self._sign(
                found,
                path,
                node,
                data.values.get(path),
                data.labels.get(path, ""),
                edit[path],
                hidden,
                wanted,
                wrong,
                data.units.get(path, ""),
            )
        for name, lines in self.view.lines.items():
            if self.access.may[name]:
                self._block_sign(found, lines, data, edit)
                if name in self.binding.lines:
                    self._line_signs(found, lines, data, edit)
        for anchor, box in self.view.boxes.items():
            if box.visible_if and self.access.shown[anchor] and not on[box.visible_if]:
                found[f"[{anchor}"] = "h"
        parts: list[Any] = [*self.view.buttons.values(), *self.view.statusbars.values()]
        head = [one.anchor for one in parts if one.visible_if and not on[one.visible_if]]
        if head:
            found["header"] = checksum(" ".join(head))
        return found

    def _block_sign(self, found: dict[str, str], lines: LinesNode, data: FormData, edit: Mapping[str, bool]) -> None:
        on, name = data.on, lines.name
        block = [one.path for one in lines.columns if one.visible_if and not on[one.visible_if]]
        if lines.visible_if and not on[lines.visible_if]:
            block.append("!")
        if lines.editable and not edit[name]:
            block.append("-")
        if block:
            found[f"={name}"] = checksum(" ".join(block))

    def _line_signs(self, found: dict[str, str], lines: LinesNode, data: FormData, edit: Mapping[str, bool]) -> None:
        name = lines.name
        table = data.lines[name]
        slots = list(lines.slots)
        columns = [
            (at, node, slots[at + 1].what if at + 1 < len(slots) else "")
            for node in lines.columns
            for at, slot in enumerate(slots)
            if slot.path == node.path and slot.what == "value" and self.access.may[f"{name}.{node.path}"]
        ]
        for row in table.rows:
            on_row, errors = row[3], row[2] or {}
            for at, node, following in columns:
                free = (
                    edit[name] and edit[f"{name}.{node.path}"] and not (node.readonly_if and on_row[node.readonly_if])
                )
                wanted = bool(node.required_if and on_row[node.required_if])
                label = row[at + 1] if following in ("label", "unit") else ""
                key = f"{name}-{row[0]}-{node.id}"
                self._sign(found, key, node, row[at], label, free, False, wanted, node.path in errors)
        for path, value in table.sums.items():
            found[f"{name}-sum-{path.replace('.', '-')}"] = checksum(str(value.normalize() + 0))

    def _sign(
        self,
        found: dict[str, str],
        key: str,
        node: FieldNode,
        value: Any,
        label: Any,
        free: bool,
        hidden: bool,
        wanted: bool,
        wrong: bool,
        unit: str = "",
    ) -> None:
        flags = ("h" if hidden else "") + ("r" if wanted else "") + ("x" if wrong else "")
        if free and not hidden:
            sign = f"{flags}{unit}"
        else:
            shown = "" if free else checksum("|".join((self.text(node, value), str(label or ""), unit)))
            sign = f"{flags}{shown}"
        if sign:
            found[key] = sign

    def column(self, lines: LinesNode, path: str) -> FieldNode:
        return next(one for one in lines.columns if one.path == path)

    def caption(self, node: FieldNode) -> str:
        return translate(node.label)


def checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):x}"
