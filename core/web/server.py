"""The embedded server: waitress with the dispatcher, stopped cleanly by SIGTERM and Ctrl+C.

A request that is being worked on when SIGTERM comes is finished: the handler raises SystemExit in the main thread, and
waitress then waits for its workers.
"""

from __future__ import annotations

import errno
import signal
import socket
import sys
from types import FrameType
from typing import Any

from core.errors import KontorError
from core.web.dispatch import Dispatcher
from core.web.requests import FILES_BODY

THREADS = 8
#: more is refused while it is still coming in; what a page may post is less (requests.py)
MAX_BODY = FILES_BODY + 1024 * 1024


class PortTaken(KontorError):
    """Somebody else listens there."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises PortTaken with a sentence that helps."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
    except OSError as error:
        made.close()
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            reason = (
                "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be used by this user"
            )
            raise PortTaken(f"port {port} {reason}; choose another one with --port") from None
        raise
    made.listen(128)
    return made


def serve(
    application: Any, host: str = "127.0.0.1", port: int = 6420, threads: int = THREADS, announce: str = ""
) -> None:
    """Serve ``application`` until SIGTERM or Ctrl+C. ``announce`` is printed once the port listens."""
    from waitress import create_server

    server = create_server(
        application,
        sockets=[listen(host, port)],
        threads=threads,
        ident="",
        clear_untrusted_proxy_headers=True,
        max_request_body_size=MAX_BODY,
    )

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, stop)
    if announce:
        print(announce, flush=True)  # noqa: T201  whoever starts a server waits for this line
    try:
        server.run()
    except (SystemExit, KeyboardInterrupt):
        pass
    finally:
        server.task_dispatcher.shutdown(cancel_pending=False, timeout=30)
        server.close()
        signal.signal(signal.SIGTERM, before)
        if isinstance(application, Dispatcher):
            application.close()
