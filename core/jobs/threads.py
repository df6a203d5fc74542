"""The embedded engine: threads of the server's own process drain the outboxes of the databases that it serves."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from core.jobs.interfaces import IJobEngine
from core.jobs.outbox import claim, run

if TYPE_CHECKING:
    from core.registry.database import Database

#: seconds between sweeps that catch retries, future jobs and what a crash left
SWEEP = 5.0


class ThreadEngine(IJobEngine):
    """``workers`` threads; woken by commits, and by a sweep."""

    def __init__(self, workers: int = 1) -> None:
        self._waiting: queue.Queue[Database | None] = queue.Queue()
        self._known: dict[int, Database] = {}
        self._queued: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"jobs-{n}", daemon=True) for n in range(workers)]
        self._threads.append(threading.Thread(target=self._sweep, name="jobs-sweep", daemon=True))
        for thread in self._threads:
            thread.start()

    def serve(self, database: Database) -> None:
        """Drain this database from now on."""
        database.jobs = self
        self._known[id(database)] = database
        self.wake(database)

    def wake(self, database: Database) -> None:
        with self._lock:
            if id(database) in self._queued or self._stopping.is_set():
                return
            self._queued.add(id(database))
        self._waiting.put(database)

    def stop(self) -> None:
        self._stopping.set()
        for _thread in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=10)

    def _work(self) -> None:
        while (database := self._waiting.get()) is not None:
            with self._lock:
                self._queued.discard(id(database))
            try:
                while not self._stopping.is_set() and (taken := claim(database)) is not None:
                    run(database, taken)
            except Exception as error:  # the database is away: the next sweep tries again
                import logging

                logging.getLogger(__name__).warning("jobs of %s: %s", database.name, error)

    def _sweep(self) -> None:
        while not self._stopping.wait(SWEEP):
            for database in list(self._known.values()):
                self.wake(database)
