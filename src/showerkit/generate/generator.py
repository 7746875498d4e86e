"""A trained generator of any family: what it can do, and how it is made from a checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.shower_flow_config import ShowerFlowConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles, Showers
    from showerkit.generate.random_inputs import RandomInput
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
            N showers.
        """


class DrivenGenerator(Generator, Protocol):
    """A generator that can be given its random numbers, as an exported one is."""

    @property
    def random_inputs(self) -> tuple[RandomInput, ...]:
        """The random numbers that an event takes."""

    def block(
        self,
        incident: IncidentParticles,
        random: Mapping[str, NDArray[np.floating]],
        *,
        with_mask: bool = False,
    ) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Make showers from given random numbers, whatever the incident particles.

        Parameters
        ----------
        incident
            The incident particles, N of them, at most 256.
        random
            Numbers by name, as `random_inputs` tells, shape (N, numbers) each.
        with_mask
            Whether hit probabilities are wanted.

        Returns
        -------
        tuple
            Cell energies in MeV and, if wanted and known, hit probabilities, each of shape (N, cells).
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
