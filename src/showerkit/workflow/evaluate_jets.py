"""Judge files of jets: metrics.json and report.html."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.errors import DataError, FileFormatError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.evaluate.jets.report_settings import JetReportConfig
    from showerkit.progress import Progress


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
    from showerkit.data.jet_file import is_jet_file

    paths = [reference, *candidates, *([] if floor is None else [floor])]
    kinds = [is_jet_file(path) for path in paths]
    if any(kinds) and not all(kinds):
        odd, jets = Path(paths[kinds.index(False)]), Path(paths[kinds.index(True)])
        if not odd.exists():
            raise FileFormatError(f"{odd}", got="no such file", expected="a file of jets")
        raise DataError(
            f"{odd}",
            got="no file of jets",
            expected=f"one of jets, since {jets} is",
            mend="compare jets with jets, and showers with showers",
        )
    return all(kinds)


def evaluate_jets(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    floor: Path | str | None = None,
    settings: Mapping[str, Any] | JetReportConfig | None = None,
    progress: Progress | None = None,
) -> Path:
    """Compare files of jets with a reference and write ``metrics.json`` and ``report.html``.

    Parameters
    ----------
    reference
        A file of simulated jets.
    candidates
        The samples to judge, at least one.
    output
        The folder to write into; former results in it are replaced.
    floor
        A second sample of the simulation. Without it the first candidate of the very same simulation is
        taken if there are several, else the reference is split into two halves.
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
    from showerkit.report.jet_report import jet_report
    from showerkit.report.jet_tables import jet_key_lines

    progress = progress or SilentProgress()
    values = settings.model_dump() if isinstance(settings, JetReportConfig) else dict(settings or {})
    config = parse_config(JetReportConfig, values, source="evaluate")
    folder = Path(output)
    metrics = check_writable(folder / "metrics.json", overwrite=True)
    report = check_writable(folder / "report.html", overwrite=True)
    result = evaluate_jet_files(
        reference,
        candidates,
        config,
        floor=floor,
        command=_command(reference, candidates, output, floor, config),
        progress=progress,
    )
    texts = {
        metrics: json.dumps(result.to_json(), indent=1, allow_nan=False) + "\n",
        report: jet_report(result),
    }
    for path, text in texts.items():
        try:
            with replacing(path) as partial:
                partial.write_text(text, encoding="utf-8")
        except OSError as failure:
            raise write_error(path, failure) from None
    for line in jet_key_lines(result):
        progress.note(line)
    for note in result.notes:
        progress.note(f"note: {note}")
    return report


def _command(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    floor: Path | str | None,
    config: JetReportConfig,
) -> str:
    """The command line that does the same, without the folders of one machine."""

    def short(path: Path | str) -> str:
        return str(path) if not Path(path).is_absolute() else Path(path).name

    words = ["showerkit", "evaluate", short(reference), *(short(path) for path in candidates)]
    if floor is not None:
        words += ["--floor", short(floor)]
    defaults = type(config)()
    for option, field in (
        ("--max-jets", "max_jets"),
        ("--histogram-bins", "histogram_bins"),
        ("--event-images", "event_images"),
        ("--seed", "seed"),
    ):
        value = getattr(config, field)
        if value != getattr(defaults, field):
            words += [option, str(value)]
    if config.classifier_jets == 0:
        words += ["--classifier", "none"]
    return shlex.join([*words, "-o", short(output)])
