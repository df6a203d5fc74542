"""Lines of a form as Jinja2 source: a table of inputs that the page's script adds to, removes from and reorders.

The hooks of the script: ``data-lines``, ``data-lines-rows``, ``data-row``, ``data-lines-template`` with ``__key__``,
``data-line-add|remove|up|down|handle``; names are ``<lines>-<key>-<column>``, and ``<lines>-order`` and
``<lines>-removed`` beside them.
"""

from __future__ import annotations

from core.views import cells
from core.views.source import block, both, key, lines_block, literal, name, names, t, when
from core.views.view import FieldNode, LinesNode


def lines_source(lines: LinesNode) -> str:
    """The block of the lines. With ``cell`` in the context ("quantity", "+net" for a sum) it draws that cell alone, of
    the row ``row``."""
    field = name(lines.name)
    rows = "{% for one in table.rows %}{{ row_of(*one) }}{% endfor %}"
    wrong = when(
        f"{key(field)} in err",
        f'<p class="field-error" role="alert" id="e-{{{{ pre }}}}{field}">{{{{ err[{key(field)}]|join(" ") }}}}</p>',
    )
    inside = (
        f'{_order(lines)}<table class="table table-sm"><caption class="visually-hidden">{t(lines.label)}</caption>'
        f"{_head(lines)}<tbody data-lines-rows>{rows}</tbody>{{{{ foot_of() }}}}</table>{wrong}{_add(lines)}"
    )
    tail = f">{inside}</div>"
    if lines.visible_if:
        tail = when(f"on[{key(lines.visible_if)}]", tail, " hidden></div>")
    attributes = "" if lines.sort else " data-fixed-order"
    if lines.editable:
        attributes += ' data-next-key="{{ table.next_key }}"' + when("not changing", " data-readonly")
    else:
        attributes += " data-readonly"
    whole = f'<div class="lines" id="w-{{{{ pre }}}}{field}" data-lines="{field}"{attributes}{tail}'
    alone = when(f"only[0] == {literal('+')}", "{{ foot_of() }}", "{{ row_of(*row) }}")
    macros = f"{_row(lines)}{_foot(lines)}"
    drawn = f'{{% set only = cell|default("") %}}{_settings(lines)}{macros}{when("only", alone, whole)}'
    return block(lines_block(field), when(f"may[{key(field)}]", drawn))


def _one(cell: str, drawn: str) -> str:
    """``drawn`` among all cells, or when it is asked for alone."""
    return when(f"not only or only == {literal(cell)}", drawn)


_TOOLS = {"up": "Move the line up", "down": "Move the line down", "remove": "Remove the line"}


def _settings(lines: LinesNode) -> str:
    field = lines.name
    changing = f"edit[{key(field)}]" if lines.editable else "false"
    parts = [f"{{% set table = lines[{key(field)}] %}}{{% set changing = {changing} %}}{{% set root = app|e %}}"]
    if lines.editable:
        parts += [f"{{% set say_{what} = t({literal(text)})|e %}}" for what, text in _TOOLS.items()]
    for at, node in enumerate(lines.columns):
        column = key(f"{field}.{node.path}")
        seen = both([f"may[{column}]", f"on[{key(node.visible_if)}]" if node.visible_if else None])
        parts.append(f"{{% set s{at} = {seen} %}}{{% set h{at} = t({literal(node.label)})|e %}}")
        if lines.editable and not node.readonly:
            parts.append(f"{{% set e{at} = changing and edit[{column}] %}}")
        parts.append(cells.choices(node, f"k{at}"))
    return "".join(parts)


def _variables(lines: LinesNode) -> str:
    return ", ".join(slot.variable for slot in lines.slots)


def _order(lines: LinesNode) -> str:
    if not lines.editable:
        return ""
    field = name(lines.name)
    return when(
        "changing",
        f'<input type="hidden" name="{field}-order" value="{{{{ table.order }}}}">'
        f'<input type="hidden" name="{field}-removed" value="{{{{ table.removed }}}}">',
    )


def _head(lines: LinesNode) -> str:
    heads = [
        when(f"s{at}", f'<th scope="col"{_class(node)}>{{{{ h{at} }}}}</th>') for at, node in enumerate(lines.columns)
    ]
    tools = when("changing", f'<th scope="col"><span class="visually-hidden">{t("Change the line")}</span></th>')
    return f"<thead><tr>{''.join(heads)}{tools if lines.editable else ''}</tr></thead>"


