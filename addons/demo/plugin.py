"""Fills a database when the demo company is installed."""

from __future__ import annotations

from addons.demo.company import make_demo
from core import Env, hookimpl


@hookimpl
def kontor_after_install(env: Env) -> None:
    make_demo(env)
