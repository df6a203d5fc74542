"""Lists as Jinja2 source: one table, a body for each group, cells written out in one loop over plain rows."""

from __future__ import annotations

from core.views import cells, source
from core.views.check import UNSORTABLE
from core.views.source import key, literal, name, t, when
from core.views.view import FieldNode, Flag, View

#: how many columns from the left may come to stand first when others may not be seen
_MAY_LEAD = 4
_BOX = '<input type="checkbox" class="form-check-input"'


def list_source(view: View) -> str:
    table = (
        '<div data-list-scroll><table class="table table-sm list" data-list>'
        f'<caption class="visually-hidden">{t(view.label)}</caption>'
        f"{_settings(view)}{_head(view)}{source.block('rows', _settings(view) + _sections(view))}{_foot(view)}"
        "</table></div>"
    )
    return source.block("table", table)


def _settings(view: View) -> str:
    """What every row needs, looked up once: who may see a column, its head, its choices, and where rows lead."""
    parts = []
    for at, node in enumerate(view.columns):
        parts.append(f"{{% set s{at} = may[{key(node.path)}] %}}{{% set h{at} = t({literal(node.label)})|e %}}")
        if not node.flags:
            parts.append(f"{{% set o{at} %}}{_opened(node, at)}{{% endset %}}")
        parts.append(cells.choices(node, f"k{at}"))
    lead = " else ".join(f"{at} if s{at}" for at in range(min(len(view.columns), _MAY_LEAD)))
    parts.append(f"{{% set lead = {lead} else -1 %}}")
    count = " + ".join(f"(1 if s{at} else 0)" for at in range(len(view.columns)))
    parts.append(f"{{% set width = (1 if pick else 0) + {count} %}}")
    parts.append(f"{{% set root = app|e %}}{{% set base = {_base(view)} %}}{{% set choose = t({literal('Choose')}) %}}")
    return "".join(parts)


def _base(view: View) -> str:
    if not view.open:
        return f"(here ~ {literal('/')})|e"
    target = str(next(one.target for one in view.info.fields.values() if one.name == view.open))
    return f"(app ~ {literal(f'/{target}/')})|e"


def _head(view: View) -> str:
    heads = [when("pick", f'<th scope="col">{_BOX} data-pick-all aria-label="{t("Choose all")}"></th>')]
    for at, node in enumerate(view.columns):
        label = f"{{{{ h{at} }}}}"
        head = f'<th scope="col"{_class(node)}>{label}</th>'
        if node.kind not in UNSORTABLE:
            order = f"sort[{key(node.path)}]"
            aria = when(f"{order}.direction", f' aria-sort="{{{{ {order}.direction }}}}"')
            linked = f'<th scope="col"{_class(node)}{aria}><a href="{{{{ {order}.url }}}}">{label}</a></th>'
            head = when(f"{key(node.path)} in sort", linked, head)
        heads.append(when(f"s{at}", head))
    return f"<thead><tr>{''.join(heads)}</tr></thead>"


def _class(node: FieldNode) -> str:
    classes = cells.cell_class(node)
    return f' class="{classes}"' if classes else ""


def _sections(view: View) -> str:
    variables = ", ".join(slot.variable for slot in view.slots)
    return (
        f"{{% for section in sections %}}<tbody>{_group(view)}"
        f"{{% for {variables} in section.rows %}}{_row(view)}{{% endfor %}}</tbody>{{% endfor %}}"
    )


def _group(view: View) -> str:
    """The head of a group; sums stand below their columns, the label before the first of them."""
    summed = [at for at, node in enumerate(view.columns) if node.sum]
    first = next((at for at in summed if at > 0), len(view.columns))
    before = " + ".join(f"(1 if s{at} else 0)" for at in range(first)) or "0"
    opened = when("section.open", "true", "false")
    label = when(
        "section.url",
        f'<a href="{{{{ section.url }}}}" aria-expanded="{opened}">{{{{ section.label }}}}</a>',
        "{{ section.label }}",
    )
    count = when("section.count is not none", " ({{ section.count|k_integer(f) }})")
    row = f'<td colspan="{{{{ (1 if pick else 0) + {before} or 1 }}}}">{label}{count}</td>'
    row += "".join(_sum(node, at, "section.sums") for at, node in enumerate(view.columns) if at >= first)
    return when("section.label is not none", f'<tr class="group">{row}</tr>')


def _row(view: View) -> str:
    look = _look([one for one in view.flags.values() if one.path is None])
    css = when(look, f' class="{_looks(view, None)}"') if look else ""
    tick = f'{_BOX} name="ids" value="{{{{ row_id }}}}" aria-label="{{{{ choose }}}}">'
    parts = [when("pick", f"<td>{tick}</td>")]
    for at, node in enumerate(view.columns):
        parts.append(when(f"s{at}", _cell(view, at, node)))
    target = "row_open" if view.open else "row_id"
    href = ""
    if view.open is not None:
        href = f' data-href="{{{{ base }}}}{{{{ {target} }}}}" tabindex="-1"'
        if view.open:
            href = when("row_open", href)
    return f"<tr{css}{href}>{''.join(parts)}</tr>"


def _cell(view: View, at: int, node: FieldNode) -> str:
    variable = f"v{at}"
    unit = any(slot.variable == f"{variable}_unit" for slot in view.slots)
    content = cells.show(node, variable, f"k{at}", unit=unit)
    if view.open is not None and at < _MAY_LEAD:
        target = "row_open" if view.open else "row_id"
        bare = cells.show(node, variable, f"k{at}", unit=unit, link=False)
        leading = f'<a href="{{{{ base }}}}{{{{ {target} }}}}" tabindex="-1">{bare}</a>'
        if view.open:
            leading = when("row_open", leading, bare)
        content = when(f"lead == {at}", leading, content)
    classes = cells.cell_class(node)
    if node.flags:
        look = _looks(view, node.path)
        return f'<td class="{classes} {look}" data-label="{{{{ h{at} }}}}">{content}</td>'
    return f"{{{{ o{at} }}}}{content}</td>"


def _opened(node: FieldNode, at: int) -> str:
    """The begin of a cell, the same in each row and therefore made once."""
    return f'<td{_class(node)} data-label="{{{{ h{at} }}}}">'


def _look(flags: list[Flag]) -> str | None:
    return " or ".join(name(one.id) for one in flags) if flags else None


def _looks(view: View, path: str | None) -> str:
    """The class of the first decoration that holds."""
    flags = [one for one in view.flags.values() if one.path == path]
    chain = " else ".join(f"{literal(f'look-{one.style}')} if {name(one.id)}" for one in flags)
    return f'{{{{ {chain} else "" }}}}'


def _sum(node: FieldNode, at: int, sums: str) -> str:
    if not node.sum:
        return when(f"s{at}", "<td></td>")
    value = f"{sums}[{key(node.path)}]"
    shown = cells.show(node, value, "")
    inside = when(f"{key(node.path)} in {sums}", shown)
    return when(f"s{at}", f'<td class="{cells.cell_class(node)}" data-label="{{{{ h{at} }}}}">{inside}</td>')


def _foot(view: View) -> str:
    if not any(node.sum for node in view.columns):
        return ""
    row = when("pick", "<td></td>") + "".join(_sum(node, at, "sums") for at, node in enumerate(view.columns))
    return when("sums", f"<tfoot><tr>{row}</tr></tfoot>")
