"""Judge files of jets: metrics.json and report.html."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import parse_config
from showerkit.progress import SilentProgress
from showerkit.workflow.alike_files import all_alike
from showerkit.workflow.evaluate_command import EvaluateCommand
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from showerkit.evaluate.jets.report_settings import JetReportConfig
    from showerkit.progress import Progress

#: Options of the command line and the settings that they give.
_OPTIONS: Final = {
    "--max-jets": "max_jets",
    "--histogram-bins": "histogram_bins",
    "--event-images": "event_images",
    "--seed": "seed",
}


def are_jets(
    reference: Path | str, candidates: Sequence[Path | str], floor: Path | str | None = None
) -> bool:
    """Whether files are of jets; they must be all alike.

    Raises
    ------
    FileFormatError
        If some are of jets and one is not there.
    DataError
        If some are of jets and some are not.
    """
    from showerkit.data.jet_folder import holds_jets

    paths = [reference, *candidates, *([] if floor is None else [floor])]
    mend = "compare jets with jets, and showers with showers"
    return all_alike(paths, holds_jets, content="jets", mend=mend)


def evaluate_jets(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    floor: Path | str | None = None,
    models: Sequence[Path | str] = (),
    page: Path | str | None = None,
    title: str = "Generated jets",
    settings: Mapping[str, Any] | JetReportConfig | None = None,
    progress: Progress | None = None,
) -> Path:
    """Compare files of jets with a reference and write ``metrics.json`` and ``report.html``.

    Parameters
    ----------
    reference
        A file of simulated jets, or a folder with a file for each process.
    candidates
        The samples to judge, at least one.
    output
        The folder to write into; former results in it are replaced.
    floor
        A second sample of the simulation. Without it the first candidate of the very same simulation is
        taken if there are several, else the reference is split into two halves.
    models
        Folders of trainings whose losses are shown, and jets of the reference as they reconstruct them.
    page
        A Markdown file to write as well, with pictures beside it.
    title
        Heading of that page.
    settings
        See `JetReportConfig`.
    progress
        Told how many jets are read; key figures are told there, too.

    Returns
    -------
    pathlib.Path
        The report.

    Raises
    ------
    ShowerkitError
        If a setting is out of range, a file is missing, damaged, given twice, too small, or identical to the
        reference, or the output cannot be written.
    """
    from showerkit.evaluate.jets.file_evaluation import evaluate_jet_files
    from showerkit.evaluate.jets.report_settings import JetReportConfig
    from showerkit.report.figures.style import figure_style
    from showerkit.report.jet_page import jet_page, jet_page_figures
    from showerkit.report.jet_report import jet_report
    from showerkit.report.jet_tables import jet_key_lines

    progress = progress or SilentProgress()
    values = settings.model_dump() if isinstance(settings, JetReportConfig) else dict(settings or {})
    config = parse_config(JetReportConfig, values, source="evaluate")
    command = EvaluateCommand(reference, candidates).path("--floor", floor).models(models)
    command.changed(config, JetReportConfig(), _OPTIONS)
    if config.classifier_jets == 0:
        command.add("--classifier", "none")
    files = EvaluationFiles(output, page)
    result = evaluate_jet_files(
        reference,
        candidates,
        config,
        floor=floor,
        models=models,
        command=command.page(page, title).to(output),
        progress=progress,
    )
    files.write(result.to_json(), jet_report(result))
    if page is not None:
        with figure_style():
            files.write_page(jet_page_figures(result), partial(jet_page, result, title))
    for line in jet_key_lines(result):
        progress.note(line)
    for note in result.notes:
        progress.note(f"note: {note}")
    return files.report
