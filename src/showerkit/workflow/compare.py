"""``showerkit compare``: one results page about several runs."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict

from showerkit.configuration import StrictConfig, load_yaml, parse_config
from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.progress import SilentProgress
from showerkit.workflow.recipe import load_recipe, shipped_recipes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from showerkit.progress import Progress
    from showerkit.report.run_record import RunRecord


class _RecipeName(StrictConfig):
    """What makes a mapping a recipe of a chain."""

    model_config = ConfigDict(extra="ignore")

    name: str
    detector: str


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
    """
    from showerkit.report.comparison_page import comparison_page

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


def read_run(folder: Path, name: str) -> RunRecord:
    """Read what a finished run left.

    Parameters
    ----------
    folder
        The run's folder.
    name
        What to call it.

    Returns
    -------
    RunRecord
        The run.

    Raises
    ------
    ShowerkitError
        If it holds no run, or one that is not finished or damaged.
    """
    from showerkit.evaluate.stored_result import read_metrics
    from showerkit.report.run_record import RunRecord, flat_settings
    from showerkit.train.loss_history import read_losses
    from showerkit.train.run_directory import RunDirectory

    if not folder.is_dir():
        raise DataError(f"{folder}", got="no such folder", expected="the folder of a finished run")
    resolved = folder / "recipe.yaml"
    if not resolved.is_file():
        raise DataError(f"{folder}", got="no recipe.yaml in it", expected="the folder of a finished run")
    values = load_yaml(resolved, error=DataError)
    # Read as it stands: a run of an earlier version may have settings that are gone by now.
    recipe = parse_config(_RecipeName, values, source=str(resolved), error=DataError)
    metrics = folder / "report" / "metrics.json"
    if not metrics.is_file():
        raise DataError(
            f"{folder}",
            got="a run without report/metrics.json",
            expected="a finished run",
            mend="finish it with 'showerkit run --resume'",
        )
    training = RunDirectory(folder / "model")
    status = training.read_status()
    if status is None:
        raise CheckpointError(f"{training.path}", got="no status.json", expected="a finished training")
    evaluation = read_metrics(metrics)
    if len(evaluation.candidates) != 1:
        raise DataError(
            f"{metrics}",
            got=f"{len(evaluation.candidates)} candidates",
            expected="one, the run's own showers",
        )
    return RunRecord(
        name=name,
        command=_repeat(recipe.name, flat_settings(values), name),
        settings=flat_settings(values),
        environment=_environment(training.environment),
        epochs=status.epochs_done,
        losses=read_losses(training.metrics),
        source=metrics,
        evaluation=evaluation,
    )


def _environment(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise CheckpointError(f"{path}", got="no readable JSON", expected="what the training wrote") from None
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}", got="no mapping", expected="what the training wrote")
    return values


def _repeat(recipe: str, mine: Mapping[str, str], name: str) -> str:
    """The command that repeats a run: a shipped recipe and what was changed in it, or the run's own file."""
    from showerkit.report.run_record import flat_settings

    if recipe not in shipped_recipes():
        return shlex.join(["showerkit", "run", f"{name}/recipe.yaml", "-o", f"runs/{name}"])
    shipped = flat_settings(load_recipe(recipe).model_dump(mode="json"))
    words = ["showerkit", "run", recipe]
    for key in sorted(mine):
        if key not in ("name", "description") and mine[key] != shipped.get(key):
            words += ["--set", f"{key}={mine[key]}"]
    return shlex.join([*words, "-o", f"runs/{name}"])


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
    from showerkit.report.figures import comparison
    from showerkit.report.figures.style import figure_style

    with figure_style():
        drawn = {"hit-probability": comparison.hit_probability_comparison(records)}
        if any(record.mask_probability is not None for record in records):
            drawn["mask-probability"] = comparison.hit_probability_comparison(records, "mask")
        drawn["hit-probability-bins"] = comparison.every_bin_comparison(records)
        drawn["response"] = comparison.curve_comparison(
            records, "energy.response", r"Response $\langle E_{dep}/E_{inc} \rangle$"
        )
        drawn["resolution"] = comparison.curve_comparison(
            records, "energy.resolution", r"Resolution $\sigma$/mean", log=True
        )
        drawn["losses"] = comparison.loss_comparison(records)
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
