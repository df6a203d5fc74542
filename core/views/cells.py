"""Cells of tables as Jinja2 source: a value to read, or an input to type in, by the kind of the field.

Tables are where pages spend their time, so nothing here is called per cell at run time but a filter for numbers and
dates; inputs of lines are written out, not asked of widgets. What is not known here (a widget of an addon) is asked of
``w(path, key)``.
"""

from __future__ import annotations

from core.views import source
from core.views.describe import plain
from core.views.source import literal, name, t, when
from core.views.view import FieldNode

NUMBERS = frozenset({"integer", "decimal", "money", "quantity"})
_RIGHT = "numeric"
#: widgets whose look in a table is the one of the kind
_PLAIN = frozenset({None, "text", "number", "date", "datetime", "select", "lookup", "checkbox", "switch", "radio"})
_INPUTS = frozenset({"char", "text", "boolean", "date", "datetime", "selection", "many2one"}) | NUMBERS
_EDIT_WIDGETS = _PLAIN | {"textarea", "email", "phone", "url", "percent"}


def cell_class(node: FieldNode) -> str:
    """Classes that a column's head and cells share."""
    if node.kind in NUMBERS:
        return _RIGHT
    if node.kind in ("date", "datetime"):
        return "text-nowrap"
    return "text-center" if node.kind == "boolean" else ""


def choices(node: FieldNode, variable: str) -> str:
    """Sets ``variable`` to the labels of a selection; nothing for other kinds."""
    if node.kind not in ("selection", "state"):
        return ""
    labels = {value: plain(label) for value, label in node.field.choices.items()}
    return f"{{% set {variable} = {source.table(labels)} %}}"


# -- to read ---------------------------------------------------------------------------------------------------------


def show(node: FieldNode, value: str, labels: str, *, unit: bool = False, link: bool = True) -> str:
    """``value``: the variable that holds it; ``labels``: the one that holds the labels of a selection; ``link``: links
    lead to their record."""
    kind, widget = node.kind, node.widget
    if kind == "many2one":
        return _linked(f"{{{{ root }}}}/{_model(node)}/", value, link)
    if kind == "reference":
        return _linked(f"{{{{ root }}}}/{{{{ {value}_model }}}}/", value, link)
    if kind in NUMBERS:
        return _number(node, value) + (_unit(value) if unit else "")
    if kind == "boolean":
        return when(value, f'<span class="yes" role="img" aria-label="{t("Yes")}">✓</span>')
    if kind in ("date", "datetime"):
        return f"{{{{ {value}|k_{'date' if widget == 'date' else kind}(f) }}}}"
    if kind == "state" or (kind == "selection" and widget == "badge"):
        badge = f'<span class="badge state" data-state="{{{{ {value} }}}}">{{{{ {value}|k_choice({labels}) }}}}</span>'
        return when(value, badge)
    if kind == "selection":
        return f"{{{{ {value}|k_choice({labels}) }}}}"
    if kind == "many2many":
        return f'{{% for one in {value} or () %}}<span class="badge tag">{{{{ one }}}}</span> {{% endfor %}}'
    return _text(node, value, link)


def _text(node: FieldNode, value: str, link: bool) -> str:
    text = f'{{{{ {value} or "" }}}}'
    scheme = {"email": "mailto:", "phone": "tel:"}.get(node.widget or "")
    if scheme and link:
        return when(value, f'<a href="{scheme}{{{{ {value} }}}}">{text}</a>')
    if node.widget == "url" and link:
        address = f"{value}|k_web_address"
        return when(address, f'<a href="{{{{ {address} }}}}" rel="noopener noreferrer">{text}</a>', text)
    return f'<span class="clip">{text}</span>' if node.kind == "text" else text


def _number(node: FieldNode, value: str) -> str:
    if node.widget == "percent":
        return f"{{{{ {value}|k_percent(f) }}}}"
    if node.kind == "integer":
        return f"{{{{ {value}|k_integer(f) }}}}"
    return f"{{{{ {value}|k_{'money' if node.kind == 'money' else 'number'}(f, {int(node.field.digits)}) }}}}"


def _unit(value: str) -> str:
    return when(f"{value}_unit", f' <span class="unit">{{{{ {value}_unit }}}}</span>')


def _linked(address: str, value: str, link: bool) -> str:
    label = f'{{{{ {value}_label or "" }}}}'
    if not link:
        return label
    return when(f"{value}_label", f'<a href="{address}{{{{ {value} }}}}">{label}</a>')


