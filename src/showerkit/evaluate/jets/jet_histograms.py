"""Histograms of jets and of their particles, with errors from the scatter of the jets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.clustered_shares import clustered_shares
from showerkit.evaluate.histograms import histogram_edges
from showerkit.evaluate.jets.flow_graphs import W1_COLUMNS, flow_graphs
from showerkit.evaluate.measurement import Measurement

if TYPE_CHECKING:
    from showerkit.evaluate.jets.jet_table import JetTable
    from showerkit.evaluate.result import Curve
    from showerkit.typing import FloatArray, IntArray

_RANKS: Final = (1, 2, 5, 10, 20)


@dataclass(frozen=True)
class JetObservable:
    """One quantity that is histogrammed.

    Parameters
    ----------
    key, label
        Its name in files, and for readers.
    group
        ``particles``, ``jets`` or ``substructure``.
    values
        Gives the values of a sample, and the place of the jet of each.
    integer
        Whether the values are whole numbers.
    of_jets
        Whether there is one value for each jet at most; else one for each particle.
    logarithmic
        Whether its shares are drawn on a logarithmic axis.
    """

    key: str
    label: str
    group: str
    values: Callable[[JetTable], tuple[FloatArray, IntArray]]
    integer: bool = False
    of_jets: bool = True
    logarithmic: bool = False


def jet_observables(places: int) -> tuple[JetObservable, ...]:
    """List what is histogrammed of jets with at most so many particles.

    Examples
    --------
    >>> [one.key for one in jet_observables(1)][:4]
    ['eta_rel', 'phi_rel', 'particle_pt_rel', 'pt_rel_1']
    """
    features = (
        ("eta_rel", "Particles' eta relative to the jet"),
        ("phi_rel", "Particles' phi relative to the jet"),
        ("particle_pt_rel", "Particles' pT over the jet's"),
    )
    particles = [
        JetObservable(key, label, "particles", _of_particles(column), of_jets=False, logarithmic=True)
        for column, (key, label) in enumerate(features)
    ]
    particles += [
        JetObservable(f"pt_rel_{rank}", f"pT of particle {rank} over the jet's", "particles", _of_rank(rank))
        for rank in _RANKS
        if rank <= places
    ]
    jets = [
        JetObservable("mass_rel", "Jet mass over pT", "jets", _of_jets(lambda t: t.mass_rel)),
        JetObservable(
            "pt_rel", "pT of the kept particles together over the jet's", "jets", _of_jets(lambda t: t.pt_rel)
        ),
        JetObservable(
            "multiplicity",
            "Number of kept particles",
            "jets",
            _of_jets(lambda t: t.multiplicity.astype(np.float64)),
            integer=True,
            logarithmic=True,
        ),
    ]
    substructure = [
        JetObservable("tau21", "tau21, N-subjettiness", "substructure", _of_jets(lambda t: t.tau21)),
        JetObservable("tau32", "tau32, N-subjettiness", "substructure", _of_jets(lambda t: t.tau32)),
    ]
    graphs = flow_graphs()
    substructure += [
        JetObservable(
            f"log_efp_{column}",
            f"log10 of the energy flow polynomial {_edges(graphs[column])}",
            "substructure",
            _of_polynomial(column),
        )
        for column in W1_COLUMNS
    ]
    return (*particles, *jets, *substructure)


def jet_curve(observable: JetObservable, sample: JetTable, edges: FloatArray) -> Curve:
    """Density of an observable in bins, normalised over all values (see `clustered_shares`).

    Parameters
    ----------
    observable
        What to histogram.
    sample
        The jets.
    edges
        Edges of the bins, shape (bins + 1,).

    Returns
    -------
    Curve
        Shares over the widths of the bins, with standard errors from the scatter of the jets.
    """
    values, owner = observable.values(sample)
    return clustered_shares(values, owner, len(sample), edges)


def jet_edges(observable: JetObservable, reference: JetTable, bins: int) -> FloatArray:
    """Choose an observable's bins over the bulk of the reference."""
    return histogram_edges(observable.values(reference)[0], bins, integer=observable.integer)


def jet_numbers(sample: JetTable) -> dict[str, Measurement]:
    """Means of a sample's observables that have one value for each jet, with standard errors."""
    numbers = {}
    for observable in jet_observables(sample.particles.shape[1]):
        if observable.group == "particles":
            continue
        values = observable.values(sample)[0]
        n = len(values)
        mean = float(values.mean()) if n else float("nan")
        error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
        key = observable.key
        numbers[key] = Measurement(key, observable.label, "", "Sample", "shift", mean, error)
    return numbers


def _of_particles(column: int) -> Callable[[JetTable], tuple[FloatArray, IntArray]]:
    def values(sample: JetTable) -> tuple[FloatArray, IntArray]:
        owner = np.nonzero(sample.mask)[0].astype(np.int64)
        return sample.particles[..., column][sample.mask].astype(np.float64), owner

    return values


def _of_rank(rank: int) -> Callable[[JetTable], tuple[FloatArray, IntArray]]:
    def values(sample: JetTable) -> tuple[FloatArray, IntArray]:
        # A generator's particles need not come by falling pT; places without a particle have pT 0.
        momenta = np.where(sample.mask, sample.particles[..., 2], 0.0)
        hardest = np.partition(momenta, momenta.shape[1] - rank, axis=1)[:, momenta.shape[1] - rank]
        having = np.nonzero(sample.multiplicity >= rank)[0].astype(np.int64)
        return hardest[having].astype(np.float64), having

    return values


def _of_jets(of: Callable[[JetTable], FloatArray]) -> Callable[[JetTable], tuple[FloatArray, IntArray]]:
    def values(sample: JetTable) -> tuple[FloatArray, IntArray]:
        found = np.asarray(of(sample), dtype=np.float64)
        finite = np.nonzero(np.isfinite(found))[0].astype(np.int64)
        return found[finite], finite

    return values


def _of_polynomial(column: int) -> Callable[[JetTable], tuple[FloatArray, IntArray]]:
    def logarithm(sample: JetTable) -> FloatArray:
        efp = sample.efps[:, column]
        return np.log10(np.where(efp > 0.0, efp, np.nan))

    return _of_jets(logarithm)


def _edges(graph: tuple[tuple[int, int], ...]) -> str:
    return " ".join(f"{one}{two}" for one, two in graph)
