"""The model of a fast simulation: where it comes from, what files say of it, how much it took."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.records import concatenate
from showerkit.simulate.face_particles import FaceParticles
from showerkit.units import MEV_PER_KEV

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from showerkit.data.records import Showers
    from showerkit.generate.fast_simulation import FastSimulation
    from showerkit.geometry import Calorimeter
    from showerkit.simulate.geant4.client import FinishedChunk
    from showerkit.simulate.geant4.handover import Handover

#: Chunks wait for one another until there are this many particles for the model, or hold this many bytes.
_AT_ONCE: Final = 1024
_MOST_HELD_BYTES: Final = 2**26
#: Whole numbers, whose sums do not depend on the order of the chunks.
_COUNTS: Final = ("particles", "energy_kev", "incident_energy_kev")


@dataclass(frozen=True)
class CompletedChunk:
    """The whole showers of one chunk.

    Parameters
    ----------
    chunk
        Its number.
    showers
        Its showers.
    version
        Version of Geant4 that simulated them, and of the model with it.
    cpu_s
        Processor time that Geant4 took, in s.
    notes
        How much the model took, for the file's metadata.
    """

    chunk: int
    showers: Showers
    version: str
    cpu_s: float
    notes: Mapping[str, str]


class SampleModel:
    """A model that makes part of a sample's showers.

    Parameters
    ----------
    model
        A run directory, a model file or a shipped model's name.
    calorimeter
        The calorimeter that is simulated.
    above_gev
        Lowest kinetic energy of the particles it takes, in GeV.
    also
        Particles it takes though it never saw them, as if they were of the first kind it knows.

    Raises
    ------
    CheckpointError
        If the model cannot be read.
    ConfigurationError
        If it does not fit the calorimeter, or an option is out of range.
    """

    def __init__(
        self, model: Path | str, calorimeter: Calorimeter, *, above_gev: float, also: tuple[str, ...]
    ) -> None:
        from showerkit.generate.fast_simulation import FastSimulation
        from showerkit.generate.generator import shower_generator
        from showerkit.train.checkpoint import load_checkpoint
        from showerkit.train.model_store import resolve_model

        file = resolve_model(model)
        generator = shower_generator(load_checkpoint(file))
        self.name = generator.meta.name
        self._simulation: FastSimulation = FastSimulation(
            generator, calorimeter, minimum_gev=above_gev, also=also
        )
        self._totals = dict.fromkeys(_COUNTS, 0)
        #: What files say of it.
        self.settings: dict[str, Any] = {
            "model": self.name,
            "model_fingerprint": hashlib.sha256(file.read_bytes()).hexdigest()[:16],
            "above_gev": above_gev,
            "also": sorted(also),
        }

    @property
    def handover(self) -> Handover:
        """Which particles it takes."""
        return self._simulation.handover

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the software that its showers depend on."""
        return {"torch": version("torch")}

    def complete(self, chunks: Iterable[FinishedChunk], seed: int) -> Iterator[CompletedChunk]:
        """Add the model's showers to those of Geant4, for many events at once.

        A model is fast when it makes many showers together, so that finished chunks wait for one another.
        What comes out does not depend on which do.

        Parameters
        ----------
        chunks
            What Geant4 did.
        seed
            The seed of the sample.

        Yields
        ------
        CompletedChunk
            Chunks in the order in which they came.
        """
        waiting: list[FinishedChunk] = []
        for finished in chunks:
            waiting.append(finished)
            particles = sum(len(one.at_face) for one in waiting if one.at_face is not None)
            held_bytes = sum(one.showers.energy_mev.nbytes for one in waiting)
            if particles == 0 or particles >= _AT_ONCE or held_bytes >= _MOST_HELD_BYTES:
                yield from self._completed(waiting, seed)
                waiting = []
        yield from self._completed(waiting, seed)

    def _completed(self, chunks: Sequence[FinishedChunk], seed: int) -> Iterator[CompletedChunk]:
        """Complete chunks together."""
        if not chunks:
            return
        lengths = [len(one.showers) for one in chunks]
        parts = [one.at_face for one in chunks if one.at_face is not None]
        whole = concatenate([one.showers for one in chunks])
        whole = self._simulation.add(whole, FaceParticles.joined(parts, lengths), seed)
        start = 0
        for finished, part, length in zip(chunks, parts, lengths, strict=True):
            counts = _counted(finished.showers, part)
            self._totals = _added(self._totals, counts)
            yield CompletedChunk(
                finished.chunk,
                replace(finished.showers, energy_mev=whole.energy_mev[start : start + length]),
                f"{finished.geant4_version} with {self.name}",
                finished.cpu_s,
                {name: str(value) for name, value in counts.items()},
            )
            start += length

    def summary(self) -> str:
        """Say in a line how much it took."""
        taken = taken_share(self._totals)
        share, particles = taken["energy_share"], self._totals["particles"]
        return f"model '{self.name}' took {particles:,} particles with {100.0 * share:.1f} % of the energy"


def whole_chunks(
    chunks: Iterable[FinishedChunk], model: SampleModel | None, seed: int
) -> Iterator[CompletedChunk]:
    """Give chunks as they are to be kept: as Geant4 made them, or completed by a model."""
    if model is not None:
        yield from model.complete(chunks, seed)
        return
    for one in chunks:
        yield CompletedChunk(one.chunk, one.showers, one.geant4_version, one.cpu_s, {})


def taken_of_file(kept: Mapping[str, Any], notes: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Add up how much the model took in one file.

    Parameters
    ----------
    kept
        Settings of the file that is gone on with; empty if there is none.
    notes
        Notes of the other chunks.

    Returns
    -------
    dict
        What the file says: number and energy of the particles taken, and their share of the incident energy.
    """
    totals = {name: int(kept.get("fast_sim_taken", {}).get(name, 0)) for name in _COUNTS}
    for one in notes:
        totals = _added(totals, {name: int(one[name]) for name in _COUNTS})
    return taken_share(totals)


def taken_share(totals: Mapping[str, int]) -> dict[str, Any]:
    """Give the totals with the share of the incident energy.

    Examples
    --------
    >>> taken_share({"particles": 3, "energy_kev": 500, "incident_energy_kev": 2000})["energy_share"]
    0.25
    """
    share = totals["energy_kev"] / max(totals["incident_energy_kev"], 1)
    return {**totals, "energy_share": round(share, 6)}


def _counted(showers: Showers, at_face: FaceParticles) -> dict[str, int]:
    energies = (at_face.incident.energy_mev, showers.incident.energy_mev)
    taken, incident = (int(np.rint(mev.astype(np.float64) / MEV_PER_KEV).sum()) for mev in energies)
    return dict(zip(_COUNTS, (len(at_face), taken, incident), strict=True))


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one[name] + other[name] for name in _COUNTS}
