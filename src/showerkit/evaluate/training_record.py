"""What a report tells of how a model was trained: its losses against the epoch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.train.loss_history import read_losses

if TYPE_CHECKING:
    from showerkit.typing import FloatArray

#: Stages of a training by the folder that holds their losses.
_STAGES: Final = {"": "Network", "latent-flow": "Flow on the latent space"}


@dataclass(frozen=True, eq=False)
class TrainingRecord:
    """The losses of a training.

    Parameters
    ----------
    name
        Name of the model.
    stages
        Columns of losses by epoch, shape (epochs,), by the name of the stage.
    """

    name: str
    stages: dict[str, dict[str, FloatArray]]


def read_training(model: Path | str, name: str) -> TrainingRecord:
    r"""Read the losses of a training from its folder.

    Parameters
    ----------
    model
        The folder of a training; of a model file or a shipped name no losses are known.
    name
        Name of the model.

    Returns
    -------
    TrainingRecord
        The losses of every stage that wrote some.

    Raises
    ------
    FileFormatError
        If a table of losses is damaged.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "metrics.csv").write_text("epoch,train_loss\n1,0.5\n2,0.25\n")
    >>> read_training(folder, "small").stages["Network"]["train_loss"].tolist()
    [0.5, 0.25]
    """
    folder = Path(model)
    stages = {}
    for part, title in _STAGES.items():
        table = folder / part / "metrics.csv"
        if table.is_file():
            stages[title] = read_losses(table)
    return TrainingRecord(name, stages)
