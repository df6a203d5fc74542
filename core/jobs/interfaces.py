"""What drains an outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from core.registry.database import Database


class IJobEngine(Interface):
    """Runs the jobs of databases. Every engine runs a job at least once and never two runs of one lease at a time."""

    def wake(database: Database) -> None:  # type: ignore[misc]  # noqa: N805
        """A transaction of ``database`` committed and may have left jobs."""

    def stop() -> None:  # type: ignore[misc]
        """Finish what runs and take nothing new."""
