"""Gradient-boosted trees on jet variables, behind the standard jet energy scale."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.jet_variables import JET_VARIABLES, jet_variables
from showerkit.errors import FileFormatError
from showerkit.reconstruct.numerical_inversion import NumericalInversion, fit_numerical_inversion
from showerkit.reconstruct.regression_trees import RegressionTrees
from showerkit.reconstruct.tree_growing import grow_trees

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.models.jet_baseline_config import JetBoostedTreesConfig
    from showerkit.typing import FloatArray

#: Calibrated pT below this share of the measured one counts as this share in a ratio.
_LEAST_FACTOR: Final = 0.1
_INVERSION: Final = "inversion."
_TREES: Final = "trees."


@dataclass(frozen=True, eq=False)
class JetBoostedTrees:
    r"""The standard scale and trees that say by what factor the true pT differs from it.

    .. math:: \hat p_T = f^{-1}(p_T) (1 + t(\mathrm{variables}))

    Parameters
    ----------
    inversion
        The scale.
    trees
        The trees t.
    """

    inversion: NumericalInversion
    trees: RegressionTrees

    def __post_init__(self) -> None:
        if self.trees.n_features > len(JET_VARIABLES):
            raise FileFormatError(
                "trees on jet variables",
                got=f"{self.trees.n_features} variables",
                expected=f"at most {len(JET_VARIABLES)}",
            )

    def predict(self, jets: CalibrationJets) -> FloatArray:
        """Calibrate N jets: transverse momenta in GeV, shape (N,)."""
        return _scaled(self.inversion, jets) * (1.0 + self.trees.predict(jet_variables(jets)))

    def to_tensors(self) -> dict[str, Tensor]:
        """Give the numbers as tensors by name, as a model file can hold them."""
        import torch

        of_trees = {
            f"{_TREES}{field.name}": torch.from_numpy(getattr(self.trees, field.name).copy())
            for field in fields(self.trees)
        }
        return {f"{_INVERSION}{name}": one for name, one in self.inversion.to_tensors().items()} | of_trees

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> JetBoostedTrees:
        """Rebuild the calibration from `to_tensors`; nothing is fitted again.

        Raises
        ------
        FileFormatError
            If a tensor is missing or describes no trees.
        """

        def part(prefix: str) -> dict[str, Tensor]:
            return {
                name.removeprefix(prefix): one for name, one in tensors.items() if name.startswith(prefix)
            }

        trees = {name: one.numpy() for name, one in part(_TREES).items()}
        return cls(NumericalInversion.from_tensors(part(_INVERSION)), RegressionTrees.from_dict(trees))


def fit_jet_boosted_trees(config: JetBoostedTreesConfig, jets: Iterable[CalibrationJets]) -> JetBoostedTrees:
    """Grow trees on a stream of jets, of which the variables alone are kept.

    Parameters
    ----------
    config
        How to grow them.
    jets
        Batches of jets; what lies behind `max_events` is not read.

    Returns
    -------
    JetBoostedTrees
        The scale and the trees; jets count by their weights.

    Raises
    ------
    DataError
        If there are too few jets for the scale.
    MissingDependencyError
        If scikit-learn is missing, or of a release whose trees cannot be read.
    """
    tables = [np.zeros((0, len(JET_VARIABLES)))]
    columns: list[list[FloatArray]] = [[] for _ in range(5)]
    wanted = config.max_events
    for batch in jets:
        taken = batch[: min(wanted, len(batch))]
        tables.append(jet_variables(taken))
        found: tuple[NDArray[Any], ...] = (
            taken.pt_gev,
            taken.eta,
            taken.true_pt_gev,
            taken.weight,
            taken.rho_gev,
        )
        for kept, values in zip(columns, found, strict=True):
            kept.append(values.astype(np.float64))
        wanted -= len(taken)
        if wanted == 0:
            break
    pt, eta, true, weight, rho = (np.concatenate([np.zeros(0), *parts]) for parts in columns)
    inversion = fit_numerical_inversion(config.inversion, pt, eta, true, weight, rho)
    scaled = np.maximum(inversion.predict(pt, eta, rho), _LEAST_FACTOR * np.maximum(pt, 1e-3))
    trees = grow_trees(config, np.concatenate(tables), true / scaled - 1.0, weight / weight.mean())
    return JetBoostedTrees(inversion, trees)


def _scaled(inversion: NumericalInversion, jets: CalibrationJets) -> FloatArray:
    pt = jets.pt_gev.astype(np.float64)
    return np.maximum(
        inversion.predict(pt, jets.eta.astype(np.float64), jets.rho_gev.astype(np.float64)),
        _LEAST_FACTOR * np.maximum(pt, 1e-3),
    )
