"""What a network or a baseline says of the energies of showers, before its errors are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import numpy as np

from showerkit.data.cell_quantities import cell_images
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.data.cell_quantities import CellQuantity
    from showerkit.data.records import Showers
    from showerkit.losses.energy_objectives import EnergyObjective
    from showerkit.models.energy_model import EnergyModel
    from showerkit.reconstruct.baselines import Baseline
    from showerkit.typing import Float32Array, FloatArray

#: Showers that a network sees at once, always as many: the kernels that a library chooses depend on it, and
#: an energy must not depend on which other showers are measured with it.
_AT_ONCE: Final = 256


class MeasuredEnergies(NamedTuple):
    """What is said of N showers, each in MeV and of shape (N,).

    Parameters
    ----------
    energy_mev
        Energies, in MeV.
    sigma_mev
        Standard errors, in MeV; None if nothing is said of them, or nothing but a function of the energy.
    lower_mev, upper_mev
        The outermost quantiles, in MeV; None if nothing is said of them.
    """

    energy_mev: FloatArray
    sigma_mev: FloatArray | None = None
    lower_mev: FloatArray | None = None
    upper_mev: FloatArray | None = None


def joined(parts: Sequence[MeasuredEnergies]) -> MeasuredEnergies:
    """Join what is said of several batches by one measurement."""

    def column(name: str) -> FloatArray | None:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    energy_mev = np.concatenate([part.energy_mev for part in parts])
    return MeasuredEnergies(energy_mev, column("sigma_mev"), column("lower_mev"), column("upper_mev"))


class EnergyMeasurement(Protocol):
    """Showers in, energies out."""

    def __call__(self, showers: Showers) -> MeasuredEnergies:
        """Measure the energies of showers."""


class BaselineMeasurement:
    """Measures by a baseline.

    Parameters
    ----------
    baseline
        The baseline.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.baseline = baseline

    def __call__(self, showers: Showers) -> MeasuredEnergies:
        """Measure the energies of showers."""
        return MeasuredEnergies(self.baseline.predict(showers))


class NetworkMeasurement:
    """Measures by a network.

    Parameters
    ----------
    network
        The network, its weights loaded.
    objective
        What its outputs mean.
    inputs
        The quantities of the cells that it is told.
    """

    def __init__(
        self, network: EnergyModel, objective: EnergyObjective, inputs: tuple[CellQuantity, ...]
    ) -> None:
        self.network = network.eval()
        self.objective = objective.eval()
        self.inputs = inputs

    def __call__(self, showers: Showers) -> MeasuredEnergies:
        """Measure the energies of showers."""
        import torch

        from showerkit.losses.energy_objectives import Quantiles, RootEnergyLikelihood

        images = [cell_images(showers, self.network.shape, name) for name in self.inputs]
        parts: list[torch.Tensor] = []
        with torch.inference_mode():
            for start in range(0, len(showers), _AT_ONCE):
                part = [image[start : start + _AT_ONCE] for image in images]
                n = len(part[0])
                first, *rest = (torch.from_numpy(_filled(one)) for one in part)
                output = self.network(first, rest[0] if rest else None)
                estimate = self.objective.estimate(output)
                columns = [estimate.energy_gev]
                # k sqrt(E) is too small where little is measured; a fit to residuals knows better.
                if estimate.sigma_gev is not None and not isinstance(self.objective, RootEnergyLikelihood):
                    columns.append(estimate.sigma_gev)
                if isinstance(self.objective, Quantiles):
                    ordered = self.objective.quantiles(output).sort(dim=1).values
                    columns += [ordered[:, 0], ordered[:, -1]]
                parts.append(torch.stack(columns)[:, :n])
        if not parts:
            return MeasuredEnergies(np.zeros(0))
        return MeasuredEnergies(*(MEV_PER_GEV * torch.cat(parts, dim=1).double().numpy()))


def _filled(images: Float32Array) -> Float32Array:
    """Add empty showers up to the number that a network sees at once."""
    missing = np.zeros((_AT_ONCE - len(images), *images.shape[1:]), images.dtype)
    return np.concatenate([images, missing])
