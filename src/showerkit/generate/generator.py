"""A trained generator of any family: what it can do, and how it is made from a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.shower_flow_config import ShowerFlowConfig

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles, Showers
    from showerkit.train.checkpoint import Checkpoint, CheckpointMeta


class Generator(Protocol):
    """Incident particles in, showers out; an event depends on seed, number and particle alone."""

    meta: CheckpointMeta

    @property
    def threads(self) -> int:
        """Processor cores that the network uses."""

    def generate(
        self,
        incident: IncidentParticles,
        event_id: NDArray[np.int64],
        seed: int,
        *,
        with_mask: bool = False,
        allow_out_of_range: bool = False,
    ) -> Showers:
        """Make one shower for each incident particle.

        Parameters
        ----------
        incident
            The incident particles, N of them.
        event_id
            Event numbers, at least 0, shape (N,).
        seed
            Seed of what is drawn.
        with_mask
            Keep the probability of a hit for each cell, too, if the family knows it.
        allow_out_of_range
            Warn instead of refusing particles unlike those of the training.

        Returns
        -------
        Showers
            N showers; every deposit is 0 or above the model's threshold.

        Raises
        ------
        OutOfRangeError
            If a particle is unlike those of the training, naming what and the range.
        DataError
            If there is not one event number for each particle.
        """


def shower_generator(checkpoint: Checkpoint, *, device: Literal["auto", "cpu"] = "auto") -> Generator:
    """Build the generator that a checkpoint holds, whatever its family.

    Parameters
    ----------
    checkpoint
        The trained model.
    device
        ``auto``: a graphics processor if there is one; or ``cpu``.

    Returns
    -------
    Generator
        The generator.

    Raises
    ------
    CheckpointError
        If the weights do not fit the network that the checkpoint describes.
    """
    if isinstance(checkpoint.meta.model, EntryWindowConfig):
        from showerkit.generate.entry_window_showers import EntryWindowShowerGenerator

        return EntryWindowShowerGenerator.from_checkpoint(checkpoint, device=device)
    if isinstance(checkpoint.meta.model, ShowerFlowConfig):
        from showerkit.generate.shower_flow_showers import ShowerFlowGenerator

        return ShowerFlowGenerator.from_checkpoint(checkpoint, device=device)
    from showerkit.generate.showers import ShowerGenerator

    return ShowerGenerator.from_checkpoint(checkpoint, device=device)
