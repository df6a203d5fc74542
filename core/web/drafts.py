"""The answer to a change in a form: only what the page does not show yet.

The page posts its values, and in ``_seen`` the signs of everything else that it shows (FormView.signs). The record is
built, computed and thrown away; a field is answered when its text differs from what was posted, or its sign from what
was seen. So what is answered depends on the page and the database alone, and an answer that got lost is made up for by
the next one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from core.errors import TransitionRefused
from core.views import draw
from core.web.applying import Applied, apply
from core.web.outcome import complete_lines, shown
from core.web.pages import alert, partial, refusals

if TYPE_CHECKING:
    from core.orm.model import Model
    from core.views import FieldNode, LinesNode
    from core.web.formdata import FormData
    from core.web.forms import Posted
    from core.web.formview import FormView


def answer_draft(form: FormView, record: Model, posted: Posted) -> str:
    """The partials for a change that was posted. ``record`` is not written."""
    form.env.session.autoflush = False
    made = apply(form, record, posted)
    data = shown(made)
    return changes(form, data, posted) + messages(form, made)


def messages(form: FormView, made: Applied) -> str:
    """What rules had to say, or nothing where there was nothing before."""
    parts = []
    for error in made.messages:
        more = refusals(error.refusals) if isinstance(error, TransitionRefused) else ""
        parts.append(alert(str(error), "warning", more))
    if not parts and not made.posted.seen.get("messages"):
        return ""
    return partial(f"{form.pre}messages", str(Markup("").join(parts)), "innerHTML")


def changes(form: FormView, data: FormData, posted: Posted, extra: dict[str, str] | None = None) -> str:
    """A partial for each part of the page that differs from ``data``."""
    signs = form.signs(data)
    if extra:
        signs.update(extra)
    answer = _Answer(form, data, posted, signs)
    answer.fields()
    for lines in form.view.lines.values():
        if form.access.may[lines.name]:
            answer.lines(lines, lines.name in form.binding.lines)
    answer.boxes()
    if signs != posted.seen:
        answer.parts.append(partial(f"w-{form.pre}_seen", seen_input(form, signs)))
    return "".join(answer.parts)


def seen_input(form: FormView, signs: dict[str, str]) -> str:
    text = escape(json.dumps(signs, separators=(",", ":")))
    return f'<span id="w-{form.pre}_seen" data-no-keep><input type="hidden" name="_seen" value="{text}"></span>'


class _Answer:
    """Collects partials; what lies in a part that is answered as a whole is not answered again."""

    def __init__(self, form: FormView, data: FormData, posted: Posted, signs: dict[str, str]) -> None:
        self.form = form
        self.data = data
        self.posted = posted
        self.signs = signs
        self.seen = posted.seen
        self.template = form.web.template(form.view)
        self.context = form.context(data)
        self.edit: dict[str, bool] = self.context["edit"]
        self.parts: list[str] = []
        self.drawn: set[str] = set()
        self._changed_boxes()

    def _changed_boxes(self) -> None:
        """Boxes that appear or go are drawn as a whole."""
        for anchor, box in self.form.view.boxes.items():
            key = f"[{anchor}"
            if box.visible_if and self.signs.get(key) != self.seen.get(key):
                self.drawn |= set(box.holds) if self.form.access.shown[anchor] else set()

    def differs(self, key: str, node: FieldNode, value: Any, free: bool, hidden: bool, name: str) -> bool:
        if self.signs.get(key) != self.seen.get(key):
            return True
        if not free or hidden:
            return False
        if node.kind in ("file", "image"):
            return False
        if node.kind == "boolean":
            return bool(self.posted.one(name)) != bool(value)
        if node.kind == "many2many":
            return {str(one[0]) for one in value or ()} != {str(one) for one in self.posted.values.get(name, ())}
        return self.form.text(node, value).strip() != self.posted.one(name).replace("\r\n", "\n").strip()

    def fields(self) -> None:
        form, data = self.form, self.data
        for path, node in form.view.fields.items():
            if not form.access.may[path] or path in self.drawn:
                continue
            hidden = bool(node.visible_if and not data.on[node.visible_if])
            if self.differs(path, node, data.values.get(path), self.edit[path], hidden, path):
                self.add(f"w-{form.pre}{node.id}", self.block(path))

    def block(self, what: str) -> str:
        return str(draw(self.template, self.context, what))

    def add(self, target: str, content: str) -> None:
        if content.strip():
            self.parts.append(partial(target, content))

    def lines(self, lines: LinesNode, bound: bool) -> None:
        form, name = self.form, lines.name
        key = f"={name}"
        if name in self.drawn:
            return
        if self.signs.get(key) != self.seen.get(key):
            complete_lines(form, self.data, lines)
            self.add(f"w-{form.pre}{name}", self.block(name))
            return
        if not bound:
            return
        table = self.data.lines[name]
        positions = [
            (at, slot.path)
            for at, slot in enumerate(lines.slots)
            if slot.what == "value" and form.access.may[f"{name}.{slot.path}"]
        ]
        nodes = {node.path: node for node in lines.columns}
        for row in table.rows:
            for at, path in positions:
                node = nodes[path]
                free = (
                    self.edit[name]
                    and self.edit[f"{name}.{path}"]
                    and not (node.readonly_if and row[3][node.readonly_if])
                )
                control = f"{name}-{row[0]}-{node.id}"
                if self.differs(control, node, row[at], free, False, control):
                    self.add(f"w-{form.pre}{control}", self.cell(lines, path, row))
        self.sums(lines)

    def cell(self, lines: LinesNode, path: str, row: tuple[Any, ...]) -> str:
        return str(draw(self.template, {**self.context, "row": row}, f"{lines.name}.{path}"))

    def sums(self, lines: LinesNode) -> None:
        for path in self.data.lines[lines.name].sums:
            key = f"{lines.name}-sum-{path.replace('.', '-')}"
            if self.signs.get(key) != self.seen.get(key):
                self.add(f"w-{self.form.pre}{key}", self.block(f"{lines.name}+{path}"))

    def boxes(self) -> None:
        """Boxes that appear or go, the strip of tabs above pages that do, and the header with its buttons."""
        form = self.form
        strips: set[str] = set()
        for anchor, box in form.view.boxes.items():
            key = f"[{anchor}"
            if not box.visible_if or self.signs.get(key) == self.seen.get(key) or not form.access.shown[anchor]:
                continue
            if box.tag == "page":
                strips.add(anchor)
            self.add(f"w-{form.pre}{box.tag}-{box.name}", self.block(anchor))
        for anchor, box in form.view.boxes.items():
            if box.tag == "tabs" and strips & set(box.holds):
                self.add(f"w-{form.pre}tabs-{box.name}", self.block(f"{anchor}/strip"))
        if self.signs.get("header") != self.seen.get("header"):
            self.add(f"w-{form.pre}header", self.block("header"))
