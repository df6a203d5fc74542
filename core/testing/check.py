"""``python3 run.py test``: ruff, mypy and pytest, one after the other; any failure fails the whole.

Arguments go to pytest (``python3 run.py test tests/browser -k lookup``); ``--quick`` leaves out ruff and mypy.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks from the checkout's root; 0 when all of them passed."""
    rest = list(sys.argv[1:] if arguments is None else arguments)
    quick = "--quick" in rest
    checks: list[tuple[str, list[str]]] = []
    if not quick:
        checks += [("ruff", ["ruff", "check", "--quiet", "."]), ("mypy", ["mypy", "--no-error-summary"])]
    checks.append(("pytest", ["pytest", *(one for one in rest if one != "--quick")]))

    failed = []
    for name, command in checks:
        print(f"── {name}", flush=True)
        begun = time.monotonic()
        code = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode
        print(f"   {name}: {'passed' if code == 0 else 'FAILED'} after {time.monotonic() - begun:.0f} s", flush=True)
        if code:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
