"""The documentation's page of a notebook holds all that the notebook holds."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "docs").rglob("*.ipynb"))


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("notebook_pages", ROOT / "tools/notebook_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_texts_code_output_and_pictures_are_on_the_page(pages, path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    text, pictures = pages.page(notebook, path.stem)
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert len(pictures) == sum("image/png" in output.get("data", {}) for output in outputs) > 0
    assert all(content.startswith(b"\x89PNG") and f"]({name})" in text for name, content in pictures.items())
    for cell in notebook["cells"]:
        assert "".join(cell["source"]).split("\n", 1)[-1] in text
    for output in outputs:
        assert "".join(output.get("text", "")).rstrip("\n") in text
    assert text.startswith("# ")
    assert f"]({path.stem}.ipynb){{ download }}" in text


def test_links_lead_to_pages_and_downloads_to_notebooks(pages):
    text = "[page](../tutorial/a.ipynb), [file](a.ipynb){ download }, [other](b.md)"
    expected = "[page](../tutorial/a.md), [file](a.ipynb){ download }, [other](b.md)"
    assert pages.on_page_markdown(text) == expected
