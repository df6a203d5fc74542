"""What the files in ``config/`` say reaches the server."""

from __future__ import annotations

from configparser import RawConfigParser
from pathlib import Path

import pytest

from core.errors import KontorError
from core.jobs.threads import ThreadEngine
from core.web.app import main

CONFIG = Path(__file__).resolve().parents[2] / "config"
#: every setting that something reads
KNOWN = {"use", "kontor.databases", "kontor.secure_cookies", "kontor.jobs"}


@pytest.mark.parametrize("name", ["development", "production", "testing"])
def test_no_setting_is_there_in_vain(name: str) -> None:
    parser = RawConfigParser()
    parser.read(CONFIG / f"{name}.ini")
    assert set(parser["app:main"]) <= KNOWN


def test_jobs_run_unless_they_are_off() -> None:
    working = main({}, **{"kontor.jobs": "threads"})
    assert isinstance(getattr(working.prepare, "__self__", None), ThreadEngine)
    assert getattr(main({}, **{"kontor.jobs": "off"}).prepare, "__self__", None) is None
    with pytest.raises(KontorError):
        main({}, **{"kontor.jobs": "of"})
