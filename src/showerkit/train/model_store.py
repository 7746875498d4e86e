"""Where models are: run directories, checkpoint files, and those shipped with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from showerkit.errors import CheckpointError, suggest
from showerkit.train.run_directory import RunDirectory
from showerkit.train.shipped_recipes import shipped_recipes

if TYPE_CHECKING:
    from collections.abc import Mapping

_ZOO: Final = Path(__file__).parents[1] / "zoo"
_MODEL_FILE: Final = "model.skm"
_CARD: Final = "card.md"


class ShippedModel(NamedTuple):
    """A model that comes with the package."""

    name: str
    path: Path
    summary: str

    @property
    def card(self) -> str:
        """The card in Markdown: what the model is for, where it came from and how good it is."""
        return self.path.with_name(_CARD).read_text(encoding="utf-8")


def shipped_models(folder: Path = _ZOO) -> Mapping[str, ShippedModel]:
    """List the shipped models by name.

    Parameters
    ----------
    folder
        Folder with one folder per model, each holding ``model.skm`` and ``card.md``.

    Returns
    -------
    mapping
        Models by name; the summary is the first line of the card that is no heading.
    """
    found: dict[str, ShippedModel] = {}
    for path in sorted(folder.glob(f"*/{_MODEL_FILE}")):
        name = path.parent.name
        found[name] = ShippedModel(name, path, _summary(path.with_name(_CARD)))
    return found


def _summary(card: Path) -> str:
    if not card.is_file():
        return ""
    lines = (line.strip() for line in card.read_text(encoding="utf-8").splitlines())
    return next((line for line in lines if line and not line.startswith(("#", "-", "---"))), "")


def shipped_model(name: str, *, zoo: Path = _ZOO) -> ShippedModel:
    """Look a shipped model up by name.

    Parameters
    ----------
    name
        Its name.
    zoo
        Folder of the shipped models.

    Returns
    -------
    ShippedModel
        The model.

    Raises
    ------
    CheckpointError
        If none is called so.

    Examples
    --------
    >>> shipped_model("zdc-ecal-gan").card.splitlines()[0]
    '# zdc-ecal-gan'
    """
    shipped = shipped_models(zoo)
    if name not in shipped:
        raise CheckpointError(f"no shipped model is called '{name}'", mend=suggest(name, shipped))
    return shipped[name]


def resolve_model(name: Path | str, *, zoo: Path = _ZOO) -> Path:
    """Find the model file of a run directory, a checkpoint file or a shipped model's name.

    Parameters
    ----------
    name
        One of the three.
    zoo
        Folder of the shipped models.

    Returns
    -------
    pathlib.Path
        The checkpoint file.

    Raises
    ------
    CheckpointError
        If there is no such model, or the training in the folder is not finished.
    """
    path = Path(name)
    if path.is_dir():
        run = RunDirectory(path)
        if run.model.is_file():
            return run.model
        if run.recipe.is_file():
            raise CheckpointError(
                f"{path}", got="a training that is not finished", mend="finish it with train --resume"
            )
        raise CheckpointError(f"{path}", got="a folder without a model", expected=f"one with {_MODEL_FILE}")
    if path.is_file():
        return path
    shipped = shipped_models(zoo)
    if str(name) in shipped:
        return shipped[str(name)].path
    raise CheckpointError(
        f"model '{name}'",
        got="no such file and no such shipped model",
        expected="a run directory, a model file or a shipped name",
        mend=_mend(str(name), shipped),
    )


def _mend(name: str, shipped: Mapping[str, ShippedModel]) -> str:
    if name in shipped_recipes():
        return f"that is a recipe: train it first (showerkit train {name}, or showerkit run {name})"
    return suggest(name, shipped) if shipped else "give the path of a run directory or model file"
