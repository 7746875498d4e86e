"""A results page about several runs: tables and figures, in Markdown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from showerkit.report.budgets import budget_words
from showerkit.report.detail_tables import every_measure, settings_grid
from showerkit.report.findings_section import choices_section, findings_section, seeds_section
from showerkit.report.markdown import Grid, collapsed, table, turned
from showerkit.report.overview_tables import key_grid, training_grid
from showerkit.report.quantities import mse_over_floor
from showerkit.report.run_groups import grouped_by_seed
from showerkit.report.run_record import same_floor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.report.run_record import RunRecord

#: Up to this many runs stand side by side in the table of trainings; more stand below each other.
MOST_COLUMNS: Final = 6
_FIGURES: Final = {
    "hit-probability": (
        "Mean squared error of the hit probability against incident energy, averaged over ranges of energy, "
        "and its ratio to the floor. Hatched: Geant4 against Geant4, with its error."
    ),
    "mask-probability": (
        "The same for MASK, the probabilities from which the hits are drawn. A perfect one reaches about "
        "half of the floor, which compares two samples of hits."
    ),
    "hit-probability-bins": "Mean squared error of the hit probability in every energy bin.",
    "response": "Response: mean deposited over incident energy, and its ratio to Geant4's.",
    "resolution": "Resolution: relative spread of the deposited energy, and its ratio to Geant4's.",
    "losses": (
        "Losses of the regression against the epoch. Total losses with unlike weights, and VALUE losses over "
        "unlike cells, cannot be compared."
    ),
    "adversarial-losses": (
        "The four losses of the adversarial stage in training against the epoch. Dashed: ln 2, where the "
        "discriminator knows nothing."
    ),
    "learning-rates": (
        "Learning rates of the adversarial stage: lines as the recipes have them for the whole training, and "
        "for its beginning; points as the trainings wrote them down after each epoch."
    ),
}


def comparison_page(
    records: Sequence[RunRecord], title: str, command: str, figures: Mapping[str, str]
) -> str:
    """Write the page.

    Parameters
    ----------
    records
        The runs.
    title
        Its heading.
    command
        The command that wrote it.
    figures
        File of each figure, by name.

    Returns
    -------
    str
        The page; the same runs give the same text.
    """
    groups = grouped_by_seed(records)
    parts = [f"# {title}", _words(records, command), "## Key figures", _summary(records), _KEY]
    parts += [table(key_grid(records)), *_pictures(figures, "hit-probability", "mask-probability")]
    parts += [*seeds_section(groups), *choices_section(groups), *findings_section(groups)]
    parts += ["## The runs", budget_words(records), *_runs(records)]
    parts += ["## Training", *_pictures(figures, "losses", "adversarial-losses", "learning-rates")]
    parts += ["## Energy", *_pictures(figures, "response", "resolution", "hit-probability-bins")]
    commands = "```console\n" + "\n".join(f"$ {record.command}" for record in records) + "\n```"
    parts += ["## Details", collapsed("The command that repeats each run", [commands])]
    settings = settings_grid(records)
    if len(settings) > 1 and len(records) > MOST_COLUMNS:
        parts.append(collapsed("Every setting that differs", [table(settings)]))
    parts.append(collapsed("Every measure", every_measure(records)))
    return "\n\n".join(part for part in parts if part) + "\n"


_KEY: Final = (
    "Bold type: the best, and what is within two standard errors of it. Worst range and highest energies are "
    "MSE / floor as well; bias and spread of the centre, response and resolution are shifts against Geant4; "
    "the scatter is that of the classifier's trainings. FPD is scaled as in JetNet (by the largest value). "
    "Errors are the runs' own; that of the floor, common to all, stands in its row."
)


def _pictures(figures: Mapping[str, str], *names: str) -> list[str]:
    parts = []
    for name in names:
        if name in figures:
            parts += [f"![{_FIGURES[name].split('.')[0]}]({figures[name]})", _FIGURES[name]]
    return parts


def _runs(records: Sequence[RunRecord]) -> list[str]:
    """What was trained: settings that differ, if there are few runs, and the trainings."""
    grid = training_grid(records)
    if not any(record.adversarial for record in records):
        grid = turned([column for column in turned(grid) if column[0] != "Stage 1 of"])
    if len(records) <= MOST_COLUMNS:
        return [table([*settings_grid(records), *turned(grid)[1:]])]
    shared, left = _split_shared(grid)
    words = f"In all runs: {'; '.join(shared)}." if shared else ""
    names = "Stages trained in a run stand as stage 1 + stage 2; a stage 1 of another run counts there."
    return [f"{words} {names}".strip(), table(left)]


def _split_shared(grid: Grid) -> tuple[list[str], Grid]:
    """Take the columns out that are the same for all runs."""
    columns = turned(grid)
    shared = [f"{column[0].lower()} {column[1]}" for column in columns[1:] if len(set(column[1:])) == 1]
    left = [column for number, column in enumerate(columns) if number == 0 or len(set(column[1:])) > 1]
    return shared, turned(left)


def _words(records: Sequence[RunRecord], command: str) -> str:
    """How the page came about, and how to read it."""
    evaluation = records[0].evaluation
    settings = evaluation.settings
    shared = same_floor(records)
    words = [f"Written by `{command}`."]
    words.append(
        f"Detector {evaluation.detector}; a cell is hit above {settings.threshold_mev:g} MeV; energy bins of "
        f"{settings.energy_bin_mev:g} MeV; errors from {settings.bootstrap} bootstrap replicas."
    )
    if shared:
        words.append(
            f"All runs are judged by the same {evaluation.reference.n_events:,} showers of "
            f"{evaluation.reference.generator} (seed {evaluation.reference.seed}); the floor is a second "
            f"sample of {evaluation.floor.n_events:,} (seed {evaluation.floor.seed})"
            + (", of the same incident particles." if evaluation.floor.paired_with_reference else ".")
        )
    else:
        words.append(
            "**The runs are judged by different samples of the full simulation**, so each has a floor of its "
            "own: compare ratios to the floor. Curves of the reference and floor are those of the first run."
        )
    words.append(
        "Shifts, divergences, Fréchet and kernel distances are best at zero, all else at its floor. Samples "
        "can be compared only as well as their sizes allow: what lies within its error of the floor agrees."
    )
    return " ".join(words)


def _summary(records: Sequence[RunRecord]) -> str:
    """Name the run that is nearest to the full simulation, and by how much it leads."""
    ratios = []
    for record in records:
        ratio = mse_over_floor(record)
        if ratio is not None and math.isfinite(ratio.value):
            ratios.append((ratio.value, ratio.error, record.name))
    if not ratios:
        return ""
    ratios.sort()
    best, error, name = ratios[0]
    text = f"Lowest mean squared error of the hit probability: {name}, {best:.3g} times the floor."
    near = [other for ratio, half, other in ratios[1:] if ratio - best < 2.0 * math.hypot(half, error)]
    if near:
        text += f" Within two standard errors of it: {', '.join(near)}."
    return text
