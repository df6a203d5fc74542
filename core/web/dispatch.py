"""Which database a request is for, told by its host; and the way to the application of that database's addon set.

``config/databases.toml`` names the databases and their hosts. A host that nobody named is answered with 404, never with
some other customer's data.
"""

from __future__ import annotations

import logging
import re
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from core.addon.discover import ROOT
from core.errors import KontorError
from core.jobs.threads import ThreadEngine
from core.registry.database import Database, NoSuchDatabase, open_database
from core.web.requests import HEADERS, is_too_large

log = logging.getLogger(__name__)

#: a name or an address, and a port
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")

StartResponse = Callable[..., Any]


@dataclass(frozen=True)
class Entry:
    """One table of databases.toml. ``hosts`` without port; "*" for any."""

    name: str
    url: str
    hosts: tuple[str, ...] = ()


def read_entries(path: Path) -> list[Entry]:
    """The databases of a file. Relative SQLite paths start at the checkout."""
    with path.open("rb") as stream:
        tables = tomllib.load(stream)
    return [Entry(name, absolute(str(one["url"])), tuple(one.get("hosts", ()))) for name, one in tables.items()]


def absolute(url: str) -> str:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).is_absolute():
        parsed = parsed.set(database=str(ROOT / parsed.database))
    return parsed.render_as_string(hide_password=False)


class Dispatcher:
    """The WSGI application in front. Databases are opened when they are first asked for."""

    def __init__(self, entries: Iterable[Entry] = (), files: Path | None = None) -> None:
        self.entries = tuple(entries)
        self.files = files
        self._open: dict[str, Database] = {}
        self._lock = threading.Lock()
        self.prepare: Callable[[Database], None] = lambda database: None
        #: cookies over HTTPS only, even if a proxy does not tell that the browser came so
        self.secure = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Dispatcher:
        """From ``config/*.ini``: kontor.databases, kontor.secure_cookies, kontor.jobs (threads, or off)."""
        file = str(settings.get("kontor.databases") or "")
        made = cls(read_entries(Path(file)) if file else ())
        made.secure = str(settings.get("kontor.secure_cookies", "")).strip().lower() in ("true", "yes", "on", "1")
        jobs = str(settings.get("kontor.jobs", "threads")).strip().lower()
        if jobs not in ("threads", "off"):
            raise KontorError(f"kontor.jobs is threads or off, not '{jobs}'")
        if jobs == "threads":
            made.prepare = ThreadEngine().serve
        return made

    @classmethod
    def serving(cls, database: Database) -> Dispatcher:
        """For one database alone, whatever the host."""
        made = cls([Entry(database.name, str(database.url), ("*",))])
        made._open[database.name] = database
        return made

    def entry(self, host: str) -> Entry | None:
        known = _HOST.fullmatch(host.lower())
        if known is None:
            return None
        name = known[1].rstrip(".")
        for one in self.entries:
            if name in one.hosts:
                return one
        return next((one for one in self.entries if "*" in one.hosts), None)

    def database(self, entry: Entry) -> Database:
        """The open database of ``entry``. Raises NoSuchDatabase."""
        found = self._open.get(entry.name)
        if found is None:
            with self._lock:
                found = self._open.get(entry.name)
                if found is None:
                    found = open_database(entry.url)
                    self.prepare(found)
                    self._open[entry.name] = found
        return found

    def warm(self) -> None:
        """Open every database and build its application now, not at the first request."""
        for one in self.entries:
            router_of(self.database(one))

    def close(self) -> None:
        for one in self._open.values():
            one.close()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        entry = self.entry(str(environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")))
        if entry is None:
            return _plain(start_response, "404 Not Found", "There is no Kontor database for this address.")
        if is_too_large(environ):
            return _plain(start_response, "413 Content Too Large", "This is more than can be sent here at once.")
        try:
            database = self.database(entry)
            router = router_of(database)
        except NoSuchDatabase as error:
            log.error("database '%s': %s", entry.name, error)
            return _plain(start_response, "503 Service Unavailable", "The database cannot be opened. Please try again.")
        except KontorError:
            log.exception("database '%s' cannot be served", entry.name)
            return _plain(start_response, "503 Service Unavailable", "Kontor cannot be started for this database.")
        environ["kontor.database"] = database
        environ["kontor.secure"] = self.secure
        answer: Iterable[bytes] = router(environ, start_response)
        return answer


def router_of(database: Database) -> Any:
    """The application of the database's addon set."""
    from core.web import app  # noqa: F401  registers the builder; it imports this module

    return database.set.part("web").router


def _plain(start_response: StartResponse, status: str, text: str) -> list[bytes]:
    body = text.encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        *HEADERS.items(),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", "10"))
    start_response(status, headers)
    return [body]
