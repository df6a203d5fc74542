"""The help of every verb on the page of commands, as it is printed; and examples of docstrings as they were meant."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

PAGE = "reference/commands"


def write_help(app: Any, page: str, source: list[str]) -> None:
    """Add a section for each verb to the page of commands."""
    if page == PAGE:
        from core.cli.parser import parser

        for name, one in _verbs(parser()):
            source[0] += f"\n## {name}\n\n```text\n{one.format_help()}```\n"


def _verbs(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                full = f"{before} {name}".strip()
                below = list(_verbs(one, full))
                yield from below or [(full, one)]


def keep_example(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """An example right below the first line loses its indentation with that of the docstring: give it back."""
    if lines and lines[0].endswith("::"):
        lines[1:] = [f"    {line}" if line else line for line in lines[1:]]


def setup(app: Any) -> dict[str, Any]:
    app.connect("source-read", write_help)
    app.connect("autodoc-process-docstring", keep_example)
    return {"parallel_read_safe": True}
