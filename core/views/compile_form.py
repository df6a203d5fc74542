"""Forms as Jinja2 source: header, grids of fields, tabs, lines.

    <header> buttons, status bars </header>
    runs of groups side by side, runs of fields in one grid:   div.groups > fieldset.group > div.field-grid > div.field
    each field   div#w-<path>.field > label, control of the widget, div.field-error, div.form-text

A field whose ``visible-if`` fails stays as an empty, hidden wrapper, so that an answer can bring it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from core.views.compile_lines import lines_source
from core.views.describe import plain
from core.views.nodes import Element, anchor, shown_children
from core.views.source import block, block_name, both, ident, key, literal, name, t, when
from core.views.view import BoxNode, ButtonNode, FieldNode, StatusNode, View

_NOT_IN_ORDER = ' tabindex="-1"'
_BUTTONS = {
    "primary": "btn-primary",
    "secondary": "btn-outline-secondary",
    "danger": "btn-outline-danger",
    "link": "btn-link",
}


def form_source(view: View) -> str:
    return _Form(view).source()


class _Form:
    def __init__(self, view: View) -> None:
        self.view = view

    def source(self) -> str:
        header = [node for node in shown_children(self.view.tree) if node.tag == "header"]
        body = self.content(node for node in shown_children(self.view.tree) if node.tag != "header")
        return "".join(self.header(node) for node in header) + body

    def content(self, nodes: Iterable[Element]) -> str:
        """Neighbours of a kind share a grid."""
        parts = []
        for tag, run in groupby(nodes, key=lambda node: str(node.tag)):
            inside = "".join(self.node(node) for node in run)
            wrapper = {"field": "field-grid", "group": "groups", "button": "form-actions"}.get(tag)
            parts.append(f'<div class="{wrapper}">{inside}</div>' if wrapper else inside)
        return "".join(parts)

    def node(self, node: Element) -> str:
        tag = str(node.tag)
        if tag == "field":
            return self.field(self.view.fields[str(node.get("name"))])
        if tag == "button":
            return self.button(self.view.buttons[str(node.get("name"))])
        if tag == "statusbar":
            return self.status(self.view.statusbars[anchor(node)])
        if tag == "lines":
            return lines_source(self.view.lines[str(node.get("field"))])
        if tag in ("separator", "note"):
            return self.remark(node)
        return self.box(node, self.view.boxes[anchor(node)])

    # -- header ------------------------------------------------------------------------------------------------------

    def header(self, node: Element) -> str:
        children = list(shown_children(node))
        buttons = "".join(self.node(one) for one in children if one.tag == "button")
        bars = "".join(self.node(one) for one in children if one.tag == "statusbar")
        if buttons:
            buttons = f'<div class="form-actions" role="group" aria-label="{t("Actions")}">{buttons}</div>'
        return block("header", f'<header class="form-header" id="w-{{{{ pre }}}}header">{buttons}{bars}</header>')

    def button(self, button: ButtonNode) -> str:
        confirm = f' data-confirm="{t(button.confirm)}"' if button.confirm else ""
        title = f' title="{t(button.help)}"' if button.help else ""
        conditions = f"shown[{key(button.anchor)}]", f"can[{key(button.name)}]", _on(button.visible_if)
        return when(
            both(conditions),
            f'<button type="submit" class="btn btn-sm {_BUTTONS[button.style]}" name="_do" value="{name(button.name)}"'
            f' formaction="{{{{ here }}}}/do/{name(button.name)}"{confirm}{title}>{t(button.label)}</button>',
        )

    def status(self, status: StatusNode) -> str:
        current = f"value[{key(status.field.name)}]"
        steps = []
        for state, label in status.field.choices.items():
            is_current = f"{current} == {literal(state)}"
            aria = when(is_current, ' aria-current="step"')
            step = f'<li class="status-step"{aria} data-state="{{{{ {literal(state)} }}}}">{t(plain(label))}</li>'
            steps.append((state, step if state in status.states else when(is_current, step)))
        order = {state: at for at, state in enumerate(status.states)}
        steps.sort(key=lambda step: order.get(step[0], len(order)))
        inside = "".join(step for _state, step in steps)
        bar = f'<ol class="status" aria-label="{t(plain(status.field.label))}">{inside}</ol>'
        return when(both([f"shown[{key(status.anchor)}]", _on(status.visible_if)]), bar)

    # -- fields ------------------------------------------------------------------------------------------------------

    def field(self, node: FieldNode) -> str:
        path, control = key(node.path), ident(node.path)
        wrong = when(
            f"{path} in err",
            f'<p class="field-error" role="alert" id="e-{control}">{{{{ err[{path}]|join(" ") }}}}</p>',
        )
        hint = f'<div class="form-text" id="h-{control}">{t(node.help)}</div>' if node.help else ""
        hidden_label = ' class="visually-hidden"' if node.nolabel else ""
        # of a lookup the words are typed into a control of their own
        typed = when(f"edit[{path}]", "-text") if node.kind == "many2one" and node.widget in (None, "lookup") else ""
        label = f'<label id="l-{control}" for="{control}{typed}"{hidden_label}>{t(node.label)}</label>'
        inside = f"{label}{{{{ w({path}) }}}}{wrong}{hint}"
        classes = "field" + (" wide" if node.colspan > 1 else "") + (" unlabelled" if node.nolabel else "")
        if node.required:
            classes += when(f"edit[{path}]", " required")
        elif node.required_if:
            classes += when(_on(node.required_if), " required")
        wrapper = f'<div class="{classes}" id="w-{control}"{_conditional(node.visible_if, inside, "div")}'
        return block(block_name(node.path), when(f"may[{path}]", wrapper))

    # -- boxes -------------------------------------------------------------------------------------------------------

    def box(self, node: Element, box: BoxNode) -> str:
        draw = {"group": self._group, "totals": self._totals, "tabs": self._tabs, "panel": self._panel}[box.tag]
        drawn = draw(node, box)
        return block(block_name(box.anchor), when(f"shown[{key(box.anchor)}]", drawn)) if drawn else ""

    def _group(self, node: Element, box: BoxNode) -> str:
        columns = node.get("columns")
        return self._fields(node, box, f"group columns-{int(columns)}" if columns else "group")

    def _totals(self, node: Element, box: BoxNode) -> str:
        return self._fields(node, box, "totals")

    def _fields(self, node: Element, box: BoxNode, classes: str) -> str:
        inside = self.content(shown_children(node))
        if not inside:
            return ""
        tag = "div"
        if box.label:
            tag, inside = "fieldset", f'<legend class="h3">{t(box.label)}</legend>{inside}'
        return f'<{tag} class="{classes}" id="{_id(box)}"{_conditional(box.visible_if, inside, tag)}'

    def _tabs(self, node: Element, box: BoxNode) -> str:
        trees = {anchor(one): one for one in shown_children(node)}
        pages = [self.view.boxes[one] for one in trees]
        if not pages:
            return ""
        shows = {page.name: both([f"shown[{key(page.anchor)}]", _on(page.visible_if)]) for page in pages}
        first = " else ".join(f"{literal(one)} if {condition}" for one, condition in shows.items())
        first = f'{{% set tab = {first} else "" %}}'
        heads = "".join(self._tab(box, page) for page in pages)
        strip = f'{first}<ul class="nav nav-tabs" role="tablist" id="{_id(box)}">{heads}</ul>'
        contents = {page.name: self.content(shown_children(trees[page.anchor])) for page in pages}
        panes = "".join(
            block(block_name(page.anchor), first + self._pane(box, page, contents[page.name])) for page in pages
        )
        return block(f"s_tabs_{name(box.name)}", strip) + f'<div class="tab-content">{panes}</div>'

    def _tab(self, box: BoxNode, page: BoxNode) -> str:
        active = f"tab == {literal(page.name)}"
        hidden = when(f"not {_on(page.visible_if)}", " hidden") if page.visible_if else ""
        head = (
            f'<li class="nav-item" role="presentation"{hidden}>'
            f'<button type="button" class="nav-link{when(active, " active")}" id="{_tab_id(box, page)}" role="tab"'
            f' data-bs-toggle="tab" data-bs-target="#{_id(page)}" aria-controls="{_id(page)}"'
            f' aria-selected="{when(active, "true", "false")}"{when(f"not {active}", _NOT_IN_ORDER)}>'
            f"{t(page.label)}</button></li>"
        )
        return when(f"shown[{key(page.anchor)}]", head)

    def _pane(self, box: BoxNode, page: BoxNode, inside: str) -> str:
        active = when(f"tab == {literal(page.name)}", " active show")
        pane = (
            f'<div class="tab-pane{active}" id="{_id(page)}" role="tabpanel" aria-labelledby="{_tab_id(box, page)}"'
            f' tabindex="0"{_conditional(page.visible_if, inside, "div")}'
        )
        return when(f"shown[{key(page.anchor)}]", pane)

    def _panel(self, node: Element, box: BoxNode) -> str:
        head = f'<h2 class="h2">{t(box.label)}</h2>' if box.label else ""
        inside = f"{head}{{{{ panel({key(box.name)}) }}}}"
        return f'<section class="panel" id="{_id(box)}"{_conditional(box.visible_if, inside, "section")}'

    def remark(self, node: Element) -> str:
        box = self.view.boxes.get(anchor(node))
        label = node.get("label")
        if node.tag == "note":
            look = {"warning": "alert-warning", "danger": "alert-danger"}.get(node.get("style", ""), "alert-info")
            drawn = f'<p class="alert {look} note">{t(str(node.get("text")))}</p>'
        else:
            drawn = f'<h3 class="h3 separator">{t(label)}</h3>' if label else "<hr>"
        if box is None:
            return drawn
        ident = f' id="{_id(box)}"'
        wrapped = f"<div{ident}{_conditional(box.visible_if, drawn, 'div')}"
        return block(block_name(box.anchor), when(f"shown[{key(box.anchor)}]", wrapped))


def _id(box: BoxNode) -> str:
    return f"w-{{{{ pre }}}}{name(box.tag)}-{name(box.name)}"


def _on(condition: str | None) -> str | None:
    return f"on[{key(condition)}]" if condition else None


def _tab_id(box: BoxNode, page: BoxNode) -> str:
    return f"t-{{{{ pre }}}}{name(box.name)}-{name(page.name)}"


def _conditional(condition: str | None, inside: str, tag: str) -> str:
    """The rest of an element after its attributes: what is inside, or ``hidden`` and nothing."""
    closed = f">{inside}</{tag}>"
    return when(_on(condition), closed, f" hidden></{tag}>") if condition else closed
