"""Train a recipe on showers, jets or images: from a sample to a model file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from showerkit.progress import Progress
    from showerkit.train.families import AnyTrainingRecipe
    from showerkit.workflow.chain_sections import ChainSections


def train(
    recipe: AnyTrainingRecipe | ChainSections | Path | str,
    data: Path | str,
    output: Path | str,
    *,
    overrides: Mapping[str, Any] | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Train the network of a recipe on a sample of showers, jets or images.

    The run directory holds the resolved recipe, losses per epoch, logs, the last and the best state, and at
    the end the model. With an adversarial stage the regression comes first, its model is kept as
    ``regression.skm``, and the folder ``adversarial`` holds losses and states of the second stage. Stopped
    and resumed, a training gives the weights that it would have given in one go.

    Parameters
    ----------
    recipe
        The recipe of a training or of a whole chain, the YAML file of one, or a shipped recipe's name; its
        ``model.kind`` tells the family of models, and with it what is trained how.
    data
        A shower file or a folder of shards; for networks that make jets or images a file of them, or a folder
        with files of several classes; for calibrations of jets a file of matched jets.
    output
        The run directory, a new folder unless resumed.
    overrides
        Settings that replace the recipe's, by dotted key.
    resume
        Go on with the training that the folder holds, or begin one if it holds none.
    progress
        Where to report.

    Returns
    -------
    pathlib.Path
        The model file.

    Raises
    ------
    ConfigurationError
        If the recipe is wrong, does not fit the detector, or the folder is taken.
    DataError
        If the sample cannot be read or is too small.
    CheckpointError
        If the training in the folder is not this one.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.workflow.generate import generate
    >>> showers = generate("zdc-ecal-gan", folder / "train.h5", n=400)
    >>> train("linear-total", showers, folder / "model", overrides={"model.quantity": "deposits"}).name
    'model.skm'
    """
    from showerkit.train.run_directory import RunDirectory
    from showerkit.workflow.family_training import train_family

    resolved, detector = _resolve(recipe, overrides or {})
    return train_family(
        resolved, data, RunDirectory(output), resume, progress or SilentProgress(), detector=detector
    )


def _resolve(
    recipe: AnyTrainingRecipe | ChainSections | Path | str, overrides: Mapping[str, Any]
) -> tuple[AnyTrainingRecipe, str | None]:
    """Give the recipe of the training, and the detector that it was written for, where it names one."""
    # Every family's recipe is known there; who does something else need not wait for them.
    from showerkit.train.families import AnyTrainingRecipe, parse_training_recipe, with_settings
    from showerkit.workflow.chain_sections import CHAIN_SECTIONS, ChainSections, ShowerSections
    from showerkit.workflow.recipe import find_recipe, recipe_values

    detector = None
    if isinstance(recipe, ChainSections):
        detector = recipe.detector if isinstance(recipe, ShowerSections) else None
        recipe = recipe.training_recipe()
    if isinstance(recipe, AnyTrainingRecipe):
        if not overrides:
            return recipe, detector
        values = with_settings(recipe.model_dump(mode="json"), overrides)
        return parse_training_recipe(values, source=f"recipe '{recipe.name}'"), detector
    path = find_recipe(recipe)
    values = recipe_values(path)
    own = {key: value for key, value in values.items() if key not in CHAIN_SECTIONS}
    named = values.get("detector")
    detector = named if isinstance(named, str) else None
    return parse_training_recipe(with_settings(own, overrides), source=str(path)), detector
