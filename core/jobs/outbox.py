"""The outbox: jobs are rows of the same transaction as what they are about, and run after it has committed.

    env.enqueue(send_offer, offer=7)     a row; rolled back with everything else
    claim()                              SKIP LOCKED on PostgreSQL, the one writer on SQLite; takes a lease
    run                                  in its own transaction, as who asked; marks the row done in it

At least once: a worker that dies leaves its lease to run out, and the job is claimed again. So a job is written to be
repeated, or given a ``key``. A job that fails is tried again later and later, and in the end kept as failed with cause.
"""

from __future__ import annotations

import datetime
import secrets
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from core.errors import NotActive
from core.orm.journal import plain
from core.orm.security import Principal
from core.schema.tables import outbox as table

if TYPE_CHECKING:
    from core.env import Env
    from core.registry.database import Database

F = TypeVar("F", bound=Callable[..., Any])

LEASE = datetime.timedelta(minutes=5)
MAX_ATTEMPTS = 8


@dataclass(frozen=True)
class Job:
    """A function ``run(env, **arguments)`` that the outbox finds by ``name``, "<addon>.<function>"."""

    name: str
    function: Callable[..., Any]
    attempts: int = MAX_ATTEMPTS


def job(function: F) -> F:
    """Marks a function of an addon's ``jobs.py`` as a job: ``def send_offer(env, offer): …``; arguments are JSON."""
    function.__dict__["kontor_job"] = True
    return function


def jobs_of(addon: str, module: ModuleType) -> dict[str, Job]:
    """The jobs that a module declares."""
    found = (one for one in vars(module).values() if getattr(one, "__dict__", {}).get("kontor_job"))
    return {f"{addon}.{one.__name__}": Job(f"{addon}.{one.__name__}", one) for one in found}


def put(
    env: Env,
    function: Callable[..., Any],
    arguments: dict[str, Any],
    *,
    key: str | None,
    run_at: datetime.datetime | None,
) -> None:
    """Add a job to the outbox of the transaction. A second one with the same ``key`` is not added."""
    found = next((one for one in env.set.jobs.values() if one.function is function), None)
    if found is None:
        raise NotActive(f"{getattr(function, '__qualname__', function)} is no job of an installed addon")
    values = {
        "job": found.name,
        "args": {name: plain(value) for name, value in arguments.items()},
        "idempotency_key": key,
        "state": "todo",
        "run_at": run_at or env.now,
        "attempts": 0,
        "principal": _dump(env.principal),
        "created_at": env.now,
    }
    connection = env.session.kernel_connection()
    from sqlalchemy.dialects import postgresql, sqlite

    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(table).values(**values).on_conflict_do_nothing(index_elements=["idempotency_key"]))
    env.session.info["enqueued"] = True


def _dump(principal: Principal) -> dict[str, Any]:
    return {**asdict(principal), "groups": sorted(principal.groups), "companies": list(principal.companies)}


def _load(values: dict[str, Any]) -> Principal:
    return Principal(**{**values, "groups": frozenset(values["groups"]), "companies": tuple(values["companies"])})


@dataclass(frozen=True)
class Claim:
    """A job that this worker may run until its lease ends."""

    id: int
    name: str
    arguments: dict[str, Any]
    attempts: int
    token: str
    principal: Principal


def claim(database: Database) -> Claim | None:
    """Take the next job that is due, or whose lease has run out."""
    now = datetime.datetime.now(datetime.UTC)
    token = secrets.token_hex(16)
    due = sa.or_(
        sa.and_(table.c.state == "todo", table.c.run_at <= now),
        sa.and_(table.c.state == "doing", table.c.lease_until < now),
    )
    chosen = (
        sa.select(table.c.id).where(due).order_by(table.c.run_at, table.c.id).limit(1).with_for_update(skip_locked=True)
    )
    statement = (
        sa.update(table)
        .where(table.c.id == chosen.scalar_subquery())
        .values(state="doing", attempts=table.c.attempts + 1, lease_until=now + LEASE, lease_token=token)
        .returning(table.c.id, table.c.job, table.c.args, table.c.attempts, table.c.principal)
    )
    with _own(database) as connection:
        row = connection.execute(statement).first()
    return Claim(row[0], row[1], row[2] or {}, row[3], token, _load(row[4])) if row is not None else None


@contextmanager
def _own(database: Database) -> Iterator[sa.Connection]:
    with database.connection() as (connection, begun):
        yield connection
        begun.commit()


def run(database: Database, taken: Claim) -> bool:
    """Run a claimed job; True when it is done. What it did and that it is done commit together."""
    found = database.set.jobs.get(taken.name)

    def work(env: Env) -> None:
        if found is None:
            raise NotActive(f"job '{taken.name}' belongs to no installed addon")
        connection = env.session.kernel_connection()
        mine = sa.and_(table.c.id == taken.id, table.c.lease_token == taken.token)
        held = connection.execute(sa.select(table.c.id).where(mine).with_for_update()).first()
        if held is None:
            raise LeaseLost(taken.name)
        found.function(env, **taken.arguments)
        env.flush()
        connection.execute(
            sa.update(table).where(mine).values(state="done", done_at=env.now, error=None, lease_until=None)
        )

    try:
        database.retrying(taken.principal, work)
    except LeaseLost:
        return False
    except Exception as error:
        _failed(database, taken, found, error)
        return False
    return True


class LeaseLost(Exception):
    """Somebody else took the job over; whatever this run did is rolled back."""


def _failed(database: Database, taken: Claim, found: Job | None, error: Exception) -> None:
    """Try again after 10 s, 20 s, 40 s … (at most an hour); after the last attempt keep it as failed."""
    last = found is None or taken.attempts >= found.attempts
    wait = datetime.timedelta(seconds=min(10 * 2 ** (taken.attempts - 1), 3600))
    text = "".join(traceback.format_exception(error))[-4000:]
    with _own(database) as connection:
        connection.execute(
            sa.update(table)
            .where(table.c.id == taken.id, table.c.lease_token == taken.token)
            .values(
                state="failed" if last else "todo",
                run_at=datetime.datetime.now(datetime.UTC) + wait,
                lease_until=None,
                lease_token=None,
                error=text,
            )
        )
    print(f"job {taken.name} ({taken.id}) failed, attempt {taken.attempts}: {error}", file=sys.stderr)  # noqa: T201


def drain(database: Database) -> int:
    """Run every job that is due now; the number of those that were done. For tests, and for one-off commands."""
    done = 0
    while (taken := claim(database)) is not None:
        done += run(database, taken)
    return done
