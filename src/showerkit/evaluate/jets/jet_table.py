"""What an evaluation keeps of a sample of jets: particles and observables, read in portions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from showerkit.data.jet_records import Jets
from showerkit.errors import DataError
from showerkit.evaluate.jets.energy_flow import energy_flow_polynomials
from showerkit.evaluate.jets.jet_kinematics import jet_kinematics
from showerkit.evaluate.jets.nsubjettiness import n_subjettiness, subjettiness_ratios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from showerkit.progress import Progress
    from showerkit.typing import BoolArray, Float32Array, FloatArray, IntArray

_PORTION: Final = 2000


class JetStream(Protocol):
    """What gives jets in portions, such as a `JetFile`."""

    def __len__(self) -> int:
        """Return the number of jets."""

    def iterate(self, batch_size: int) -> Iterator[Jets]:
        """Yield the jets in order."""


@dataclass(frozen=True, eq=False)
class JetTable:
    """Particles and observables of the first jets of a sample.

    Parameters
    ----------
    particles, mask
        eta_rel, phi_rel and pt_rel of the particles, shape (N, P, 3), and where there is one, (N, P).
    jet_type
        Codes of `JET_TYPES`, shape (N,).
    mass_rel, pt_rel
        Mass and transverse momentum of the sum of the kept particles, over the jet's pT, shapes (N,).
    multiplicity
        Number of kept particles, shape (N,).
    efps
        Energy flow polynomials in the order of `flow_graphs`, shape (N, 36).
    tau
        tau_1, tau_2 and tau_3, shape (N, 3).
    n_jets
        Number of jets of the whole sample.
    n_bad
        Number of particles with negative pT_rel that were taken out: a generator can make them.
    """

    particles: Float32Array
    mask: BoolArray
    jet_type: IntArray
    mass_rel: FloatArray
    pt_rel: FloatArray
    multiplicity: IntArray
    efps: FloatArray
    tau: FloatArray
    n_jets: int
    n_bad: int

    def __len__(self) -> int:
        return len(self.particles)

    def __getitem__(self, index: slice | BoolArray | IntArray) -> JetTable:
        """Some of the jets, as a sample of their own; particles that were taken out count with the whole."""
        chosen: dict[str, Any] = {
            field.name: getattr(self, field.name)[index]
            for field in fields(self)
            if field.name not in ("n_jets", "n_bad")
        }
        return JetTable(**chosen, n_jets=len(chosen["particles"]), n_bad=0)

    @property
    def tau21(self) -> FloatArray:
        """Ratio tau_2 / tau_1, shape (N,)."""
        return subjettiness_ratios(self.tau)[0]

    @property
    def tau32(self) -> FloatArray:
        """Ratio tau_3 / tau_2, shape (N,)."""
        return subjettiness_ratios(self.tau)[1]


def jet_table(
    sample: JetStream | Jets,
    max_jets: int = 50_000,
    *,
    radius: float = 0.8,
    name: str = "jets",
    progress: Progress | None = None,
) -> JetTable:
    """Read jets in portions and compute their observables.

    Memory depends on `max_jets`, not on the size of the sample: 0.7 kB a jet of 30 particles. Particles of
    negative pT, which a generator can make, are taken out and counted.

    Parameters
    ----------
    sample
        A file of jets, anything else that iterates over them, or jets in memory.
    max_jets
        Read the first so many.
    radius
        Radius of the jets, in N-subjettiness.
    name
        What to call the sample in an error and in the progress.
    progress
        Told about each portion.

    Returns
    -------
    JetTable
        Particles and observables.

    Raises
    ------
    DataError
        If there are no jets, or a value is not finite.

    Examples
    --------
    >>> one = Jets([[[0.1, 0.0, 0.9], [0.0, 0.0, 0.0]]], [[True, False]], [0], [1000.0], [0.0], [80.0], [0])
    >>> table = jet_table(one)
    >>> len(table), table.multiplicity.tolist(), table.efps[0, 0].round(3).tolist()
    (1, [1], 0.9)
    """
    total = min(len(sample), max_jets)
    if total == 0:
        raise DataError(name, got="no jets", expected="at least one")
    columns: dict[str, list[NDArray[Any]]] = {}
    n_bad = done = 0
    if progress is not None:
        progress.start(f"observables of {name}", total, "jets")
    try:
        for portion in _portions(sample):
            jets = portion[: total - done]
            mask = jets.mask & (jets.particles[..., 2] >= 0.0)
            n_bad += int(np.count_nonzero(jets.mask & ~mask))
            for key, values in _observables(jets.particles, mask, radius).items():
                columns.setdefault(key, []).append(values)
            columns.setdefault("jet_type", []).append(jets.jet_type.astype(np.int64))
            done += len(jets)
            if progress is not None:
                progress.advance(len(jets))
            if done == total:
                break
    finally:
        if progress is not None:
            progress.finish()
    joined: dict[str, Any] = {key: np.concatenate(parts) for key, parts in columns.items()}
    return JetTable(**joined, n_jets=len(sample), n_bad=n_bad)


def _portions(sample: JetStream | Jets) -> Iterator[Jets]:
    if isinstance(sample, Jets):
        for start in range(0, len(sample), _PORTION):
            yield sample[start : start + _PORTION]
    else:
        yield from sample.iterate(_PORTION)


def _observables(particles: Float32Array, mask: BoolArray, radius: float) -> dict[str, NDArray[Any]]:
    mass, pt = jet_kinematics(particles, mask)
    return {
        "particles": np.where(mask[..., None], particles, 0.0).astype(np.float32),
        "mask": mask,
        "mass_rel": mass,
        "pt_rel": pt,
        "multiplicity": mask.sum(axis=1),
        "efps": energy_flow_polynomials(particles, mask),
        "tau": n_subjettiness(particles, mask, radius=radius),
    }
