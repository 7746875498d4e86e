"""The candidates of many jets in one list, so that nothing is computed where there is no candidate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import torch

from showerkit.data.calibration_jets import CANDIDATE_CLASSES, CANDIDATE_FEATURES
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from showerkit.data.calibration_jets import CalibrationJets

#: Columns of `JetTensors.jet`.
JET_COLUMNS: Final = ("pt_gev", "eta", "phi", "mass_gev", "rho_gev", "n_candidates")
#: A transverse momentum below this counts as this where a logarithm or a ratio is taken.
_LEAST_PT_GEV: Final = 1.0e-3


class JetTensors(NamedTuple):
    """What networks are told of B jets.

    Parameters
    ----------
    candidates
        pT in GeV, eta, phi, charge and class of the candidates, shape (B, P, 5).
    mask
        Where there is a candidate, shape (B, P).
    jet
        The numbers of `JET_COLUMNS`, shape (B, 6).
    """

    candidates: Tensor
    mask: Tensor
    jet: Tensor

    @property
    def pt_gev(self) -> Tensor:
        """Uncalibrated transverse momenta in GeV, shape (B,)."""
        return self.jet[:, 0]

    def to(self, device: torch.device | str) -> JetTensors:
        """Move to a device."""
        return JetTensors(*(tensor.to(device) for tensor in self))


def jet_tensors(jets: CalibrationJets) -> JetTensors:
    """Give jets as tensors; the places that no jet fills are left out.

    Parameters
    ----------
    jets
        The jets.

    Returns
    -------
    JetTensors
        Single precision.
    """
    places = max([1, *(np.flatnonzero(jets.mask.any(axis=0)) + 1).tolist()])
    columns = [torch.from_numpy(getattr(jets, name)).to(torch.float32) for name in JET_COLUMNS]
    return JetTensors(
        torch.from_numpy(jets.candidates[:, :places]),
        torch.from_numpy(jets.mask[:, :places]),
        torch.stack(columns, dim=1),
    )


class FlatCandidates(NamedTuple):
    """The M candidates of B jets, jet by jet.

    Parameters
    ----------
    values
        pT in GeV, eta, phi, charge and class, shape (M, 5).
    owner
        The jet of each candidate, rising, shape (M,).
    of_jet
        The numbers of the candidate's jet, shape (M, 6).
    """

    values: Tensor
    owner: Tensor
    of_jet: Tensor


def flat_candidates(jets: JetTensors) -> FlatCandidates:
    """List the candidates that there are.

    Raises
    ------
    DataError
        If the shapes do not fit.

    Examples
    --------
    >>> mask = torch.tensor([[True, True], [True, False]])
    >>> flat_candidates(JetTensors(torch.ones(2, 2, 5), mask, torch.ones(2, 6))).owner.tolist()
    [0, 0, 1]
    """
    candidates, mask, jet = jets
    wanted = (*mask.shape, len(CANDIDATE_FEATURES))
    if mask.ndim != 2 or tuple(candidates.shape) != wanted or tuple(jet.shape) != (len(mask), 6):
        got = ", ".join(str(tuple(tensor.shape)) for tensor in jets)
        raise DataError("candidates, mask and jet", got=f"shapes {got}", expected="(B, P, 5), (B, P), (B, 6)")
    owner = torch.repeat_interleave(torch.arange(len(mask), device=mask.device), mask.sum(dim=1))
    return FlatCandidates(candidates[mask], owner, jet[owner])


def candidate_columns(flat: FlatCandidates, names: Sequence[str], radius: float) -> Tensor:
    """Compute what a network is told of each candidate, scaled to order one.

    Parameters
    ----------
    flat
        The candidates.
    names
        See `showerkit.models.jet_energy_config.CandidateInputs`.
    radius
        Radius of the jets.

    Returns
    -------
    torch.Tensor
        Shape (M, columns).
    """
    pt, eta, phi, charge, kind = flat.values.unbind(dim=1)
    log_pt = pt.clamp(min=_LEAST_PT_GEV).log()
    parts: list[Tensor] = []
    for name in names:
        if name == "relative-log-pt":
            parts.append(0.5 * (log_pt - flat.of_jet[:, 0].clamp(min=_LEAST_PT_GEV).log()) + 2.0)
        elif name == "log-pt":
            parts.append(0.5 * log_pt)
        elif name == "relative-eta":
            outwards = torch.where(flat.of_jet[:, 1] < 0.0, -1.0, 1.0).to(eta.dtype)
            parts.append((eta - flat.of_jet[:, 1]) * outwards / radius)
        elif name == "relative-phi":
            parts.append(relative_phi(phi, flat.of_jet[:, 2]) / radius)
        elif name == "abs-eta":
            parts.append(eta.abs() / 2.5 - 1.0)
        elif name == "charge":
            parts.append(charge)
        elif name == "class":
            parts += [(kind == code).to(pt.dtype) for code in CANDIDATE_CLASSES.values()]
        else:
            raise ValueError(f"no input of a candidate: {name}")
    return torch.stack(parts, dim=1)


def jet_columns(jets: JetTensors, names: Sequence[str]) -> Tensor:
    """Compute what a network is told of each jet, scaled to order one.

    Parameters
    ----------
    jets
        The jets.
    names
        See `showerkit.models.jet_energy_config.JetEnergyModelConfig`.

    Returns
    -------
    torch.Tensor
        Shape (B, names).
    """
    pt, eta, _, mass, rho, candidates = jets.jet.unbind(dim=1)
    pt = pt.clamp(min=_LEAST_PT_GEV)
    parts: list[Tensor] = []
    for name in names:
        if name == "log-pt":
            parts.append(pt.log() - 4.5)
        elif name == "abs-eta":
            parts.append(eta.abs() / 2.5 - 1.0)
        elif name == "mass-over-pt":
            parts.append(10.0 * mass / pt - 1.0)
        elif name == "rho":
            parts.append(rho / 10.0)
        elif name == "log-candidates":
            parts.append(candidates.clamp(min=1.0).log() - 3.0)
        else:
            raise ValueError(f"no input of a jet: {name}")
    return torch.stack(parts, dim=1) if parts else pt.new_zeros((len(pt), 0))


def relative_phi(phi: Tensor, of: Tensor) -> Tensor:
    """Difference of angles in [-pi, pi).

    Examples
    --------
    >>> round(float(relative_phi(torch.tensor(3.1), torch.tensor(-3.1))), 3)
    -0.083
    """
    return torch.remainder(phi - of + math.pi, 2.0 * math.pi) - math.pi


def sum_of_each(values: Tensor, owner: Tensor, jets: int) -> Tensor:
    """Add up the values of each jet's candidates.

    Of the ways to do this (padded and masked, batched products, sparse products, segments) adding into an
    index was the fastest, and its cost does not know of padding.

    Parameters
    ----------
    values
        Values, shape (M, columns).
    owner
        The jet of each candidate, shape (M,).
    jets
        Number of jets B.

    Returns
    -------
    torch.Tensor
        Sums, shape (B, columns), 0 for a jet without candidates.

    Examples
    --------
    >>> sum_of_each(torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([0, 0, 2]), 3).flatten().tolist()
    [3.0, 0.0, 4.0]
    """
    return values.new_zeros((jets, values.shape[1])).index_add(0, owner, values)
