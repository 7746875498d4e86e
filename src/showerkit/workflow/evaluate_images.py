"""Judge files of sparse images: metrics.json and report.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import parse_config
from showerkit.progress import SilentProgress
from showerkit.workflow.alike_files import all_alike
from showerkit.workflow.evaluate_command import EvaluateCommand
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from showerkit.evaluate.image_settings import ImageReportConfig
    from showerkit.progress import Progress

#: Options of the command line and the settings that they give.
_OPTIONS: Final = {
    "--histogram-bins": "histogram_bins",
    "--event-images": "event_images",
    "--seed": "seed",
}


def are_images(
    reference: Path | str, candidates: Sequence[Path | str], floor: Path | str | None = None
) -> bool:
    """Whether files are of sparse images; they must be all alike.

    Raises
    ------
    FileFormatError
        If some are of images and one is not there.
    DataError
        If some are of images and some are not.
    """
    from showerkit.data.image_file import is_image_file

    paths = [reference, *candidates, *([] if floor is None else [floor])]
    return all_alike(paths, is_image_file, content="images", mend="compare images with images")


def evaluate_images(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    floor: Path | str | None = None,
    training: Path | str | None = None,
    models: Sequence[Path | str] = (),
    settings: Mapping[str, Any] | ImageReportConfig | None = None,
    progress: Progress | None = None,
) -> Path:
    """Compare files of sparse images with a reference and write ``metrics.json`` and ``report.html``.

    Parameters
    ----------
    reference
        A file of true images.
    candidates
        The samples to judge, at least one.
    output
        The folder to write into; former results in it are replaced.
    floor
        A second sample of true images. Without it the reference is split into two halves.
    training
        True images of several labels that a classifier learns from, other than the reference; without them
        there is no classifier.
    models
        Folders of trainings whose losses are shown, and images of the reference as they reconstruct them.
    settings
        See `ImageReportConfig`.
    progress
        Told what is being done; key figures are told there, too.

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
    from showerkit.evaluate.image_evaluation import evaluate_image_files
    from showerkit.evaluate.image_settings import ImageReportConfig
    from showerkit.report.image_report import image_report
    from showerkit.report.image_tables import image_key_lines

    progress = progress or SilentProgress()
    values = settings.model_dump() if isinstance(settings, ImageReportConfig) else dict(settings or {})
    config = parse_config(ImageReportConfig, values, source="evaluate")
    command = EvaluateCommand(reference, candidates).path("--floor", floor).path("--training", training)
    command.models(models).changed(config, ImageReportConfig(), _OPTIONS)
    files = EvaluationFiles(output)
    result = evaluate_image_files(
        reference,
        candidates,
        config,
        floor=floor,
        training=training,
        models=models,
        command=command.to(output),
        progress=progress,
    )
    files.write(result.to_json(), image_report(result))
    for line in image_key_lines(result):
        progress.note(line)
    for note in result.notes:
        progress.note(f"note: {note}")
    return files.report
