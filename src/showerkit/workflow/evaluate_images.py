"""Judge files of sparse images: metrics.json and report.html."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.errors import DataError, FileFormatError
from showerkit.progress import SilentProgress
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.evaluate.image_settings import ImageReportConfig
    from showerkit.progress import Progress


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
    kinds = [is_image_file(path) for path in paths]
    if any(kinds) and not all(kinds):
        odd, images = Path(paths[kinds.index(False)]), Path(paths[kinds.index(True)])
        if not odd.exists():
            raise FileFormatError(f"{odd}", got="no such file", expected="a file of images")
        raise DataError(
            f"{odd}",
            got="no file of images",
            expected=f"one of images, since {images} is",
            mend="compare images with images",
        )
    return all(kinds)


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
    files = EvaluationFiles(output)
    result = evaluate_image_files(
        reference,
        candidates,
        config,
        floor=floor,
        training=training,
        models=models,
        command=_command(reference, candidates, output, floor, training, models, config),
        progress=progress,
    )
    files.write(result.to_json(), image_report(result))
    for line in image_key_lines(result):
        progress.note(line)
    for note in result.notes:
        progress.note(f"note: {note}")
    return files.report


def _command(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    floor: Path | str | None,
    training: Path | str | None,
    models: Sequence[Path | str],
    config: ImageReportConfig,
) -> str:
    """The command line that does the same, without the folders of one machine."""

    def short(path: Path | str) -> str:
        return str(path) if not Path(path).is_absolute() else Path(path).name

    words = ["showerkit", "evaluate", short(reference), *(short(path) for path in candidates)]
    for option, path in (("--floor", floor), ("--training", training)):
        words += [] if path is None else [option, short(path)]
    for model in models:
        words += ["--model", short(model)]
    defaults = type(config)()
    for option, field in (
        ("--histogram-bins", "histogram_bins"),
        ("--event-images", "event_images"),
        ("--seed", "seed"),
    ):
        value = getattr(config, field)
        if value != getattr(defaults, field):
            words += [option, str(value)]
    return shlex.join([*words, "-o", short(output)])
