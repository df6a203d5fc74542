"""Where things are: the checkout, the file of databases, and what a name or an address on the command line means."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from core.addon.discover import ROOT
from core.errors import KontorError, close_match
from core.web.dispatch import Entry, absolute, read_entries

DATABASES = ROOT / "config" / "databases.toml"


#: what an address may begin with
KINDS = ("sqlite", "postgresql", "postgres", "postgresql+psycopg")


class UnknownDatabase(KontorError):
    """A name that config/databases.toml does not have."""


def entries(path: Path = DATABASES) -> list[Entry]:
    """The databases that config/databases.toml names."""
    return read_entries(path) if path.is_file() else []


def address(name: str) -> sa.URL:
    """The address of a database that is named in config/databases.toml, or given as a URL."""
    if "://" in name:
        try:
            found = sa.make_url(absolute(name))
        except (sa.exc.ArgumentError, ValueError):
            found = None
        if found is None or found.drivername not in KINDS:
            raise UnknownDatabase(f"'{name}' is no database address; write sqlite:///file or postgresql://…")
        return found
    known = {one.name: one for one in entries()}
    if name not in known:
        hint = close_match(name, known) or f"it names {', '.join(known) or 'none'}"
        raise UnknownDatabase(f"config/databases.toml has no database '{name}'; {hint}")
    return sa.make_url(known[name].url)
