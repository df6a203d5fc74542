"""A server of the bench in a process of its own: ``python -m tests.bench.serving ADDRESS PORT [bare]``."""

from __future__ import annotations

import sys

import core.web.app  # noqa: F401  registers the builders
from core.registry.database import open_database
from core.web import server
from core.web.dispatch import Dispatcher


def main(address: str, port: str, what: str = "kontor") -> None:
    from tests.bench.world import manifests

    database = open_database(address, {one.name: one for one in manifests()})
    if what == "bare":
        from tests.bench.bare import application

        server.serve(application(database), port=int(port), threads=4)
        return
    dispatcher = Dispatcher.serving(database)
    dispatcher.warm()
    server.serve(dispatcher, port=int(port), threads=4)


if __name__ == "__main__":
    main(*sys.argv[1:])