def _model(node: FieldNode) -> str:
    return ".".join(name(one) for one in str(node.field.target).split("."))


# -- to type in ------------------------------------------------------------------------------------------------------


def edit(node: FieldNode, lines: str, value: str, label: str, labels: str) -> str:
    """An input in a row of the lines ``lines``. ``label``: the variable with the column's head; ``labels``: the one
    with the labels of a selection. The row's variables are those of ``rows.line_slots``."""
    column = source.names(node.path)
    if node.kind not in _INPUTS or node.widget not in _EDIT_WIDGETS:
        return f"{{{{ w({literal(f'{lines}.{node.path}')}, row_key) }}}}"
    row = f"{{{{ row_name }}}}{column}"
    ident = f"{{{{ row_ident }}}}{column}"
    wrong = f"row_errors and {literal(node.path)} in row_errors"
    state = when(wrong, f' aria-invalid="true" aria-describedby="e-{ident}"')
    typed = "-text" if node.kind == "many2one" else ""
    common = f' id="{ident}{typed}" aria-label="{{{{ {label} }}}}"{state}{_required(node)}'
    if node.placeholder:
        common += f' placeholder="{t(node.placeholder)}"'
    control = _control(node, lines, row, value, labels, common)
    message = f"{{{{ row_errors[{literal(node.path)}]|join(' ') }}}}"
    return control + when(wrong, f'<p class="field-error" role="alert" id="e-{ident}">{message}</p>')


def _required(node: FieldNode) -> str:
    if node.required:
        return ' aria-required="true"'
    return when(f"row_on[{literal(node.required_if)}]", ' aria-required="true"') if node.required_if else ""


def _control(node: FieldNode, lines: str, row: str, value: str, labels: str, common: str) -> str:
    kind = node.kind
    if kind == "many2one":
        return _lookup(node, lines, row, value, common)
    if kind == "selection":
        return _select(node, row, value, labels, common)
    common = f' name="{row}"{common}'
    if kind == "boolean":
        checked = when(value, " checked")
        return f'<input type="checkbox" class="form-check-input" value="1"{checked}{common}>'
    if kind == "text" or node.widget == "textarea":
        return f'<textarea class="form-control form-control-sm" rows="1"{common}>{{{{ {value} or "" }}}}</textarea>'
    if kind in NUMBERS:
        least = 2 if kind == "money" else 0
        mode = "numeric" if kind == "integer" else "decimal"
        text = f"{{{{ {value}|k_typed(f, {int(node.field.digits)}, {least}) }}}}"
        return (
            f'<input type="text" class="form-control form-control-sm {_RIGHT}" inputmode="{mode}" autocomplete="off"'
            f' value="{text}"{common}>'
        )
    if kind in ("date", "datetime"):
        # without a last day, browsers take years of six digits
        html, last = ("date", "9999-12-31") if kind == "date" else ("datetime-local", "9999-12-31T23:59")
        text = f"{{{{ {value}|k_typed_{kind}(f) }}}}"
        return f'<input type="{html}" class="form-control form-control-sm" max="{last}" value="{text}"{common}>'
    html = {"email": "email", "phone": "tel", "url": "url"}.get(node.widget or "", "text")
    size = f' maxlength="{int(node.field.size)}"' if node.field.size else ""
    return (
        f'<input type="{html}" class="form-control form-control-sm" autocomplete="off"{size}'
        f' value="{{{{ {value} if {value} is not none else "" }}}}"{common}>'
    )


def _select(node: FieldNode, row: str, value: str, labels: str, common: str) -> str:
    empty = '<option value=""></option>'
    empty = when(f"not {value}", empty) if node.required else empty
    chosen = when(f"one == {value}", " selected")
    options = (
        f'{{% for one, label in {labels}.items() %}}<option value="{{{{ one }}}}"{chosen}>{{{{ label }}}}</option>'
        "{% endfor %}"
    )
    return f'<select class="form-select form-select-sm" name="{row}"{common}>{empty}{options}</select>'


def _lookup(node: FieldNode, lines: str, row: str, value: str, common: str) -> str:
    return (
        f'<div data-lookup data-url="{{{{ lookup }}}}?field={name(lines)}.{name(node.path)}">'
        f'<input type="hidden" name="{row}" id="{{{{ row_ident }}}}{name(node.path)}"'
        f' value="{{{{ {value} if {value} is not none else "" }}}}">'
        f'<input type="text" class="form-control form-control-sm" name="{row}-text"'
        f' value="{{{{ {value}_label or "" }}}}"{common}></div>'
    )
