"""Customisations of one database: the same operations as in ``<extend>``, kept as rows and applied last.

They are made by implementers, not by developers, so a fault in one is never fatal: it is switched off, the view stays
as it would be without it, and ``ViewSet.broken`` tells which and why. Each row is tried on a copy and must leave a
view that passes every check; only then the next one is applied on top of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import AssemblyError
from core.views import fits
from core.views.describe import describe
from core.views.extend import Target, apply
from core.views.nodes import where
from core.views.parse import read_customisation
from core.views.view import View

if TYPE_CHECKING:
    from core.views.viewset import ViewSet


@dataclass(frozen=True)
class Customisation:
    """One row. ``operations``: what stands inside ``<extend view="…">``. ``name`` says in errors which it was."""

    id: int
    view: str
    operations: str
    name: str = ""

    @property
    def title(self) -> str:
        return self.name or f"customisation {self.id}"


@dataclass(frozen=True)
class Broken:
    """A customisation that was switched off, and the reason in words."""

    customisation: Customisation
    reason: str


def customised(views: ViewSet, rows: Iterable[Customisation]) -> ViewSet:
    """``views`` with ``rows`` applied in their order. Raises nothing: see ``broken`` of the answer."""
    targets: dict[str, Target] = {}
    made: dict[str, View] = {}
    broken: list[Broken] = []
    for row in rows:
        try:
            trial = _trial(views, targets, row)
            made[row.view] = describe(trial.tree, views.checker)
        except (AssemblyError, LookupError) as error:
            broken.append(Broken(row, str(error)))
        else:
            targets[row.view] = trial
    return views.replaced(targets, made, broken)


def _trial(views: ViewSet, targets: dict[str, Target], row: Customisation) -> Target:
    from core.views.viewset import generated_target

    found = targets.get(row.view) or views.targets.get(row.view) or generated_target(views.checker.set, row.view)
    if found is None:
        views.named(row.view)
        raise AssemblyError(f"view '{row.view}' cannot be customised")
    trial = found.copy()
    file = read_customisation(f'<extend view="{row.view}">{row.operations}</extend>', row.title)
    if len(file.extensions) != 1 or file.views or file.menus or file.extensions[0].find("alias") is not None:
        raise AssemblyError("only operations can stand here", where(file.extensions[0]) if file.extensions else None)
    apply(trial, file.extensions[0], None)
    fits.check_view(trial.tree)
    return trial
