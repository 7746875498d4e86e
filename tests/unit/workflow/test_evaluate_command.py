"""The command line that a report tells does the same evaluation again."""

from __future__ import annotations

import shlex

import pytest

from showerkit.evaluate.settings import EvaluationConfig
from showerkit.workflow.evaluate import _command
from showerkit.workflow.evaluate_command import EvaluateCommand


@pytest.mark.parametrize("seed", [2, 1_234_567, 2**53])
def test_no_digit_of_a_seed_is_lost(seed):
    told = _command("reference.h5", ["fast.h5"], None, None, EvaluationConfig(seed=seed)).to("report")
    assert told == f"showerkit evaluate reference.h5 fast.h5 --seed {seed} -o report"


def test_folders_of_one_machine_are_left_out_unless_they_are_wanted(tmp_path):
    reference, fast, report = (tmp_path / name for name in ("a reference.h5", "fast.h5", "report"))
    told = EvaluateCommand(reference, [fast]).to(report)
    assert shlex.split(told)[2:] == ["a reference.h5", "fast.h5", "-o", "report"]
    whole = EvaluateCommand(reference, [fast], whole_paths=True).to(report)
    assert shlex.split(whole)[2:] == [str(reference), str(fast), "-o", str(report)]


def test_a_usual_title_is_not_told():
    one = EvaluateCommand("a.h5", []).page("page.md", "Jets", "Jets").to("out")
    other = EvaluateCommand("a.h5", []).page("page.md", "My jets", "Jets").to("out")
    assert one == "showerkit evaluate a.h5 --page page.md -o out"
    assert other == "showerkit evaluate a.h5 --page page.md --title 'My jets' -o out"
