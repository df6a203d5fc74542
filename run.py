#!/usr/bin/env python3
"""Run Kontor on a machine that has nothing but Python 3.11 or newer.

    python3 run.py demo      a demo company in your browser        (--port N, --db URL for PostgreSQL)
    python3 run.py test      every check; arguments go to pytest    (--quick leaves out ruff and mypy)
    python3 run.py docs      builds the documentation into docs/_build
    python3 run.py serve     serves the databases of config/databases.toml
    python3 run.py VERB …    anything else that `kontor --help` lists

The first start makes .venv, installs the pinned packages of config/constraints.txt (each checked against its
hash), builds the front end with the Node that comes as a Python package, and takes up to a minute;
a later one takes a moment. What was installed is noted in .venv/kontor.json; delete .venv to begin afresh.

Plain standard library: this file runs before anything is installed. It must stay readable for Python 3.6,
so that an old Python gets a sentence and not a traceback.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path
from typing import Any

if sys.version_info < (3, 11):
    sys.exit(
        f"Kontor needs Python 3.11 or newer; this is Python {sys.version.split()[0]} ({sys.executable}). "
        f"Start it with a newer one, for example: python3.11 run.py demo"
    )

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
NOTES = VENV / "kontor.json"
LOG = VENV / "kontor-setup.log"
CONSTRAINTS = HERE / "config" / "constraints.txt"
FRONTEND = HERE / "core" / "web" / "frontend"
BUNDLES = HERE / "core" / "web" / "static" / "dist" / "manifest.json"

#: verb -> the extra of setup.cfg that it needs
EXTRAS = {"test": "test", "bench": "test", "docs": "docs"}
#: verb -> the module that runs it; every other verb is one of core.cli
MODULES = {"test": "core.testing.check", "docs": "sphinx"}

NETWORK_SIGNS = (
    "error sending request", "dns error", "connection refused", "failed to fetch", "network is unreachable",
    "temporary failure in name resolution", "newconnectionerror", "could not connect", "connection error",
    "eai_again", "enotfound", "econnrefused", "etimedout", "timed out", "no matching distribution found for uv",
)  # fmt: skip


class SetupFailed(Exception):
    """One sentence that tells the user what is wrong and what to do."""


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__.split("\n\nThe first start")[0])
        return 0 if arguments else 2
    verb, rest = arguments[0], arguments[1:]
    try:
        prepare(EXTRAS.get(verb))
    except SetupFailed as failure:
        print(f"kontor: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return hand_over(verb, rest)


def hand_over(verb: str, rest: list[str]) -> int:
    """Become the program behind ``verb``; its exit code is ours."""
    command = [str(PYTHON), "-m", MODULES.get(verb, "core.cli")]
    if verb == "docs":
        command += ["-W", "--keep-going", "-q", "-b", "html", *rest, "docs", "docs/_build/html"]
    elif verb in MODULES:
        command += rest
    else:
        command += [verb, *rest]
    # Developers work with the sources: the checkout comes first, wherever the command was typed.
    environment = {**os.environ, "VIRTUAL_ENV": str(VENV)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    if verb in MODULES:
        os.chdir(HERE)
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)  # noqa: S606  (signals and the terminal are the program's)
    return subprocess.run(command, env=environment, check=False).returncode


# ---- preparing .venv ---------------------------------------------------------------------------------------------


def prepare(extra: str | None) -> None:
    """Bring .venv to what this checkout needs; at once when it already is."""
    wanted = {"packages": fingerprint([CONSTRAINTS, HERE / "setup.cfg"]), "project": fingerprint(project_files())}
    if is_ready(wanted, extra):
        return
    begun = time.monotonic()
    with OneAtATime():
        if is_ready(wanted, extra):
            return
        notes = read_notes()
        extras = sorted({*notes.get("extras", []), *([extra] if extra else [])})
        print("Setting up Kontor; the first time takes up to a minute.", flush=True)
        if not works(PYTHON):
            step("virtual environment", make_environment)
            notes = {}
        if not works_uv():
            step("installer", install_uv)
        if notes.get("packages") != wanted["packages"] or notes.get("extras") != extras:
            step("packages", lambda: install_packages(extras))
        if notes.get("project") != wanted["project"] or not BUNDLES.exists():
            step("front end", install_project)
        NOTES.write_text(json.dumps({**wanted, "extras": extras}, indent=1), encoding="utf-8")
        print(f"Ready after {time.monotonic() - begun:.0f} s.\n", flush=True)


def is_ready(wanted: dict[str, str], extra: str | None) -> bool:
    notes = read_notes()
    same = all(notes.get(key) == value for key, value in wanted.items())
    return same and PYTHON.exists() and BUNDLES.exists() and (extra is None or extra in notes.get("extras", []))


def read_notes() -> dict[str, Any]:
    try:
        notes = json.loads(NOTES.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) else {}


def project_files() -> list[Path]:
    """What the editable installation and the bundles are made from."""
    sources = [one for one in FRONTEND.rglob("*") if one.is_file() and "node_modules" not in one.parts]
    return [HERE / "setup.cfg", HERE / "setup.py", HERE / "pyproject.toml", *sorted(sources)]


def fingerprint(files: list[Path]) -> str:
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    for file in files:
        digest.update(file.relative_to(HERE).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def make_environment() -> None:
    if VENV.exists():
        shutil.rmtree(VENV)
    made = run([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    if made.returncode:
        raise SetupFailed(
            f"Python cannot make a virtual environment in {VENV}; on Debian and Ubuntu install it with "
            f"`apt install python3-venv`."
        )


def install_uv() -> None:
    """Install uv, which is several times faster than pip, with the hash from the constraints."""
    requirement = pinned("uv")
    if not any(run([str(PYTHON), "-m", *make]).returncode == 0 for make in (["pip", "--version"], ["ensurepip"])):
        raise SetupFailed("Python came without pip; on Debian and Ubuntu install it with `apt install python3-venv`.")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "uv.txt"
        file.write_text(requirement, encoding="utf-8")
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--retries", "1", "--require-hashes"]
        must([*command, "--requirement", str(file)])


def install_packages(extras: list[str]) -> None:
    """Install what setup.cfg asks for, in the versions and with the hashes of the constraints."""
    declared = ConfigParser()
    declared.read(HERE / "setup.cfg", encoding="utf-8")
    lines = declared["options"]["install_requires"].splitlines()
    for extra in extras:
        lines += declared["options.extras_require"][extra].splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(pinned(name) for name in names), encoding="utf-8")
        must([*uv("install"), "--require-hashes", "--requirement", str(file), "--constraint", str(CONSTRAINTS)])


def install_project() -> None:
    """Install Kontor itself from this folder; its build step (setup.py) makes the bundles of the front end."""
    command = [*uv("install"), "--no-deps", "--build-constraints", str(CONSTRAINTS), "--require-build-hashes"]
    must([*command, "--reinstall-package", "kontor", "--editable", str(HERE)])


def pinned(requirement: str) -> str:
    """The lines of the constraints (version and hashes) for ``requirement``."""
    name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
    wanted, found, inside = re.sub(r"[-_.]+", "-", name).lower(), "", False
    for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines(keepends=True):
        if line[:1].strip():
            inside = line.split("==")[0].strip() == wanted
        if inside:
            found += line
    if not found:
        raise SetupFailed(
            f"setup.cfg asks for '{requirement}', which config/constraints.txt does not pin; "
            f"write it anew as docs/development.md says."
        )
    return found


# ---- running other programs --------------------------------------------------------------------------------------


def uv(verb: str) -> list[str]:
    return [str(PYTHON), "-m", "uv", "pip", verb, "--python", str(PYTHON)]


def works(python: Path) -> bool:
    if not python.exists():
        return False
    check = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    return run([str(python), "-c", check]).returncode == 0


def works_uv() -> bool:
    version = pinned("uv").split("==")[1].split()[0]
    return f"uv {version}" in run([str(PYTHON), "-m", "uv", "--version"]).stdout


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUTF8": "1"}
    environment.pop("PYTHONPATH", None)
    environment.pop("VIRTUAL_ENV", None)
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        env=environment, cwd=str(HERE), check=False,
    )  # fmt: skip


def must(command: list[str]) -> None:
    """Run ``command``; when it fails, keep what it said and say the likely reason in one sentence."""
    done = run(command)
    if not done.returncode:
        return
    LOG.write_text(f"$ {' '.join(command)}\n{done.stdout}", encoding="utf-8")
    said = done.stdout.lower()
    if "hash mismatch" in said or "do not match the hashes" in said:
        reason = "a downloaded package is not the one that config/constraints.txt names (its hash differs)"
    elif any(sign in said for sign in NETWORK_SIGNS):
        reason = "the packages could not be downloaded: check the network connection (or proxy), then start again"
    elif "no space left" in said:
        reason = "the disk is full"
    else:
        last = [line for line in done.stdout.splitlines() if line.strip()][-1:]
        reason = last[0].strip() if last else "a step of the set-up failed without a word"
    raise SetupFailed(f"{reason}. (Details: {LOG})")


def step(title: str, work: Callable[[], None]) -> None:
    """Do ``work`` and show that it is under way and how long it took."""
    print(f"  {title} … ", end="", flush=True)
    begun = time.monotonic()
    try:
        work()
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - begun:.1f} s", flush=True)


class OneAtATime:
    """Two launchers started together: the second waits for the first."""

    def __enter__(self) -> None:
        folder = HERE / "var"
        folder.mkdir(exist_ok=True)
        self.file = (folder / "setup.lock").open("w", encoding="utf-8")
        if os.name == "posix":
            import fcntl

            fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *error: object) -> None:
        self.file.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
