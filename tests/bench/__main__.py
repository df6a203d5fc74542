"""``python3 run.py bench``: the table of speed, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import core.web.app  # noqa: F401  registers the builders
from core.testing.databases import KINDS, NoPostgres, fresh
from tests.bench import pages, reading, starting, writing
from tests.bench.measure import Result, Work, measured, profiled, table
from tests.bench.world import World

PARTS: dict[str, Callable[[World], list[Work]]] = {
    "reading": reading.works,
    "pages": pages.works,
    "writing": writing.works,
    "starting": starting.works,
}
#: what depends on the number of rows
LISTS = ("reading", "pages")
NAMES = ("read", "count", "rows", "list", "form", "change", "customers", "order", "assemble")
#: more than the bench itself makes
LOAD = 1.8
ROWS, FEW, MANY = 100_000, 1_000, 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 0 when every limit of the issue holds, else 1."""
    parser = argparse.ArgumentParser(
        prog="kontor bench",
        description="Measures the kernel, each work beside its floor in the same run: the same SQL through SQLAlchemy "
        "Core, plain ORM over the same tables, a bare Pyramid and Jinja2 page. Takes some minutes; the machine should "
        "have nothing else to do.",
    )
    parser.add_argument("--database", choices=KINDS, action="append", help="this one alone (default: both)")
    parser.add_argument("--part", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--rows", type=int, default=ROWS, metavar="N", help=f"orders there are (default {ROWS:,})")
    parser.add_argument("--full", action="store_true", help=f"lists also of {FEW:,} and of {MANY:,} rows")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--profile", choices=NAMES, metavar="WORK", help=f"profile one: {', '.join(NAMES)}")
    options = parser.parse_args(arguments)
    results: list[Result] = []
    for kind in options.database or KINDS:
        try:
            with fresh(kind) as url, tempfile.TemporaryDirectory() as folder:
                begun = time.monotonic()
                world = World(url, Path(folder), FEW if options.full else options.rows)
                print(f"{kind}: database made in {time.monotonic() - begun:.0f} s", flush=True)
                try:
                    if options.profile:
                        profile(world, options.profile)
                    else:
                        results += run(world, options)
                finally:
                    world.database.close()
        except NoPostgres as reason:
            print(f"left out, {reason}")
    if results:
        print("\n" + table(results))
        if (load := os.getloadavg()[0]) > LOAD:
            print(f"\nThe machine is busy (load {load:.1f}): its times are too long, its ratios rough.")
    return 1 if any(one.faults for one in results) else 0


def run(world: World, options: argparse.Namespace) -> list[Result]:
    """Every part once; with ``--full`` the lists at each size as well."""
    parts = options.part or list(PARTS)
    sizes = {FEW: [], options.rows: parts, MANY: []} if options.full else {options.rows: parts}
    results: list[Result] = []
    for size, wanted in sorted(sizes.items()):
        world.grow(size)
        for part in wanted or [one for one in LISTS if one in parts]:
            results += _measured(PARTS[part](world), world, options.quick)
    return results


def _measured(works: list[Work], world: World, quick: bool) -> list[Result]:
    results = []
    try:
        for work in works:
            if work.rounds:
                result = measured(work, world.kind, quick)
                print("  " + " · ".join(one for one in result.cells() if one), flush=True)
                results.append(result)
    finally:
        for work in works:
            work.close()
    return results


def profile(world: World, name: str) -> None:
    works = [*reading.works(world), *pages.inside(world), *writing.works(world, 2_000), *starting.works(world)]
    profiled(next(one for one in works if one.name == name))
    for work in works:
        work.close()


if __name__ == "__main__":
    raise SystemExit(main())
