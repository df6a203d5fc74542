"""Measuring two things side by side: ours and its floor take turns, so that what else the machine does hits both."""

from __future__ import annotations

import cProfile
import gc
import pstats
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

#: does the work once; answers the seconds that count, or None for all that it took
Action = Callable[[], float | None]


@dataclass
class Work:
    """One row of the table. Limits are those of the issue; None where it names none."""

    name: str
    title: str
    ours: Action
    floor: Action | None = None
    floor_is: str = ""
    rounds: int = 60
    count: Callable[[], int] | None = None
    statements: int | None = None
    ratio: float | None = None
    seconds: float | None = None
    #: what is printed: a time, or how many of them fit into a second
    rate: bool = False
    least_rate: float | None = None
    divide: float = 1.0
    close: Callable[[], None] = field(default=lambda: None)


@dataclass
class Result:
    work: Work
    database: str
    ours: float
    floor: float | None
    statements: int | None

    @property
    def ratio(self) -> float | None:
        return self.ours / self.floor if self.floor else None

    @property
    def faults(self) -> list[str]:
        """The limits that do not hold."""
        work, found = self.work, []
        if work.statements is not None and self.statements is not None and self.statements > work.statements:
            found.append(f"more than {work.statements} statements")
        if work.ratio is not None and self.ratio is not None and self.ratio > work.ratio:
            found.append(f"more than {work.ratio:g} ×")
        if work.seconds is not None and self.ours > work.seconds:
            found.append(f"more than {work.seconds * 1000:g} ms")
        if work.least_rate is not None and 1 / self.ours < work.least_rate:
            found.append(f"less than {work.least_rate:g} a second")
        return found

    def cells(self) -> tuple[str, ...]:
        work = self.work
        floor = "" if self.floor is None else _shown(self.floor, work.rate)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} ×"
        statements = "" if self.statements is None else str(self.statements)
        verdict = "; ".join(self.faults) if self.faults else "ok"
        return (work.title, self.database, statements, _shown(self.ours, work.rate), floor, ratio, self.goal, verdict)

    @property
    def goal(self) -> str:
        work = self.work
        parts = [
            f"≤ {work.statements} st." if work.statements is not None else "",
            f"≤ {work.ratio:g} ×" if work.ratio is not None else "",
            f"≤ {work.seconds * 1000:g} ms" if work.seconds is not None else "",
            f"≥ {work.least_rate:g}/s" if work.least_rate is not None else "",
        ]
        return ", ".join(one for one in parts if one)


def _shown(seconds: float, rate: bool) -> str:
    if rate:
        return f"{1 / seconds:.0f}/s"
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def measured(work: Work, database: str, quick: bool = False) -> Result:
    """Both sides in turn, after one round that does not count; medians."""
    rounds = max(3, work.rounds // 5) if quick else work.rounds
    _timed(work.ours)
    if work.floor is not None:
        _timed(work.floor)
    statements = work.count() if work.count is not None else None
    ours: list[float] = []
    floor: list[float] = []
    for _ in range(rounds):
        gc.collect() if rounds < 20 else None
        ours.append(_timed(work.ours))
        if work.floor is not None:
            floor.append(_timed(work.floor))
    below = statistics.median(floor) / work.divide if floor else None
    return Result(work, database, statistics.median(ours) / work.divide, below, statements)


def _timed(action: Action) -> float:
    begun = time.perf_counter()
    own = action()
    return own if own is not None else time.perf_counter() - begun


def profiled(work: Work, lines: int = 40) -> None:
    """Print where our side spends its time."""
    _timed(work.ours)
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(max(1, work.rounds // 2)):
        work.ours()
    profile.disable()
    print(f"── {work.title}: own time")
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(lines)
    print(f"── {work.title}: with what it calls")
    pstats.Stats(profile).strip_dirs().sort_stats("cumtime").print_stats(lines)


HEAD = ("work", "database", "st.", "Kontor", "floor", "ratio", "goal", "")


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    rows = [HEAD, *(one.cells() for one in results)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines = [f"| {line} |" for line in lines]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
