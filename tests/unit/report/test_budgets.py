"""What the adversarial stages were planned to see."""

from __future__ import annotations

from showerkit.report.budgets import budget_words


def run(make_run, name, epochs, shipped=None):
    values = {"adversarial": {"epochs": epochs, "epoch_showers": 1000}}
    return make_run(name, values=values, losses={"epoch": [1.0]}, shipped=shipped)


def test_equal_and_unequal_budgets(make_run):
    three, four = run(make_run, "a", 3), run(make_run, "b", 4)
    assert budget_words([three, three]) == (
        "Budgets are equal: the adversarial stages were planned to see 3,000 showers."
    )
    assert budget_words([three, four]).startswith("Budgets are not equal: ")
    assert "3,000 to 4,000" in budget_words([three, four])
    assert budget_words([make_run("regression")]) == ""


def test_reduced_budgets_are_told(make_run):
    shipped = {
        "adversarial": {"epochs": 10, "epoch_showers": None},
        "simulate": {"train": 2000},
        "data": {"validation_fraction": 0.1},
    }
    assert budget_words([run(make_run, "a", 3, shipped)]).endswith("the recipes as shipped ask for 18,000.")
