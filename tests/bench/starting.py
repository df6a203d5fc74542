"""Starting: assembling the models of an addon set, and the time from a fresh process to its first answered page."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from core.addon.discover import ROOT
from core.registry.addonset import build_set
from tests.bench.measure import Work
from tests.bench.pages import free_port, wait_for
from tests.bench.plain import Twins
from tests.bench.world import World, manifests


def works(world: World) -> list[Work]:
    wanted = manifests()

    def assemble() -> None:
        _ = build_set(wanted).parts

    def start() -> float:
        port = free_port()
        begun = time.perf_counter()
        command = [sys.executable, "-m", "tests.bench.serving", world.address, str(port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
            try:
                wait_for(port, "/login")
                return time.perf_counter() - begun
            finally:
                process.terminate()

    def mapped() -> None:
        Twins(world.set.models)

    models = len(world.set.models)
    return [
        Work("assemble", f"assemble, views and pages, a model of {models}", assemble, mapped, "mapped plainly", 5,
             seconds=0.008, divide=models),
        Work("start", "start of the process to its first page", start, rounds=3, seconds=2.0),
    ]  # fmt: skip
