"""How the flow of an exported model is followed: in a number of steps that is known before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.errors import ExportError
from showerkit.models.ode_solver_config import EVALUATIONS_PER_STEP, FixedStepConfig, chosen_solver

if TYPE_CHECKING:
    from showerkit.models.ode_solver_config import AnySolverConfig


def fixed_steps(
    config: AnySolverConfig, name: str, *, kind: str | None = None, steps: int | None = None
) -> FixedStepConfig:
    """Choose the solver of an exported flow.

    Parameters
    ----------
    config
        The model's own.
    name
        The model's name, for the message.
    kind, steps
        Another method, another number of steps; None: the same.

    Returns
    -------
    FixedStepConfig
        The solver.

    Raises
    ------
    ConfigurationError
        If there is no such solver.
    ExportError
        If it chooses its steps itself, which no graph can hold.

    Examples
    --------
    >>> fixed_steps(FixedStepConfig(kind="midpoint", steps=8), "flow", steps=2).evaluations
    4
    """
    chosen = chosen_solver(config, kind=kind, steps=steps)
    if not isinstance(chosen, FixedStepConfig):
        raise ExportError(
            f"export of model '{name}'",
            got=f"solver '{chosen.kind}', which chooses its steps itself",
            expected="one of " + ", ".join(EVALUATIONS_PER_STEP),
            mend="name one with --solver, and its --steps",
        )
    return chosen
