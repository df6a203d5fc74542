"""No addon reaches around the session: no raw SQL, no kernel doors, nothing evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"eval", "exec", "compile", "__import__"}
ATTRIBUTES = {
    "kernel_connection": "the kernel's own tables",
    "exec_driver_sql": "raw SQL",
    "__table__": "the table behind a model",
    "with_loader_criteria": "the conditions of the session",
    "bulk_save_objects": "past the flush",
    "bulk_insert_mappings": "past the flush",
    "_sa_instance_state": "SQLAlchemy's insides",
}
IMPORTS = {"text", "literal_column", "with_loader_criteria"}


def faults(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        where = f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield f"{where}: {node.attr} ({ATTRIBUTES[node.attr]})"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            yield f"{where}: {node.func.id}()"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy"):
            yield from (f"{where}: {one.name}" for one in node.names if one.name in IMPORTS)
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in IMPORTS
            and isinstance(node.value, ast.Name)
            and node.value.id in ("sa", "sqlalchemy")
        ):
            yield f"{where}: sa.{node.attr}"


def sources() -> list[Path]:
    folders = (ROOT / "addons", ROOT / "addons_contrib")
    return [file for folder in folders for file in folder.rglob("*.py") if "tests" not in file.parts]


@pytest.mark.parametrize("folder", sorted({file.relative_to(ROOT).parts[:2] for file in sources()}))
def test_an_addon_uses_the_session_only(folder: tuple[str, str]) -> None:
    found = [fault for file in sources() if file.relative_to(ROOT).parts[:2] == folder for fault in faults(file)]
    assert not found


def test_the_scan_sees_what_it_looks_for(tmp_path: Path) -> None:
    (ROOT / "var").mkdir(exist_ok=True)
    file = ROOT / "var" / "bad_addon.py"
    file.write_text(
        "from sqlalchemy import text\nimport sqlalchemy as sa\n"
        "env.session.kernel_connection()\nsa.text('x')\neval('1')\nOrder.__table__\n"
    )
    try:
        assert len(list(faults(file))) == 5
    finally:
        file.unlink()
