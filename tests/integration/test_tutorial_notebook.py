"""The tutorial's notebook runs from its first cell to its last and gives what it is stored with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "docs/tutorial/first-surrogate.ipynb"
SIZES = r"N_TRAIN, N_TEST, EPOCHS = \d+, \d+, \d+"
#: In a process of its own, as a reader's is: warnings of the machinery that executes cells are not ours.
EXECUTE = """
import sys
import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

notebook = nbformat.read(sys.argv[1], as_version=4)
local = Config({"KernelManager": {"transport": "ipc"}})
NotebookClient(notebook, timeout=1200, kernel_name="python3", config=local).execute()
nbformat.write(notebook, sys.argv[2])
"""


def code_cells(path: Path) -> list[dict]:
    """Cells with code of a notebook."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def printed(cell: dict) -> str:
    """What a cell has printed."""
    return "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")


def executed(folder: Path, sizes: str | None = None) -> list[dict]:
    """Cells of the notebook after all of it ran, at other sizes if wanted."""
    text = NOTEBOOK.read_text(encoding="utf-8")
    if sizes is not None:
        text, replaced = re.subn(SIZES, f"N_TRAIN, N_TEST, EPOCHS = {sizes}", text)
        assert replaced == 1
    (folder / "notebook.ipynb").write_text(text, encoding="utf-8")
    words = [sys.executable, "-c", EXECUTE, "notebook.ipynb", "executed.ipynb"]
    # The tests' choice of Matplotlib's backend would keep figures out of the notebook.
    surroundings = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    done = subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return code_cells(folder / "executed.ipynb")


def pictures(cell: dict) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell["outputs"])


def largest_difference(cells: list[dict]) -> float:
    """Largest difference in MeV between a cell by the model and by the exported one."""
    return float(re.search(r"largest difference of a cell: (\S+) MeV", printed(cells[-1]))[1])


def test_it_runs_at_a_smaller_size(tmp_path):
    cells, stored = executed(tmp_path, "100, 40, 1"), code_cells(NOTEBOOK)
    assert [pictures(cell) for cell in cells] == [pictures(cell) for cell in stored]
    assert printed(cells[1]) == printed(stored[1])  # the detector
    assert printed(cells[2]).startswith("40 showers of 400 cells")
    assert largest_difference(cells) < 0.1


def test_it_is_stored_as_it_ran():
    stored = code_cells(NOTEBOOK)
    assert [cell["execution_count"] for cell in stored] == list(range(1, len(stored) + 1))
    kinds = {output["output_type"] for cell in stored for output in cell["outputs"]}
    assert kinds <= {"stream", "display_data"}
    assert not any(output.get("name") == "stderr" for cell in stored for output in cell["outputs"])
    assert NOTEBOOK.stat().st_size < 500_000


@pytest.mark.slow
def test_it_gives_what_it_is_stored_with(tmp_path):
    """Geant4 and the shipped model give the same showers for the same seed; our training nearly so."""
    cells, stored = executed(tmp_path), code_cells(NOTEBOOK)
    for ran, kept in zip(cells[:3], stored[:3], strict=True):
        assert printed(ran) == printed(kept)
    assert largest_difference(cells) < 0.1
    shipped = [
        [line.split()[-6:-3] for line in printed(which[-2]).splitlines()[1:]] for which in (cells, stored)
    ]
    assert shipped[0] == shipped[1]
