"""Train the flow for the total energy by maximum likelihood."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import torch

from showerkit.errors import DataError
from showerkit.models.total_energy_flow import TotalEnergyFlow, build_flow
from showerkit.models.total_energy_flow_config import TotalEnergyFlowConfig
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Showers that are looked at, at most: 5 numbers each or so, and more would not be learnt from.
_MOST_SHOWERS: Final = 500_000
_FEWEST_SHOWERS: Final = 4
_BATCH: Final = 2048
_EPOCHS: Final = 200
_LEARNING_RATE: Final = 3.0e-3
#: Epochs without a fall of the validation loss after which the learning rate falls, and training ends.
_PATIENCE, _LAST_PATIENCE = 3, 9
_SLOWER: Final = 0.3
#: A smaller fall, in nats a shower, counts as none; the loss may be of either sign.
_LEAST_FALL: Final = 1.0e-4


@dataclass(frozen=True)
class ShowerTotals:
    """Total energies of showers with hits, with what is known of their incident particles.

    Parameters
    ----------
    condition
        The network's inputs, shape (N, inputs).
    incident_mev, total_mev
        Incident energies, and sums over hits, in MeV, shape (N,).
    """

    condition: torch.Tensor
    incident_mev: torch.Tensor
    total_mev: torch.Tensor

    def __len__(self) -> int:
        """Return the number of showers."""
        return len(self.total_mev)

    @classmethod
    def collect(cls, batches: Iterable[Mapping[str, torch.Tensor]], threshold_mev: float) -> ShowerTotals:
        """Add up the hits of showers; those without a hit are left out, 500,000 are enough.

        Parameters
        ----------
        batches
            ``condition``, ``energy`` in MeV and ``incident_energy`` in MeV, see
            `showerkit.data.datasets.ShowerBatches`.
        threshold_mev
            A cell is hit if its deposit exceeds this, in MeV.

        Raises
        ------
        DataError
            If there are too few showers with hits to learn from.
        """
        parts: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        n_showers = 0
        for batch in batches:
            energy_mev = batch["energy"].flatten(1).double()
            total_mev = torch.where(energy_mev > threshold_mev, energy_mev, 0.0).sum(dim=1).float()
            some = total_mev > 0.0  # hits or not is what MASK says
            parts.append((batch["condition"][some], batch["incident_energy"][some], total_mev[some]))
            n_showers += int(some.sum())
            if n_showers >= _MOST_SHOWERS:
                break
        if n_showers < _FEWEST_SHOWERS:
            raise DataError(
                "showers with hits, for the flow of the total energy",
                got=n_showers,
                expected=f"at least {_FEWEST_SHOWERS} in the training part and in the validation part",
                mend="train on more showers, or set training.total_energy to 'none'",
            )
        return cls(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def __getitem__(self, rows: torch.Tensor | slice) -> ShowerTotals:
        """Select showers."""
        return ShowerTotals(self.condition[rows], self.incident_mev[rows], self.total_mev[rows])


def train_total_energy_flow(
    train: ShowerTotals,
    validation: ShowerTotals,
    *,
    seed: int,
    variable: Literal["logit", "log"] | None = None,
) -> TotalEnergyFlow:
    r"""Find the flow whose likelihood of the training showers' total energies is largest.

    .. math:: \theta = \arg\min_\theta -\langle \ln p_\theta(u | c) \rangle

    By Adam (Kingma and Ba, 2015, arXiv:1412.6980), with a learning rate that falls when the validation
    showers' likelihood no longer rises; their best epoch is the flow.

    Parameters
    ----------
    train, validation
        Showers to learn from, and others that say when to end.
    seed
        Seed of the initial weights and of the order of the showers.
    variable
        What the density is of, see `TotalEnergyFlowConfig`; None: as the showers call for.

    Returns
    -------
    TotalEnergyFlow
        The flow, in evaluation mode.

    Examples
    --------
    >>> random = torch.Generator().manual_seed(1)
    >>> incident = torch.full((2000,), 1000.0)
    >>> total = 100.0 * torch.exp(0.1 * torch.randn(2000, generator=random))
    >>> showers = ShowerTotals(torch.zeros(2000, 1), incident, total)
    >>> flow = train_total_energy_flow(showers[:1500], showers[1500:], seed=1)
    >>> median = flow.total_mev(torch.zeros(1, 1), incident[:1], torch.zeros(1))
    >>> abs(median.item() - 100.0) < 2.0
    True
    """
    if variable is None:
        above = any(bool((part.total_mev >= part.incident_mev).any()) for part in (train, validation))
        variable = "log" if above else "logit"
    config = TotalEnergyFlowConfig(n_inputs=train.condition.shape[1], variable=variable)
    flow = build_flow(config, seed=int(generator(seed, "total energy flow").integers(2**31)))
    flow.standardise(train.condition, train.incident_mev, train.total_mev)
    optimiser = torch.optim.Adam(flow.parameters(), lr=_LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=_SLOWER, patience=_PATIENCE, threshold=_LEAST_FALL, threshold_mode="abs"
    )
    best, best_loss, waited = _state(flow), _loss(flow, validation), 0
    for epoch in range(_EPOCHS):
        order = torch.from_numpy(generator(seed, "total energy flow", epoch).permutation(len(train)))
        for rows in torch.split(order, _BATCH):
            optimiser.zero_grad()
            batch = train[rows]
            _, log_density = flow(batch.condition, batch.incident_mev, batch.total_mev)
            (-log_density.mean()).backward()
            torch.nn.utils.clip_grad_norm_(flow.parameters(), 1.0)
            optimiser.step()
        loss = _loss(flow, validation)
        schedule.step(loss)
        waited = 0 if loss < best_loss - _LEAST_FALL else waited + 1
        if loss < best_loss:
            best, best_loss = _state(flow), loss
        if waited > _LAST_PATIENCE or not math.isfinite(loss):
            break
    flow.load_state_dict(best)
    return flow.eval()


def _state(flow: TotalEnergyFlow) -> dict[str, Any]:
    return copy.deepcopy(flow.state_dict())


def _loss(flow: TotalEnergyFlow, showers: ShowerTotals) -> float:
    """Mean of -ln p(u | c)."""
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(showers), _BATCH):
            batch = showers[slice(start, start + _BATCH)]
            total -= float(flow(batch.condition, batch.incident_mev, batch.total_mev)[1].double().sum())
    return total / len(showers)
