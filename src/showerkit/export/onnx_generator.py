"""Make showers with an exported file, as its model does in PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.records import Showers
from showerkit.errors import CheckpointError, ConfigurationError, DataError
from showerkit.export.incident_inputs import incident_arrays
from showerkit.export.onnx_file import OnnxModel
from showerkit.generate.random_inputs import RandomInput, draw_random
from showerkit.generate.valid_range import check_range

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.export.onnx_description import OnnxDescription

#: Events that a run takes at once, which bounds the memory.
_BLOCK: Final = 256
_RANDOM: Final = "random_"


class OnnxShowerGenerator:
    """Incident particles in, showers out, by ONNX Runtime.

    Random numbers are those that the model draws in PyTorch for the same seed and events, so that both give
    the same showers but for rounding.

    Parameters
    ----------
    path
        The exported file.
    threads
        Processor cores to use; 0: all.

    Raises
    ------
    CheckpointError
        If the file is damaged, foreign, or makes no showers.
    """

    def __init__(self, path: Path | str, *, threads: int = 0) -> None:
        self.model = OnnxModel(path, threads=threads)
        self.meta: OnnxDescription = self.model.description
        if self.meta.kind != "shower-generator":
            raise CheckpointError(
                f"{path}", got=f"a model for {self.meta.kind}", expected="one that makes showers"
            )
        self.random_inputs = tuple(
            RandomInput(given.name.removeprefix(_RANDOM), given.law, given.width)
            for given in self.meta.inputs
            if given.role == "random" and given.law is not None
        )

    @property
    def threads(self) -> int:
        """Processor cores that are used."""
        options: Any = self.model.session.get_session_options()
        if options.intra_op_num_threads:
            return int(options.intra_op_num_threads)
        import torch

        return torch.get_num_threads()

    def generate(
        self,
        incident: IncidentParticles,
        event_id: NDArray[np.int64],
        seed: int,
        *,
        with_mask: bool = False,
        allow_out_of_range: bool = False,
    ) -> Showers:
        """Make one shower for each incident particle (see `showerkit.generate.generator.Generator`).

        Raises
        ------
        OutOfRangeError
            If a particle is unlike those of the training, naming what and the range.
        ConfigurationError
            If hit probabilities are wanted, which the file does not give.
        DataError
            If there is not one event number for each particle.
        """
        if with_mask:
            raise ConfigurationError(
                f"{self.model.source}: probabilities of hits", got="an exported file, which has none"
            )
        ids = np.asarray(event_id, dtype=np.int64)
        if ids.shape != (len(incident),):
            raise DataError("event_id", got=f"shape {ids.shape}", expected=f"shape ({len(incident)},)")
        check_range(incident, self.meta, allow=allow_out_of_range)
        energy = np.zeros((len(ids), self.meta.cells.number), dtype=np.float32)
        for start in range(0, len(ids), _BLOCK):
            rows = slice(start, start + _BLOCK)
            given = incident_arrays(self.meta.inputs, incident[rows])
            for name, numbers in draw_random(self.random_inputs, seed, ids[rows]).items():
                given[_RANDOM + name] = numbers.astype(np.float32)
            energy[rows] = self.model(given)[self.meta.outputs[0].name]
        return Showers(incident, energy, ids)
