"""Judge calibrated jets: metrics.json, report.html and, if asked for, a results page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from showerkit.configuration import parse_config
from showerkit.errors import DataError, FileFormatError
from showerkit.progress import SilentProgress
from showerkit.workflow.evaluate_command import EvaluateCommand
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.progress import Progress

_TITLE = "Calibrated jets"
#: Options of the command line and the settings that they give.
_OPTIONS: Final = {
    "--response-bins": "pt_bins",
    "--pt-spacing": "pt_spacing",
    "--bootstrap": "bootstrap",
    "--histogram-bins": "histogram_bins",
    "--seed": "seed",
}


def are_calibrated_jets(candidates: Sequence[Path | str]) -> bool:
    """Whether candidates are files of calibrated jets; they must be all alike.

    Raises
    ------
    FileFormatError
        If some are and one is not there.
    DataError
        If some are and some are not.
    """
    from showerkit.data.calibrated_jet_file import is_calibrated_jet_file

    kinds = [is_calibrated_jet_file(path) for path in candidates]
    if any(kinds) and not all(kinds):
        odd = Path(candidates[kinds.index(False)])
        if not odd.exists():
            raise FileFormatError(f"{odd}", got="no such file", expected="a file of calibrated jets")
        raise DataError(
            f"{odd}",
            got="no file of calibrated jets, though other candidates are",
            expected="candidates of one kind",
            mend="judge calibrated jets by themselves",
        )
    return bool(kinds) and all(kinds)


def evaluate_jet_energies(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    baseline: Path | str | None = None,
    pt_bins: int = 12,
    pt_spacing: Literal["linear", "log"] | None = None,
    pt_range_gev: tuple[float, float] | None = None,
    abs_eta_edges: Sequence[float] = (0.0, 0.8, 1.3, 2.0, 2.5, 3.2, 4.5),
    weighted: bool = False,
    bootstrap: int = 100,
    seed: int = 1,
    tolerated: float = 0.01,
    histogram_bins: int = 50,
    page: Path | str | None = None,
    title: str = _TITLE,
    progress: Progress | None = None,
) -> Path:
    """Judge files of calibrated jets and write ``metrics.json`` and ``report.html``.

    The jets as the detector saw them are always beside them, as ``uncalibrated``.

    Parameters
    ----------
    reference
        The file of matched jets that were calibrated.
    candidates
        Files of calibrated jets, at least one.
    output
        The folder to write into; former results in it are replaced.
    baseline
        Name or file of the candidate that ratios are to; None: the first numerical inversion, else the first.
    pt_bins, pt_spacing, pt_range_gev, abs_eta_edges
        Bins of the true pT and |eta|; see `JetEnergyEvaluationConfig`.
    weighted
        Let jets count by the weights of their events, that is, with the spectrum of nature; or alike.
    bootstrap
        Number of bootstrap replicas behind every error.
    seed
        Seed of the bootstrap.
    tolerated
        Distance of a response from 1 that counts as none.
    histogram_bins
        Bins of the histograms of responses and pulls.
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
        If a setting is out of range, a file is missing, damaged, given twice or of other jets, or the output
        cannot be written.
    """
    from showerkit.evaluate.jet_energy.evaluation import evaluate_calibrations
    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.report.figures.style import figure_style
    from showerkit.report.jet_energy_page import jet_energy_page
    from showerkit.report.jet_energy_report import jet_energy_figures, jet_energy_report
    from showerkit.report.jet_energy_tables import key_lines

    progress = progress or SilentProgress()
    values = {
        "pt_bins": pt_bins,
        "pt_spacing": pt_spacing,
        "pt_range_gev": pt_range_gev,
        "abs_eta_edges": list(abs_eta_edges),
        "weighted": weighted,
        "bootstrap": bootstrap,
        "seed": seed,
        "tolerated": tolerated,
        "histogram_bins": histogram_bins,
    }
    config = parse_config(JetEnergyEvaluationConfig, values, source="evaluate")
    files = EvaluationFiles(output, page)
    result = evaluate_calibrations(
        reference,
        candidates,
        config,
        baseline=baseline,
        command=_command(reference, candidates, output, baseline, page, title, config),
        progress=progress,
    )
    files.write(result.to_json(), jet_energy_report(result))
    if page is not None:
        with figure_style():
            files.write_page(jet_energy_figures(result), partial(jet_energy_page, result, title))
    for line in key_lines(result):
        progress.note(line)
    for note in result.notes:
        progress.note(f"note: {note}")
    return files.report


def _command(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    baseline: Path | str | None,
    page: Path | str | None,
    title: str,
    config: JetEnergyEvaluationConfig,
) -> str:
    """The command that does the same."""
    usual = type(config)()
    command = EvaluateCommand(reference, candidates).path("--baseline", baseline)
    command.changed(config, usual, _OPTIONS)
    if config.pt_range_gev is not None:
        command.add("--pt-range", ":".join(f"{end:g}" for end in config.pt_range_gev))
    if config.abs_eta_edges != usual.abs_eta_edges:
        command.add("--eta-edges", ":".join(f"{edge:g}" for edge in config.abs_eta_edges))
    if config.weighted:
        command.add("--weighted")
    return command.page(page, title, _TITLE).to(output)