def _class(node: FieldNode) -> str:
    classes = cells.cell_class(node)
    return f' class="{classes}"' if classes else ""


def _row(lines: LinesNode) -> str:
    row = "".join(_one(node.path, _cell(lines, at, node)) for at, node in enumerate(lines.columns))
    hidden = ""
    if lines.editable:
        hidden = '<input type="hidden" name="{{ row_name }}id" value="{{ row_id if row_id is not none else "" }}">'
        row += when("changing and not only", f'<td class="line-tools">{hidden}{_tools(lines)}</td>')
    begin, end = when("not only", '<tr data-row="{{ row_key }}">'), when("not only", "</tr>")
    return f"{{% macro row_of({_variables(lines)}) %}}{_names(lines)}{begin}{row}{end}{{% endmacro %}}"


def _names(lines: LinesNode) -> str:
    """What the names and ids of a row's inputs begin with."""
    begin = f"({literal(f'{name(lines.name)}-')} ~ row_key ~ {literal('-')})"
    return f"{{% set row_name = {begin}|e %}}{{% set row_ident = (pre ~ row_name)|e %}}"


def _tools(lines: LinesNode) -> str:
    tools = []
    if lines.sort:
        tools += [
            '<span class="line-handle" data-line-handle aria-hidden="true">⠿</span>',
            _tool("up", "↑"),
            _tool("down", "↓"),
        ]
    if lines.delete:
        tools.append(_tool("remove", "✕"))
    return "".join(tools)


def _tool(what: str, sign: str) -> str:
    said = f'aria-label="{{{{ say_{what} }}}}" title="{{{{ say_{what} }}}}"'
    return f'<button type="button" class="btn btn-sm" data-line-{what} tabindex="-1" {said}>{sign}</button>'


def _cell(lines: LinesNode, at: int, node: FieldNode) -> str:
    variable = f"v{at}"
    unit = any(slot.variable == f"{variable}_unit" for slot in lines.slots)
    shown = cells.show(node, variable, f"k{at}", unit=unit)
    if at == 0 and not lines.editable:
        address = ".".join(name(one) for one in lines.model.split("."))
        bare = cells.show(node, variable, f"k{at}", unit=unit, link=False)
        shown = f'<a href="{{{{ root }}}}/{address}/{{{{ row_id }}}}">{bare}</a>'
    content = f'<span class="value">{shown}</span>'
    if lines.editable and not node.readonly:
        free = both([f"e{at}", f"not row_on[{key(node.readonly_if)}]" if node.readonly_if else None])
        content = when(free, cells.edit(node, lines.name, variable, f"h{at}", f"k{at}"), content)
    ident = f"w-{{{{ row_ident }}}}{names(node.path)}"
    return when(f"s{at}", f'<td{_class(node)} id="{ident}" data-label="{{{{ h{at} }}}}">{content}</td>')


def _foot(lines: LinesNode) -> str:
    if not any(node.sum for node in lines.columns):
        return "{% macro foot_of() %}{% endmacro %}"
    row = []
    for at, node in enumerate(lines.columns):
        if not node.sum:
            row.append(when(f"s{at} and not only", f"<td{_class(node)}></td>"))
            continue
        inside = when(f"{key(node.path)} in table.sums", cells.show(node, f"table.sums[{key(node.path)}]", ""))
        ident = f"w-{{{{ pre }}}}{name(lines.name)}-sum-{names(node.path)}"
        cell = f'<td{_class(node)} id="{ident}" data-label="{{{{ h{at} }}}}">{inside}</td>'
        row.append(_one(f"+{node.path}", when(f"s{at}", cell)))
    if lines.editable:
        row.append(when("changing and not only", "<td></td>"))
    begin, end = when("not only", "<tfoot><tr>"), when("not only", "</tr></tfoot>")
    return f"{{% macro foot_of() %}}{begin}{''.join(row)}{end}{{% endmacro %}}"


def _add(lines: LinesNode) -> str:
    if not lines.create:
        return ""
    return when(
        "changing",
        f'<button type="button" class="btn btn-sm btn-link" data-line-add>{t("Add a line")}</button>'
        f"<template data-lines-template>{{{{ row_of(*table.blank) }}}}</template>",
    )
