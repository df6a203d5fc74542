"""What drains an outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from core.registry.database import Database


class IJobEngine(Protocol):
    """Runs the jobs of databases. Every engine runs a job at least once and never two runs of one lease at a time."""

    def wake(self, database: Database) -> None:
        """A transaction of ``database`` committed and may have left jobs."""

    def stop(self) -> None:
        """Finish what runs and take nothing new."""
