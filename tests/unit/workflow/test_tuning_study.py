"""The study alone, on functions whose minimum is known."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from showerkit.errors import CheckpointError
from showerkit.train.search_space import SearchSpace
from showerkit.train.trial_record import TrialRecord, best_trial
from showerkit.workflow.tuning_study import TuningStudy

PARAMETERS: dict[str, Any] = {
    "x": {"kind": "float", "low": -1.0, "high": 1.0},
    "y": {"kind": "float", "low": -1.0, "high": 1.0},
    "c": {"kind": "choice", "choices": [[0.0], [1.0]]},
}
SPACE = SearchSpace(parameters=PARAMETERS, startup_trials=8)


def height(settings: dict[str, Any]) -> float:
    """A valley along y: its bottom is x = 0.5, and y hardly matters."""
    return float((settings["x"] - 0.5) ** 2 + 0.01 * settings["y"] ** 2 + 0.1 * settings["c"][0])


def go_on(study: TuningStudy, trials: int) -> None:
    while len(study.records()) < trials:
        trial, settings = study.ask()
        study.tell(trial, "finished", value=height(settings))


def essentials(study: TuningStudy) -> list[tuple[int, dict[str, Any], float | None]]:
    return [(record.number, dict(record.settings), record.value) for record in study.records()]


def test_a_study_finds_the_bottom_and_what_matters(tmp_path: Path) -> None:
    study = TuningStudy(tmp_path / "journal.jsonl", SPACE)
    go_on(study, 40)
    best = best_trial(study.records())
    assert best is not None
    assert best.value == min(record.value for record in study.records())
    assert best.settings["c"] == [0.0]
    assert abs(best.settings["x"] - 0.5) < 0.1
    # The estimator knows more than chance: its trials are better than those at random.
    heights = np.array([record.value for record in study.records()])
    assert np.median(heights[8:]) < np.median(heights[:8])
    for shares in study.importance().values():
        assert next(iter(shares)) == "x"
        assert shares["x"] > 10 * shares["y"]
        assert sum(shares.values()) == pytest.approx(1.0)
    assert study.importance() == TuningStudy(study.path, SPACE).importance()


def test_a_study_that_stopped_is_the_study_that_it_would_have_been(tmp_path: Path) -> None:
    whole = TuningStudy(tmp_path / "whole.jsonl", SPACE)
    go_on(whole, 14)
    path = tmp_path / "parts.jsonl"
    parts = TuningStudy(path, SPACE)
    go_on(parts, 5)
    trial, _ = parts.ask()
    trial.report(0.1, 1)
    parts.abandon(trial)  # Ctrl-C
    parts = TuningStudy(path, SPACE)
    assert len(parts.records()) == 5
    go_on(parts, 11)
    parts.ask()  # killed: nothing is written down
    with path.open("a") as journal:
        journal.write('{"op_code": 6, "wor')
    path.with_name("parts.jsonl.lock").touch()
    parts = TuningStudy(path, SPACE)
    assert len(parts.records()) == 11
    go_on(parts, 14)
    assert essentials(parts) == essentials(whole)
    assert [json.loads(line) for line in path.read_text().splitlines()]
    other = TuningStudy(tmp_path / "other.jsonl", SPACE.model_copy(update={"seed": 2}))
    go_on(other, 1)
    assert essentials(other) != essentials(whole)[:1]


def test_what_is_known_of_a_trial_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    study = TuningStudy(path, SPACE)
    trial, settings = study.ask()
    trial.report(2.0, 1)
    study.tell(trial, "diverged", epochs=1, seconds=3.0, failure="ran\naway", objective="loss")
    trial, _ = study.ask()
    study.tell(trial, "failed", failure="no")
    first, second = TuningStudy(path, SPACE).records()
    assert first == TrialRecord(0, settings, "diverged", None, 1, 3.0, "ran away", {1: 2.0}, "loss")
    assert (second.outcome, second.failure) == ("failed", "no")
    assert best_trial([first, second]) is None


def test_halving_lets_one_in_so_many_go_on(tmp_path: Path) -> None:
    space = SearchSpace(parameters=PARAMETERS, pruning={"kind": "halving", "min_epochs": 2, "reduction": 3})
    study = TuningStudy(tmp_path / "journal.jsonl", space)
    ended: list[int] = []
    # The later, the worse: after the first epochs that count, all but the first are given up.
    for number in range(6):
        trial, _ = study.ask()
        for epoch in range(1, 9):
            trial.report(float(number), epoch)
            if trial.should_prune():
                break
        ended.append(epoch)
        study.tell(trial, "pruned" if epoch < 8 else "finished", value=float(number), epochs=epoch)
    assert ended[0] == 8
    assert set(ended[3:]) == {2}


@pytest.mark.parametrize("text", ["no journal\n", "[1, 2]\n", '{"op_code": 4}\n', "{}\n{}\n"])
def test_a_damaged_journal_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"journal.jsonl.*damaged study"):
        TuningStudy(path, SPACE)
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"x"', '"z"'),  # a setting that the space does not know
        ('"outcome"', '"out"'),
        ('"finished"', '["finished"]'),
        ('"facts":{"epochs":0', '"facts":{"epochs":"many"'),
        ('"state":1', '"state":9'),
        ('"trial_id":0', '"trial_id":7'),
    ],
)
def test_records_that_make_no_sense_are_named_or_left_out(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "journal.jsonl"
    go_on(TuningStudy(path, SPACE), 2)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with suppress(CheckpointError):
        assert len(TuningStudy(path, SPACE).records()) <= 2


def test_nothing_can_be_said_of_few_or_equal_trials(tmp_path: Path) -> None:
    few = TuningStudy(tmp_path / "few.jsonl", SPACE)
    go_on(few, 3)
    assert few.importance() == {}
    go_on(few, 4)
    assert set(few.importance()) == {"fanova", "impurity"}
    equal = TuningStudy(tmp_path / "equal.jsonl", SPACE)
    for _ in range(5):
        trial, _ = equal.ask()
        equal.tell(trial, "finished", value=1.0)
    assert equal.importance() == {}
