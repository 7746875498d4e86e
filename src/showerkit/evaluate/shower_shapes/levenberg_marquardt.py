"""Nonlinear least squares for many small problems at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.typing import BoolArray, FloatArray, IntArray

    #: Called with parameters (M, K) and the numbers (M,) of the problems they belong to; returns (M, P).
    Model = Callable[[FloatArray, IntArray], FloatArray]


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Solutions of N least-squares problems.

    Parameters
    ----------
    parameters
        Shape (N, K).
    objective
        Weighted sum of squared residuals, shape (N,).
    converged
        Whether the last accepted step was negligible, shape (N,).
    """

    parameters: FloatArray
    objective: FloatArray
    converged: BoolArray


def minimise(
    model: Model,
    start: FloatArray,
    measured: FloatArray,
    inverse_sigma: FloatArray,
    *,
    max_steps: int = 200,
    tolerance: float = 1.0e-9,
) -> LeastSquares:
    r"""Minimise the weighted sum of squared residuals of each problem by the Levenberg-Marquardt method.

    .. math:: \min_\theta \sum_p \left(\frac{y_p - f_p(\theta)}{\sigma_p}\right)^2

    Source: D. Marquardt, SIAM J. Appl. Math. 11 (1963) 431; the damping scales with the diagonal of the
    normal matrix. Derivatives are central differences. All problems step together; those that have
    converged are left alone.

    Parameters
    ----------
    model
        The function f; see `Model`.
    start
        First parameters, shape (N, K), of order one.
    measured
        Measurements y, shape (N, P).
    inverse_sigma
        1/sigma, shape (N, P); 0 leaves a measurement out.
    max_steps
        Most steps tried for one problem.
    tolerance
        Largest change of a parameter in a step, or relative change of the objective, that counts as none.

    Returns
    -------
    LeastSquares
        The solutions.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> line = lambda p, rows: p[:, :1] + p[:, 1:] * x
    >>> fit = minimise(line, np.zeros((1, 2)), (1.0 + 2.0 * x)[None], np.ones((1, 5)))
    >>> fit.parameters.round(6).tolist()
    [[1.0, 2.0]]
    """
    parameters = np.array(start, dtype=np.float64)
    rows = np.arange(len(parameters), dtype=np.int64)
    damping = np.full(len(parameters), 1.0e-3)
    converged = np.zeros(len(parameters), dtype=bool)

    def residual(trial: FloatArray, of: IntArray) -> FloatArray:
        return np.asarray((measured[of] - model(trial, of)) * inverse_sigma[of])

    objective = np.square(residual(parameters, rows)).sum(axis=1)
    active = rows
    for _ in range(max_steps):
        if len(active) == 0:
            break
        now = parameters[active]
        current = residual(now, active)
        slope = jacobian(model, now, active) * inverse_sigma[active][:, :, None]
        normal = np.einsum("npk,npl->nkl", slope, slope)
        gradient = np.einsum("npk,np->nk", slope, current)
        diagonal = np.einsum("nkk->nk", normal)
        scale = np.maximum(diagonal, 1.0e-12 * diagonal.max(axis=1, keepdims=True) + 1.0e-300)
        damped = normal + (damping[active][:, None] * scale)[:, :, None] * np.eye(now.shape[1])
        step = np.linalg.solve(damped, gradient[:, :, None])[:, :, 0]
        step = np.clip(step, -1.0, 1.0)
        after = np.square(residual(now + step, active)).sum(axis=1)
        better = after <= objective[active]
        negligible = np.abs(step).max(axis=1) < tolerance * (1.0 + np.abs(now).max(axis=1))
        flat = better & (objective[active] - after <= tolerance * 1.0e-3 * objective[active])
        chosen = active[better]
        parameters[chosen] = (now + step)[better]
        objective[chosen] = after[better]
        damping[active] = np.clip(damping[active] * np.where(better, 0.2, 5.0), 1.0e-12, 1.0e12)
        done = negligible | flat
        converged[active[done]] = True
        active = active[~done & (damping[active] < 1.0e12)]
    return LeastSquares(parameters, objective, converged)


def jacobian(model: Model, parameters: FloatArray, rows: IntArray, relative: float = 1.0e-6) -> FloatArray:
    """Derivatives of a model by its parameters, by central differences, shape (M, P, K)."""
    columns = []
    for k in range(parameters.shape[1]):
        width = relative * np.maximum(np.abs(parameters[:, k]), 1.0e-2)
        above, below = parameters.copy(), parameters.copy()
        above[:, k] += width
        below[:, k] -= width
        columns.append((model(above, rows) - model(below, rows)) / (2.0 * width[:, None]))
    return np.stack(columns, axis=-1)
