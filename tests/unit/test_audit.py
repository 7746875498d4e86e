"""An audit that could look nothing up does not pass for a good one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "audit_dependencies.py"


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit_dependencies", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_nothing_looked_up_is_no_success(audit):
    skipped = {"name": "a", "skip_reason": "not found"}
    for packages in ([], [skipped], [skipped, {**skipped, "name": "b"}]):
        code, lines = audit.told({"dependencies": packages})
        assert code == audit.NOT_REACHED
        assert lines[0].startswith("NOT AUDITED")


def test_vulnerabilities_and_what_was_left_out_are_told(audit):
    sound = {"name": "a", "version": "1", "vulns": []}
    flawed = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
    left_out = {"name": "c", "skip_reason": "not found"}
    assert audit.told({"dependencies": [sound]}) == (0, ["1 packages looked up, 0 vulnerabilities"])
    code, lines = audit.told({"dependencies": [sound, flawed, left_out]})
    assert code == audit.FOUND
    assert lines == [
        "b 2: CVE-1, mended in 3",
        "2 packages looked up, 1 vulnerabilities",
        "not looked up: c: not found",
    ]
