"""Solvers of dx/dt = v(t, x) for a batch of states of whatever shape, with a given number of steps.

They stand among the models, left of `losses` and `generate`, since a flow needs one to draw its samples; they
know nothing of networks, only a function v.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from showerkit.models.dormand_prince import dormand_prince
from showerkit.models.ode_solver_config import AdaptiveStepConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.models.ode_solver_config import FixedStepConfig

    #: v(t, x) for times (B,) and states (B, ...), with the shape of the states.
    VelocityField: TypeAlias = Callable[[Tensor, Tensor], Tensor]


class ButcherTableau(NamedTuple):
    """Coefficients of an explicit Runge-Kutta method.

    Parameters
    ----------
    nodes
        When each stage is evaluated, as a fraction of the step (c).
    stages
        How much of each earlier slope a stage moves along (rows of a, below the diagonal).
    weights
        How much of each slope the step is (b).
    """

    nodes: tuple[float, ...]
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]


#: One-step methods by name. Source: E. Hairer, S. Norsett and G. Wanner, Solving Ordinary Differential
#: Equations I (1993), section II.1.
TABLEAUX: Final[dict[str, ButcherTableau]] = {
    "euler": ButcherTableau((0.0,), ((),), (1.0,)),
    "midpoint": ButcherTableau((0.0, 0.5), ((), (0.5,)), (0.0, 1.0)),
    "heun": ButcherTableau((0.0, 1.0), ((), (1.0,)), (0.5, 0.5)),
    "rk4": ButcherTableau(
        (0.0, 0.5, 0.5, 1.0),
        ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
        (1 / 6, 1 / 3, 1 / 3, 1 / 6),
    ),
}


def integrate(
    field: VelocityField,
    start: Tensor,
    config: FixedStepConfig | AdaptiveStepConfig,
    *,
    mask: Tensor | None = None,
    begin: float = 0.0,
    end: float = 1.0,
) -> Tensor:
    r"""Follow a velocity field from one time to another.

    .. math:: x(t_1) = x(t_0) + \int_{t_0}^{t_1} v(t, x(t))\, dt

    Parameters
    ----------
    field
        v(t, x) for times (B,) and states (B, ...).
    start
        States x(t_0), shape (B, ...).
    config
        The method and its settings.
    mask
        True where a number of a state counts, shape (B, n, ...) of as many leading dimensions of `start` as
        wanted: what is not counted has no say in the size of adaptive steps. None: all count.
    begin, end
        t_0 and t_1; an end before the beginning follows the field backwards.

    Returns
    -------
    torch.Tensor
        States x(t_1), shape of `start`.

    Raises
    ------
    ConfigurationError
        If an adaptive solver does not arrive within its number of steps.

    Examples
    --------
    >>> import torch
    >>> from showerkit.models.ode_solver_config import FixedStepConfig
    >>> grown = integrate(lambda t, x: x, torch.ones(1), FixedStepConfig(kind="rk4", steps=20))
    >>> round(float(grown), 4)  # e
    2.7183
    """
    if isinstance(config, AdaptiveStepConfig):
        return dormand_prince(field, start, config, mask=mask, begin=begin, end=end)
    knots = [begin + (end - begin) * knot for knot in config.knots]
    if config.kind == "adams-bashforth":
        return _adams_bashforth(field, start, knots)
    state = start
    for early, late in pairwise(knots):
        state = _runge_kutta_step(field, state, early, late - early, TABLEAUX[config.kind])
    return state


def _runge_kutta_step(
    field: VelocityField, state: Tensor, time: float, step: float, tableau: ButcherTableau
) -> Tensor:
    slopes: list[Tensor] = []
    for node, stage in zip(tableau.nodes, tableau.stages, strict=True):
        point = _moved(state, step, stage, slopes)
        slopes.append(field(_times(state, time + node * step), point))
    return _moved(state, step, tableau.weights, slopes)


def _adams_bashforth(field: VelocityField, state: Tensor, knots: list[float]) -> Tensor:
    """Take two-step Adams-Bashforth steps of any lengths; the first is a midpoint step."""
    slope = field(_times(state, knots[0]), state)
    last = knots[1] - knots[0]
    middle = field(_times(state, knots[0] + 0.5 * last), state + 0.5 * last * slope)
    state = state + last * middle
    for early, late in pairwise(knots[1:]):
        before, slope = slope, field(_times(state, early), state)
        step = late - early
        # Integral over the step of the line through the two slopes.
        share = 0.5 * step / last
        state = state + step * ((1.0 + share) * slope - share * before)
        last = step
    return state


def _moved(state: Tensor, step: float, weights: tuple[float, ...], slopes: list[Tensor]) -> Tensor:
    for weight, slope in zip(weights, slopes, strict=True):
        if weight != 0.0:
            state = state + (step * weight) * slope
    return state


def _times(state: Tensor, time: float) -> Tensor:
    # The length by its name: `len` would fix it in an exported graph.
    return state.new_full((state.shape[0],), time)
