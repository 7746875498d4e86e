"""Every test that the page on faults names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"


def functions(path: Path) -> set[str]:
    """Names of the functions of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_row_names_tests_that_exist():
    rows, of_faults = [], False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| Fault |"):
            of_faults = True
        elif not line.startswith("|"):
            of_faults = False
        elif of_faults and not line.startswith("| ---"):
            rows.append(line)
    assert len(rows) > 40
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, f"no test named: {row}"
        for file, test in named:
            assert (ROOT / file).is_file(), file
            assert test in functions(ROOT / file), f"{file}::{test}"
