"""What a row of a list, or of lines in a form, consists of: the agreement between the reader and the template.

The template unpacks each row into local variables, which is the fastest thing that Jinja2 can do, so the layout is
the same for everybody: what a principal may not read stands in the row as None (the statement selects NULL), never
missing.

    list    id, then by column:  value | id, label | id, model, label | value, unit;  then open, then flags d1, d2 …
    lines   key, id, errors, on,  then the same by column
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.views.view import FieldNode, Slot

if TYPE_CHECKING:
    from core.views.view import LinesNode, View


def list_slots(view: View) -> tuple[Slot, ...]:
    slots = [Slot("id", "id", "row_id")]
    shown = {node.path for node in view.columns if not node.optional}
    for position, node in enumerate(view.columns):
        slots += column_slots(node, position, shown)
    if view.open:
        slots.append(Slot("value", view.open, "row_open"))
    slots += [Slot("flag", flag, flag) for flag in view.flags]
    return tuple(slots)


def line_slots(lines: LinesNode) -> tuple[Slot, ...]:
    """``key``: what tells the rows of a page from each other ("0", "1" …), part of their names; ``id``
    is None in new lines; ``errors``: column -> messages; ``on``: condition -> bool, those asked of each line."""
    slots = [Slot(one, one, f"row_{one}") for one in ("key", "id", "errors", "on")]
    shown = {node.path for node in lines.columns if not node.optional}
    for position, node in enumerate(lines.columns):
        slots += column_slots(node, position, shown)
    return tuple(slots)


def column_slots(node: FieldNode, position: int, shown: set[str]) -> list[Slot]:
    """``shown``: paths of columns that are always there; a currency among them is not repeated beside each amount."""
    name = f"v{position}"
    if node.kind == "many2one":
        return [Slot("value", node.path, name), Slot("label", node.path, f"{name}_label")]
    if node.kind == "reference":
        parts = ("value", ""), ("model", "_model"), ("label", "_label")
        return [Slot(what, node.path, name + suffix) for what, suffix in parts]
    slots = [Slot("value", node.path, name)]
    unit = unit_path(node)
    if unit and unit not in shown:
        slots.append(Slot("unit", unit, f"{name}_unit"))
    return slots


def unit_path(node: FieldNode) -> str | None:
    """The path of the currency of an amount, or of the unit of a quantity."""
    name = {"money": node.field.currency, "quantity": node.field.unit}.get(node.kind)
    if not name:
        return None
    before, dot, _last = node.path.rpartition(".")
    return f"{before}{dot}{name}"
