"""Conditional flow matching: learn the velocity that carries noise into data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from showerkit.losses.flow_matching_config import LogitNormalTimes
from showerkit.losses.particle_assignment import assign_noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.losses.flow_matching_config import FlowMatchingConfig, TimeLaw

#: Keeps logits of times that are rounded to 0 or 1 finite.
_TINY: float = 1.0e-6


class FlowMatching:
    r"""Mean squared error of a velocity along straight paths from noise to data.

    .. math:: L = \mathrm{E} \left| v(t, x_t) - u \right|^2, \quad
              x_t = (1 - (1 - \sigma) t) x_0 + t x_1, \quad u = x_1 - (1 - \sigma) x_0

    with standard normal x_0, data x_1 and sigma = `sigma_min`. Its minimiser v(t, x) = E[u | x_t = x] carries
    the normal law at t = 0 into the law of the data at t = 1 (for sigma = 0).
    Sources: Y. Lipman et al., arXiv:2210.02747; X. Liu et al., arXiv:2209.03003; A. Tong et al.,
    arXiv:2302.00482; for jets, E. Buhmann et al., arXiv:2310.00049.

    It knows nothing of networks: conditions, number of particles and the like are bound into the field.

    Parameters
    ----------
    config
        Path, times and pairing.

    Examples
    --------
    >>> from showerkit.losses.flow_matching_config import FlowMatchingConfig
    >>> objective = FlowMatching(FlowMatchingConfig())
    >>> still = objective(lambda time, point: torch.zeros_like(point), torch.zeros(1000, 2))
    >>> 1.5 < float(still["loss"] * 2) < 2.5  # E |x_0|^2 of two features, 1 each
    True
    """

    def __init__(self, config: FlowMatchingConfig) -> None:
        self.config = config

    def __call__(
        self,
        field: Callable[[Tensor, Tensor], Tensor],
        target: Tensor,
        *,
        mask: Tensor | None = None,
        weight: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Estimate the loss on a batch, with one time for each sample.

        Parameters
        ----------
        field
            v(t, x) for times (B,) and points of the shape of `target`.
        target
            Scaled data x_1: shape (B, P, F) of clouds, or any (B, ...).
        mask
            True for what counts, shape (B, P) or of other leading dimensions of `target`; None: all counts.
            What does not count is 0 in the points that the field sees, and is not averaged over.
        weight
            How much each number of a sample counts, of a shape that multiplies `target`; None: all alike. The
            minimiser does not depend on it, since every velocity is a regression of its own.
        generator
            Source of noise and times; None: the library's global one.

        Returns
        -------
        dict
            ``loss``, the mean over everything that counts.
        """
        wide = None if mask is None else mask.reshape(*mask.shape, *[1] * (target.ndim - mask.ndim))
        if wide is not None:
            target = target.masked_fill(~wide, 0.0)
        noise = torch.randn(target.shape, generator=generator, dtype=target.dtype, device=target.device)
        if self.config.coupling == "assignment":
            noise = assign_noise(noise, target, mask)
        if wide is not None:
            noise = noise.masked_fill(~wide, 0.0)
        time = draw_times(
            len(target), self.config.times, stratified=self.config.stratified, generator=generator
        ).to(target)
        point, velocity = straight_path(noise, target, time, sigma_min=self.config.sigma_min)
        error = (field(time, point) - velocity).square()
        if weight is not None:
            error = error * weight
        if wide is None:
            return {"loss": error.mean()}
        share = wide.expand_as(error)
        return {"loss": error.masked_fill(~share, 0.0).sum() / share.sum().clamp_min(1)}


def straight_path(
    noise: Tensor, target: Tensor, time: Tensor, *, sigma_min: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Go part of the straight way from noise to data (the equations of `FlowMatching`).

    Parameters
    ----------
    noise, target
        Both ends x_0 and x_1, shape (B, ...).
    time
        How far, in [0, 1], shape (B,).
    sigma_min
        Standard deviation of the noise that is left at the end.

    Returns
    -------
    tuple of torch.Tensor
        The point x_t and its velocity, shape (B, ...).

    Examples
    --------
    >>> point, velocity = straight_path(torch.zeros(1, 1), torch.ones(1, 1), torch.tensor([0.25]))
    >>> float(point), float(velocity)
    (0.25, 1.0)
    """
    wide = time.reshape(-1, *[1] * (target.ndim - 1))
    velocity = target - (1.0 - sigma_min) * noise
    return noise + wide * velocity, velocity


def draw_times(n: int, law: TimeLaw, *, stratified: bool, generator: torch.Generator | None = None) -> Tensor:
    """Draw times of the path.

    Parameters
    ----------
    n
        How many.
    law
        Their law.
    stratified
        One from each of n equal parts of the law, in random order.
    generator
        Source of randomness; None: the library's global one.

    Returns
    -------
    torch.Tensor
        Times in [0, 1], shape (n,).

    Examples
    --------
    >>> from showerkit.losses.flow_matching_config import UniformTimes
    >>> sorted((4 * draw_times(4, UniformTimes(), stratified=True)).int().tolist())
    [0, 1, 2, 3]
    """
    device = None if generator is None else generator.device
    uniform = torch.rand(n, generator=generator, device=device)
    if stratified:
        order = torch.randperm(n, generator=generator, device=device)
        # Rounding must not lift a time above 1.
        uniform = ((order + uniform) / max(n, 1)).clamp_max(1.0)
    if isinstance(law, LogitNormalTimes):
        uniform = uniform.clamp(_TINY, 1.0 - _TINY)
        times: Tensor = (law.mean + law.width * torch.special.ndtri(uniform)).sigmoid()
        return times
    return uniform
