"""A short run of the fuzzing of every reader; ``make fuzz`` is the long one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .coverage_guided import fuzz_by_coverage, is_installed
from .covered_modules import COVERED
from .harness import Child, fuzz
from .readers import READERS
from .reading_calls import reading_modules, reads

#: Exporting a model takes longer than all the others together.
SHORT = [name for name in READERS if name != "ONNX"]
INPUTS = 6


@pytest.fixture(scope="module")
def child():
    """One process reads everything."""
    process = Child(limit_s=60.0)
    yield process
    process.close()


@pytest.mark.parametrize("name", SHORT)
def test_wrong_inputs_are_a_value_or_a_named_error(name, child):
    report = fuzz(name, inputs=INPUTS, seconds=60.0, seed=2, limit_s=60.0, child=child)
    assert report.inputs == INPUTS
    assert report.defects == []
    assert report.outcomes["error"] > 0 or not READERS[name].needed


def test_what_the_harness_looks_for_is_found(tmp_path):
    """Answers of a child that does everything wrong are defects."""
    readers = {
        "raises": "raise KeyError('a')",
        "hangs": "while True: pass",
        "dies": "__import__('os').abort()",
        "takes memory": "bytearray(2**40)",
        "writes": "open(path + 'x', 'w')",
        "connects": "__import__('socket').create_connection(('127.0.0.1', 9))",
        "runs": "__import__('os').system('true')",
    }
    # One that needs no library starts at once.
    script = (
        "import sys; from pathlib import Path; from tests.fuzz import child, reader, readers, samples\n"
        f"wrong = {readers!r}\n"
        "def reading(code):\n"
        "    def read(path):\n"
        "        if path.read_bytes() != good: exec(code, {'path': str(path)})\n"
        "    return read\n"
        "good = b'good'\n"
        "for name, code in wrong.items():\n"
        "    readers.READERS[name] = reader.Reader('a', None, reading(code), [])\n"
        "child.main()\n"
    )
    found = {}
    for name in readers:
        process = Child(limit_s=2.0, command=[sys.executable, "-c", script])
        valid, changed = tmp_path / "valid", tmp_path / "changed"
        valid.write_bytes(b"good")
        changed.write_bytes(b"bad")
        found[name] = process.ask(name, changed, valid)["outcome"]
        process.close()
    assert found == {
        "raises": "traceback",
        "hangs": "hang",
        "dies": "crash",
        "takes memory": "traceback",
        "writes": "deed",
        "connects": "deed",
        "runs": "deed",
    }


def test_every_module_that_reads_files_is_fuzzed():
    """A new module that reads files needs a reader, or a reason why not, in ``covered_modules.py``."""
    assert set(reading_modules()) <= set(COVERED)
    named = {name for readers in COVERED.values() if isinstance(readers, tuple) for name in readers}
    assert named <= set(READERS)
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    assert f"{len(READERS)} kinds of input" in page.read_text(encoding="utf-8")


def test_calls_that_read_are_seen():
    assert reads("import h5py\ndef f(p):\n    return h5py.File(p)")
    assert reads("def f(p):\n    return load_yaml(p)")
    assert reads("from x import bounded\nvalue = bounded.parse_yaml('a')")
    assert not reads("import json\ndef f(p):\n    return json.dumps(p)")


@pytest.mark.skipif(not is_installed(), reason="atheris is not installed for this Python")
@pytest.mark.slow
@pytest.mark.parametrize("name", ["recipe", "showers"])
def test_inputs_that_atheris_thinks_of(name):
    report = fuzz_by_coverage(name, seconds=20.0, seed=3)
    assert report.inputs > 40
    assert report.defects == []
    assert report.outcomes["error"] > 0
