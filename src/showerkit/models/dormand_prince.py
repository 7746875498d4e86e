"""The Dormand-Prince method of order 5(4), with steps of its own for every sample of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.models.ode_solver_config import AdaptiveStepConfig

#: Nodes, stages and the weights of order 5 (the last stage's row) and of order 4. Source: J. Dormand and
#: P. Prince, J. Comput. Appl. Math. 6 (1980) 19.
NODES: Final = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
STAGES: Final = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
WEIGHTS: Final = (*STAGES[-1], 0.0)
WEIGHTS_OF_ORDER_4: Final = (
    5179 / 57600,
    0.0,
    7571 / 16695,
    393 / 640,
    -92097 / 339200,
    187 / 2100,
    1 / 40,
)
_ERROR_WEIGHTS: Final = tuple(five - four for five, four in zip(WEIGHTS, WEIGHTS_OF_ORDER_4, strict=True))
#: Share of the way that the first step tries.
_FIRST_STEP: Final = 0.05
#: The next step aims a little short of the tolerance, and changes by no more than these factors.
_CAUTION: Final = 0.9
_SHRINK, _GROW = 0.2, 5.0


def dormand_prince(
    field: Callable[[Tensor, Tensor], Tensor],
    start: Tensor,
    config: AdaptiveStepConfig,
    *,
    mask: Tensor | None = None,
    begin: float = 0.0,
    end: float = 1.0,
) -> Tensor:
    """Follow a velocity field with steps whose error stays below a tolerance.

    Every sample chooses its own steps, so that its result does not depend on the samples beside it. The last
    slope of a step that is accepted is the first of the next one. Control of the steps: E. Hairer, S. Norsett
    and G. Wanner, Solving Ordinary Differential Equations I (1993), section II.4.

    Parameters
    ----------
    field, start, config, mask, begin, end
        As for `showerkit.models.ode_solvers.integrate`.

    Returns
    -------
    torch.Tensor
        States at the end, shape of `start`.

    Raises
    ------
    ConfigurationError
        If `most_steps` do not suffice.

    Examples
    --------
    >>> from showerkit.models.ode_solver_config import AdaptiveStepConfig
    >>> round(float(dormand_prince(lambda t, x: x, torch.ones(1), AdaptiveStepConfig())), 2)
    2.72
    """
    way = end - begin
    counted = _counted(start, mask)
    n_counted = _total(counted).clamp_min(1.0)
    # Progress as a fraction of the way, so that forwards and backwards are the same.
    done = start.new_zeros(len(start))
    step = torch.full_like(done, _FIRST_STEP)
    state, slope = start, field(begin + way * done, start)
    for _ in range(config.most_steps):
        step = torch.minimum(step, 1.0 - done)
        slopes = [slope]
        for node, stage in zip(NODES[1:], STAGES[1:], strict=True):
            point = state + _wide(way * step, state) * _combined(stage, slopes)
            slopes.append(field(begin + way * (done + node * step), point))
        # The last stage stands where the step ends.
        error = _wide(way * step, state) * _combined(_ERROR_WEIGHTS, slopes)
        size = torch.maximum(state.abs(), point.abs())
        allowed = config.absolute_tolerance + config.relative_tolerance * size
        excess = (_total((error / allowed).square() * counted) / n_counted).sqrt()
        good = excess <= 1.0
        state = torch.where(_wide(good, state), point, state)
        slope = torch.where(_wide(good, state), slopes[-1], slope)
        done = torch.where(good, (done + step).clamp_max(1.0), done)
        if bool((done >= 1.0).all()):
            return state
        factor = (_CAUTION * excess.clamp_min(1e-10).pow(-0.2)).clamp(_SHRINK, _GROW)
        # A step that is no number at all becomes the shortest.
        step = step * torch.nan_to_num(factor, nan=_SHRINK)
    raise ConfigurationError(
        "dormand-prince",
        got=f"{int((done < 1.0).sum())} of {len(start)} samples on their way after {config.most_steps} steps",
        mend="raise most_steps or the tolerances",
    )


def _combined(weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    total = torch.zeros_like(slopes[0])
    for weight, slope in zip(weights, slopes, strict=True):
        if weight != 0.0:
            total = total + weight * slope
    return total


def _counted(start: Tensor, mask: Tensor | None) -> Tensor:
    """Ones where numbers count, zeros elsewhere, of the shape of the states."""
    if mask is None:
        return torch.ones_like(start)
    return mask.reshape(*mask.shape, *[1] * (start.ndim - mask.ndim)).expand_as(start).to(start.dtype)


def _total(values: Tensor) -> Tensor:
    """Sum over all but the samples."""
    return values if values.ndim == 1 else values.sum(dim=tuple(range(1, values.ndim)))


def _wide(values: Tensor, state: Tensor) -> Tensor:
    """One number for each sample, in a shape that multiplies the states."""
    return values.reshape(-1, *[1] * (state.ndim - 1))
