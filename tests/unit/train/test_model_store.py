from __future__ import annotations

from pathlib import Path

import pytest

from showerkit.errors import CheckpointError
from showerkit.train.model_store import resolve_model, shipped_model, shipped_models


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    folder = tmp_path / "zoo" / "zdc-fast"
    folder.mkdir(parents=True)
    (folder / "model.skm").write_bytes(b"weights")
    (folder / "card.md").write_text("# zdc-fast\n\nFast showers of the ZDC.\nMore.\n")
    return tmp_path / "zoo"


def test_run_file_and_name_are_found(zoo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.skm").write_bytes(b"weights")
    assert resolve_model(run, zoo=zoo) == run / "model.skm"
    assert resolve_model(str(run / "model.skm"), zoo=zoo) == run / "model.skm"
    assert resolve_model("zdc-fast", zoo=zoo) == zoo / "zdc-fast" / "model.skm"


def test_cards_are_summarised_by_their_first_sentence(zoo: Path) -> None:
    assert [(m.name, m.summary) for m in shipped_models(zoo).values()] == [
        ("zdc-fast", "Fast showers of the ZDC.")
    ]


def test_what_is_missing_is_named(zoo: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="did you mean 'zdc-fast'"):
        resolve_model("zdc-fats", zoo=zoo)
    with pytest.raises(CheckpointError, match="a folder without a model"):
        resolve_model(tmp_path, zoo=zoo)
    (tmp_path / "recipe.yaml").write_text("name: a\n")
    with pytest.raises(CheckpointError, match=r"not finished.*train --resume"):
        resolve_model(tmp_path, zoo=zoo)


def test_a_recipe_that_is_taken_for_a_model_is_told_apart(zoo: Path) -> None:
    with pytest.raises(CheckpointError, match="that is a recipe: train it first"):
        resolve_model("demo", zoo=zoo)


def test_shipped_models_are_found_by_name_with_their_cards(zoo: Path) -> None:
    assert shipped_model("zdc-fast", zoo=zoo).card.startswith("# zdc-fast")
    with pytest.raises(CheckpointError, match="did you mean 'zdc-fast'"):
        shipped_model("zdc-fst", zoo=zoo)
