"""Judge reconstructed energies: metrics.json, report.html and, if asked for, a results page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.configuration import parse_config
from showerkit.errors import DataError, FileFormatError
from showerkit.progress import SilentProgress
from showerkit.workflow.evaluate_command import EvaluateCommand
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.energy_result import EnergyEvaluation
    from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
    from showerkit.progress import Progress


def are_energies(candidates: Sequence[Path | str]) -> bool:
    """Whether candidates are files of reconstructed energies; they must be all alike.

    Raises
    ------
    DataError
        If some are and some are not, or are not there.
    """
    from showerkit.data.energy_file import is_energy_file

    kinds = [is_energy_file(path) for path in candidates]
    if any(kinds) and not all(kinds):
        odd = Path(candidates[kinds.index(False)])
        if not odd.exists():
            raise FileFormatError(f"{odd}", got="no such file", expected="a file of reconstructed energies")
        raise DataError(
            f"{odd}",
            got="no file of reconstructed energies, though other candidates are",
            expected="candidates of one kind",
            mend="judge energies and showers in separate evaluations",
        )
    return bool(kinds) and all(kinds)


def evaluate_energies(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    bins: int = 20,
    bootstrap: int = 100,
    seed: int = 1,
    edge_line_bins: int = 4,
    tolerated_bias: float = 0.005,
    residual_bins: int = 60,
    page: Path | str | None = None,
    title: str = "Reconstructed energies",
    progress: Progress | None = None,
) -> Path:
    """Judge files of reconstructed energies and write ``metrics.json`` and ``report.html``.

    Parameters
    ----------
    reference
        The shower file that the energies were reconstructed from.
    candidates
        Files of reconstructed energies, at least one; ratios are to the first.
    output
        The folder to write into; former results in it are replaced.
    bins
        Number of equal bins of true energy.
    bootstrap
        Number of bootstrap replicas behind every error.
    seed
        Seed of the bootstrap.
    edge_line_bins, tolerated_bias, residual_bins
        See `EnergyEvaluationConfig`.
    page
        A Markdown file to write as well, with pictures beside it.
    title
        Heading of that page.
    progress
        Where to report; key figures are told there, too.

    Returns
    -------
    pathlib.Path
        The report.

    Raises
    ------
    ShowerkitError
        If a setting is out of range, a file is missing, damaged, given twice, of another detector or of other
        events, or the output cannot be written.
    """
    from showerkit.evaluate.energy_evaluation import evaluate_reconstructions
    from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
    from showerkit.report.energy_page import energy_page
    from showerkit.report.energy_report import energy_figures, energy_report
    from showerkit.report.figures.style import figure_style

    progress = progress or SilentProgress()
    values = {
        "bins": bins,
        "bootstrap": bootstrap,
        "seed": seed,
        "edge_line_bins": edge_line_bins,
        "tolerated_bias": tolerated_bias,
        "residual_bins": residual_bins,
    }
    config = parse_config(EnergyEvaluationConfig, values, source="evaluate")
    files = EvaluationFiles(output, page)
    command = _command(reference, candidates, output, config, page, title)
    result = evaluate_reconstructions(reference, candidates, config, command=command, progress=progress)
    files.write(result.to_json(), energy_report(result))
    if page is not None:
        with figure_style():
            files.write_page(energy_figures(result), partial(energy_page, result, title))
    _tell(result, progress)
    return files.report


def _tell(result: EnergyEvaluation, progress: Progress) -> None:
    """Tell the key figures, a line for each model."""
    from showerkit.report.energy_tables import overview_grid

    heading, *rows = overview_grid(result)
    for row in rows:
        told = [f"{name} {cell}" for name, cell in zip(heading[1:], row[1:], strict=True) if cell != "n/a"]
        progress.note(f"{row[0]}: {'; '.join(told)}")
    for note in result.notes:
        progress.note(f"note: {note}")


def _command(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    config: EnergyEvaluationConfig,
    page: Path | str | None,
    title: str,
) -> str:
    """The command that does the same."""
    options = {"--response-bins": "bins", "--bootstrap": "bootstrap", "--seed": "seed"}
    command = EvaluateCommand(reference, candidates).changed(config, type(config)(), options)
    return command.page(page, title, "Reconstructed energies").to(output)
