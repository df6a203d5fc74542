"""``demo`` as a stranger types it: made once, served, found again in seconds; a taken port is one sentence."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.addon.discover import ROOT

pytestmark = pytest.mark.slow


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextlib.contextmanager
def _demo(file: Path, port: int) -> Iterator[tuple[list[str], float]]:
    """A running demo: what it said until it was ready, and after how many seconds that was."""
    command = [sys.executable, "-m", "core.cli", "demo", "--db", f"sqlite:///{file}", "--port", str(port)]
    begun, said = time.monotonic(), []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(line.rstrip())
                if line.startswith("Ctrl+C"):
                    break
            yield said, time.monotonic() - begun
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _status(port: int, path: str) -> int:
    """The address is printed a moment before the server listens."""
    until = time.monotonic() + 20
    while True:
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                connection.request("GET", path)
                return connection.getresponse().status
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def test_the_demo_is_made_once_and_served(tmp_path: Path) -> None:
    file, port = tmp_path / "cli_demo.sqlite", _free_port()
    note = ROOT / "var" / "cli_demo.password"
    try:
        with _demo(file, port) as (said, _seconds):
            text = "\n".join(said)
            assert "Making the demo company" in text
            assert f"http://127.0.0.1:{port}/" in text
            assert "rita" in text
            assert _status(port, "/login") == 200
            taken = subprocess.run(
                [sys.executable, "-m", "core.cli", "demo", "--db", f"sqlite:///{file}", "--port", str(port)],
                cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert taken.returncode == 1
            assert taken.stderr.splitlines() == [
                f"kontor demo: port {port} is taken by another program; choose another one with --port"
            ]
        with _demo(file, port) as (again, seconds):
            assert "Making" not in "\n".join(again)
            assert seconds < 20
            assert _status(port, "/login") == 200
    finally:
        note.unlink(missing_ok=True)
