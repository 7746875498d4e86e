"""How much the response of jets from quarks differs from that of jets from gluons."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jet_energy.response import JetResponse, jet_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.jet_energy.replicas import AnyWeights
    from showerkit.typing import FloatArray, IntArray

#: Kinds of jets by the codes of the partons that started them.
FLAVOUR_GROUPS: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {"gluon": (21,), "light quark": (1, 2, 3), "c": (4,), "b": (5,)}
)


def flavour_response(
    bins: IntArray,
    n_bins: int,
    weights: AnyWeights,
    response: FloatArray,
    flavour: IntArray,
) -> dict[str, JetResponse]:
    """Compute the response of each kind of jets in bins.

    Parameters
    ----------
    bins, n_bins, weights
        See `showerkit.evaluate.jet_energy.response.jet_response`.
    response
        Response of each jet, shape (N,).
    flavour
        Code of each jet's parton, shape (N,).

    Returns
    -------
    dict
        By the names of `FLAVOUR_GROUPS`; all replicas weigh the kinds alike, so that errors of differences
        are those of the replicas' differences.
    """
    return {
        name: jet_response(np.where(np.isin(flavour, codes), bins, -1), n_bins, weights, response)
        for name, codes in FLAVOUR_GROUPS.items()
    }


def quark_gluon_difference(of_flavour: Mapping[str, JetResponse]) -> FloatArray:
    """Mean response of jets from light quarks minus that of jets from gluons, shape (R, bins).

    Examples
    --------
    >>> bins, response = np.zeros(40, int), np.repeat([0.9, 1.0], 20)
    >>> of = flavour_response(bins, 1, np.ones((40, 1)), response, np.repeat([21, 2], 20))
    >>> quark_gluon_difference(of).round(6).tolist()
    [[0.1]]
    """
    found: FloatArray = of_flavour["light quark"].mean - of_flavour["gluon"].mean
    return found
