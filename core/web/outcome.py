"""What a form shows once a posted one has been put into its record, and where the kernel's refusals belong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import ValidationError
from core.orm.computed import settle
from core.web import formdata, inmemory
from core.web.applying import Applied, Place, Row
from core.web.formdata import FormData, LinesData
from core.web.forms import Bound, BoundFile, BoundLink, BoundLinks

if TYPE_CHECKING:
    from core.views import LinesNode
    from core.web.formview import FormView


def shown(made: Applied) -> FormData:
    """The form as it stands now: computed values, conditions, and what could not be read as it was typed."""
    form, record, posted = made.form, made.record, made.posted
    env = form.env
    labels = {one.node.path: one.words for one in posted.form.bound() if isinstance(one, BoundLink) and one.words}
    with env.session.no_autoflush:
        settle(env.session)
    stored = inmemory.stored_links(env, form.web, form.view, form.access, form.binding, record)
    data = inmemory.of_record(env, form.web, form.view, form.access, record, labels, stored)
    data.errors = {**made.faults}
    _keep_typed(data, posted.form.bound(), set(made.faults))
    for name, (lines, _columns) in form.binding.lines.items():
        data.lines[name] = _shown_lines(made, name, lines, stored)
    if posted.version is not None:
        data.version = posted.version
    return data


def _keep_typed(data: FormData, bounds: Iterable[Bound], faulty: set[str]) -> None:
    for one in bounds:
        path = one.node.path
        if path in faulty and one.posted | bool(one.process_errors) and not isinstance(one, (BoundFile, BoundLinks)):
            if isinstance(one, BoundLink):
                data.typed[path] = one.words
                if one.fault:
                    data.values[path] = None
            elif one.fault:
                data.values[path] = one.text


def _shown_lines(made: Applied, name: str, lines: LinesNode, stored: FormData | None) -> LinesData:
    form, record = made.form, made.record
    table = LinesData(removed=" ".join(map(str, made.posted.removed(name))))
    if name not in made.rows:
        members = getattr(record, name) if not record.is_new else []
        rows: list[tuple[str, Any, Row | None]] = [(str(at), line, None) for at, line in enumerate(members)]
    else:
        rows = [(row.key, row.line, row) for row in made.rows[name]]
    known = {one[1]: one for one in stored.lines[name].rows} if stored is not None and name in stored.lines else {}
    for key, line, row in rows:
        labels: dict[str, str] = {}
        if row is not None:
            labels = {one.node.path: one.words for one in row.form.bound() if isinstance(one, BoundLink) and one.words}
        errors = made.row_faults.get((name, key))
        shown_row = inmemory.line_row(
            form.env, form.view, form.access, lines, line, key, errors, labels, known.get(line.id)
        )
        table.rows.append(_with_typed(lines, shown_row, row, errors) if errors and row is not None else shown_row)
    table.next_key = max((int(key) + 1 for key, _line, _row in rows), default=0)
    table.sums = formdata.line_sums(lines, form.access, table.rows)
    return table


def _with_typed(
    lines: LinesNode, shown_row: tuple[Any, ...], row: Row, errors: Mapping[str, list[str]]
) -> tuple[Any, ...]:
    bounds = {one.node.path: one for one in row.form.bound()}
    values = list(shown_row)
    for at, slot in enumerate(lines.slots):
        one = bounds.get(slot.path)
        if one is None or slot.path not in errors or not one.fault:
            continue
        if slot.what == "value":
            values[at] = None if isinstance(one, BoundLink) else one.text
        elif slot.what == "label" and isinstance(one, BoundLink):
            values[at] = one.words
    return tuple(values)


def complete(form: FormView, data: FormData) -> None:
    """What a whole page needs beyond a draft: rows that nobody can type into, and those that scripts copy."""
    for lines in form.view.lines.values():
        complete_lines(form, data, lines)


def complete_lines(form: FormView, data: FormData, lines: LinesNode) -> None:
    """The same for one table of lines."""
    table = data.lines.get(lines.name)
    if table is None:
        table = LinesData()
        if data.id is not None:
            table = formdata.read_lines(form.env, form.web, form.view, form.access, lines, data.id, True)
        data.lines[lines.name] = table
    if not table.blank:
        table.blank = inmemory.blank_row(form.env, form.view, form.access, lines)


# -- what the kernel refuses ----------------------------------------------------------------------------------------


def take_faults(made: Applied, error: ValidationError) -> list[str]:
    """Sort the faults of a flush to their fields; answers those that belong to none that is shown."""
    rest: list[str] = []
    if not error.fields:
        return [error.message]
    for path, texts in error.fields.items():
        place = _place_of_fault(made, path)
        for text in texts:
            if place is None:
                rest.append(f"{_label(made, path)}: {text}" if path else str(text))
            else:
                made.fault(place, str(text))
    return rest


def _place_of_fault(made: Applied, path: str) -> Place | None:
    form = made.form
    name, _dot, rest = path.partition(".")
    if not rest:
        shown_here = (name in form.view.fields and form.access.may[name]) or (
            name in form.view.lines and form.access.may[name]
        )
        return ("", "", name) if shown_here else None
    index, _dot, column = rest.partition(".")
    if name not in made.rows or not index.isdigit():
        return None
    members = list(getattr(made.record, name))
    line = members[int(index)] if int(index) < len(members) else None
    row = next((one for one in made.rows[name] if one.line is line), None)
    columns = {one.path for one in form.view.lines[name].columns if form.access.may[f"{name}.{one.path}"]}
    return (name, row.key, column) if row is not None and column in columns else None


def _label(made: Applied, path: str) -> str:
    info = made.form.view.info
    parts = path.split(".")
    for at, part in enumerate(parts):
        if part.isdigit() or part not in info.fields:
            continue
        found = info.fields[part]
        if at == len(parts) - 1 or found.target is None:
            return str(found.label)
        info = made.form.env.models[found.target]
    return path
