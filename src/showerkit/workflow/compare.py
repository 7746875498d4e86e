"""``showerkit compare``: one results page about several runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.errors import ConfigurationError, DataError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from showerkit.progress import Progress
    from showerkit.report.run_record import RunRecord


def compare(
    runs: Sequence[Path | str],
    output: Path | str,
    *,
    title: str = "Runs compared",
    progress: Progress | None = None,
) -> Path:
    """Write one page, with figures beside it, about runs of recipes.

    Parameters
    ----------
    runs
        Folders of finished runs, at least one.
    output
        The Markdown file to write; figures go beside it and begin with its name. Former ones are replaced.
    title
        Heading of the page.
    progress
        Told of the runs read and figures drawn.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ShowerkitError
        If a folder holds no finished run, is named twice, or the runs were judged by other measures (another
        detector, threshold or width of the energy bins), or the output cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> try:
    ...     compare([folder], folder / "page.md")
    ... except DataError as error:
    ...     print(error.got, "-", error.expected)
    no recipe.yaml in it - the folder of a finished run
    """
    from showerkit.report.comparison_page import comparison_page
    from showerkit.workflow.finished_run import read_run

    progress = progress or SilentProgress()
    page = Path(output)
    if page.suffix != ".md":
        raise ConfigurationError(f"{page}", expected="the name of a Markdown file", mend="let it end in .md")
    folders = _folders(runs)
    names = _names(folders)
    progress.start("compare", len(folders), "runs")
    records = []
    for folder, name in zip(folders, names, strict=True):
        records.append(read_run(folder, name))
        progress.advance(1)
    progress.finish()
    _check_comparable(records)
    check_writable(page, overwrite=True)
    pictures = {}
    for name, figure in _figures(records).items():
        picture = page.with_name(f"{page.stem}-{name}.png")
        _write_picture(figure, picture)
        pictures[name] = picture.name
    text = comparison_page(records, title, _command(runs, page, title), pictures)
    try:
        with replacing(page) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as failure:
        raise write_error(page, failure) from None
    return page


def _folders(runs: Sequence[Path | str]) -> list[Path]:
    if not runs:
        raise DataError("runs", got="none", expected="at least one folder of a finished run")
    folders = [Path(run) for run in runs]
    seen: set[Path] = set()
    for folder in folders:
        resolved = folder.resolve()
        if resolved in seen:
            raise DataError(f"{folder}", got="a run that is named twice", expected="different runs")
        seen.add(resolved)
    return folders


def _names(folders: Sequence[Path]) -> list[str]:
    """Names of folders, with the folder above where names repeat."""
    stems = [folder.resolve().name for folder in folders]
    return [
        stem if stems.count(stem) == 1 else f"{folder.resolve().parent.name}/{stem}"
        for stem, folder in zip(stems, folders, strict=True)
    ]


def _check_comparable(records: Sequence[RunRecord]) -> None:
    """Refuse runs whose figures mean different things."""
    first = records[0]
    for record in records[1:]:
        for what, mine, theirs in (
            ("detector", first.evaluation.detector, record.evaluation.detector),
            (
                "threshold of a hit, MeV",
                first.evaluation.settings.threshold_mev,
                record.evaluation.settings.threshold_mev,
            ),
            (
                "width of the energy bins, MeV",
                first.evaluation.settings.energy_bin_mev,
                record.evaluation.settings.energy_bin_mev,
            ),
        ):
            if mine != theirs:
                raise DataError(
                    f"{record.name}: {what}",
                    got=theirs,
                    expected=f"{mine}, as in {first.name}",
                    mend="evaluate them in the same way, or compare them on separate pages",
                )


def _figures(records: Sequence[RunRecord]) -> dict[str, Figure]:
    """Draw the figures, by the names of their files."""
    from showerkit.report.comparison_page import MOST_COLUMNS
    from showerkit.report.figures import comparison, learning_rates, many_runs, training_losses
    from showerkit.report.figures.style import figure_style

    few = len(records) <= MOST_COLUMNS
    hits = comparison.hit_probability_comparison if few else many_runs.many_hit_probabilities
    with figure_style():
        drawn = {"hit-probability": hits(records)}
        if any(record.mask_probability is not None for record in records):
            drawn["mask-probability"] = hits(records, "mask")
        drawn["hit-probability-bins"] = comparison.every_bin_comparison(records)
        response = ("energy.response", r"Response $\langle E_{dep}/E_{inc} \rangle$")
        resolution = ("energy.resolution", r"Resolution $\sigma$/mean")
        if few:
            drawn["response"] = comparison.curve_comparison(records, *response)
            drawn["resolution"] = comparison.curve_comparison(records, *resolution, log=True)
        else:
            drawn["response"] = many_runs.many_curves(records, *response)
            drawn["resolution"] = many_runs.many_curves(records, *resolution)
        if any(record.stage("regression") is not None for record in records):
            drawn["losses"] = training_losses.regression_losses(records)
        if any(record.adversarial for record in records):
            drawn["adversarial-losses"] = training_losses.adversarial_losses(records)
        if cycles := learning_rates.rate_cycles(records):
            drawn["learning-rates"] = learning_rates.learning_rate_figure(cycles)
    return drawn


def _write_picture(figure: Figure, path: Path) -> None:
    from showerkit.report.figures.picture_file import write_png

    try:
        write_png(figure, path)
    except OSError as failure:
        raise write_error(path, failure) from None


def _command(runs: Sequence[Path | str], page: Path, title: str) -> str:
    """The command that writes the page again, without the folders of one machine."""

    def short(path: Path, above: str) -> str:
        return str(path) if not path.is_absolute() else f"{above}{path.name}"

    words = ["showerkit", "compare", *(short(Path(run), "runs/") for run in runs)]
    words += ["--title", title] if title != "Runs compared" else []
    return shlex.join([*words, "-o", short(page, "")])
