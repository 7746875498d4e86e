"""``showerkit run``: the whole chain of a recipe, from the simulation to a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.data.only_writer import CLAIM_NAME, only_writer
from showerkit.errors import ConfigurationError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.progress import Progress
    from showerkit.workflow.chain_sections import ChainSections


@dataclass(frozen=True)
class RunResult:
    """Where a chain left its results.

    Parameters
    ----------
    folder
        The run's folder.
    report, metrics
        The HTML report and the figures behind it; None for chains that end with what was generated.
    """

    folder: Path
    report: Path | None
    metrics: Path | None

    def key_figures(self) -> tuple[str, ...]:
        """The few figures that sum the evaluation up, as lines of text."""
        from showerkit.workflow.summary import key_figures

        return () if self.metrics is None else key_figures(self.metrics)


def run(
    recipe: ChainSections | str | Path,
    output: Path | str | None = None,
    *,
    data: Path | str | None = None,
    overrides: Mapping[str, Any] | None = None,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Run the whole chain of a recipe: simulate, train, generate (or reconstruct), evaluate, report.

    Parameters
    ----------
    recipe
        A recipe, a shipped recipe's name, or a YAML file.
    output
        Folder of the run; by default ``runs/NAME``.
    data
        Folder of the samples; by default ``data`` in the run's own folder. Runs with the same
        ``simulate`` section can share it: what is there already is not simulated again.
    overrides
        New settings by dotted key, if `recipe` is a name or file.
    workers
        Simulation processes; by default all cores.
    resume
        Go on with a run: steps that are finished with the same settings are kept, a step that
        was interrupted goes on, and a step whose settings have changed is done again.
    progress
        Receives the progress.

    Returns
    -------
    RunResult
        Where the results are.

    Raises
    ------
    ConfigurationError
        If the recipe is wrong, or the folder holds something and `resume` was not asked for.
    ShowerkitError
        From the step that fails; what was finished before is kept.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> try:
    ...     run("demo", folder / "run", overrides={"training.epoch": 5})
    ... except ConfigurationError as error:
    ...     print(error)
    /.../demo.yaml: unknown key 'training.epoch'; to mend: did you mean 'epochs'?
    """
    from showerkit.workflow.chain_sections import ChainSections
    from showerkit.workflow.family_run import run_chain
    from showerkit.workflow.recipe import load_recipe

    if not isinstance(recipe, ChainSections):
        recipe = load_recipe(recipe, overrides)
    elif overrides:
        raise ConfigurationError("overrides", expected="a recipe's name or file to apply them to")
    folder = Path(output) if output is not None else Path("runs") / recipe.name
    _check_folder(folder, resume=resume)
    samples = Path(data) if data is not None else folder / "data"
    told = progress if progress is not None else SilentProgress()
    with only_writer(folder):
        run_chain(recipe, folder, samples, workers, told)
    report, metrics = folder / "report" / "report.html", folder / "report" / "metrics.json"
    if not report.is_file():
        return RunResult(folder, None, None)
    return RunResult(folder, report, metrics)


def _check_folder(folder: Path, *, resume: bool) -> None:
    """Refuse a folder that holds something that is not to be touched."""
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder}", got="a file", expected="the name of a folder")
    if not folder.exists() or all(path.name == CLAIM_NAME for path in folder.iterdir()):
        return
    if not (folder / "recipe.yaml").is_file():
        raise ConfigurationError(
            f"{folder}", got="a folder that holds other things", expected="a new folder or a former run"
        )
    if not resume:
        raise ConfigurationError(
            f"{folder} holds a run already", mend="add --resume to go on with it, or choose another folder"
        )
