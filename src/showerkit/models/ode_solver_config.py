"""Settings of the solvers of ordinary differential equations (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import ConfigurationError, suggest

FixedStepMethod: TypeAlias = Literal["euler", "midpoint", "heun", "rk4", "adams-bashforth"]

#: Evaluations of the velocity that a step of each method costs.
EVALUATIONS_PER_STEP: Final[dict[FixedStepMethod, int]] = {
    "euler": 1,
    "midpoint": 2,
    "heun": 2,
    "rk4": 4,
    "adams-bashforth": 1,
}


class FixedStepConfig(StrictConfig):
    """A solver with a given number of steps, so with a cost that is known before.

    Parameters
    ----------
    kind
        The method. Orders of convergence: ``euler`` 1; ``midpoint``, ``heun`` and ``adams-bashforth`` (two
        steps) 2; ``rk4`` 4.
    steps
        Number of steps.
    crowding
        Knots at s^c / (s^c + (1 - s)^c) of the way, s = i/steps: 1 for equal steps, above 1 for shorter steps
        at both ends. Near the noise a flow bends where many numbers move together, near the data where it
        draws fine structure.
    """

    kind: FixedStepMethod = "adams-bashforth"
    steps: int = Field(default=24, ge=1, le=10_000)
    crowding: float = Field(default=1.3, ge=1.0, le=3.0)

    @property
    def evaluations(self) -> int:
        """How often the velocity is evaluated."""
        # The two-step method has no step behind it at first, and begins with a midpoint step.
        first = 1 if self.kind == "adams-bashforth" else 0
        return self.steps * EVALUATIONS_PER_STEP[self.kind] + first

    @property
    def knots(self) -> tuple[float, ...]:
        """Ends of the steps, as fractions of the way.

        Examples
        --------
        >>> FixedStepConfig(steps=2).knots
        (0.0, 0.5, 1.0)
        """
        ways = [(step / self.steps) ** self.crowding for step in range(self.steps + 1)]
        return tuple(gone / (gone + left) for gone, left in zip(ways, reversed(ways), strict=True))


class AdaptiveStepConfig(StrictConfig):
    """The Dormand-Prince method of order 5(4), whose steps keep the error below a tolerance.

    Parameters
    ----------
    kind
        Name of this method.
    relative_tolerance, absolute_tolerance
        The error of a step, root mean square over the numbers of a sample, stays below
        absolute_tolerance + relative_tolerance |x|.
    most_steps
        Steps, accepted or not, after which the solver gives up.
    """

    kind: Literal["dormand-prince"] = "dormand-prince"
    relative_tolerance: float = Field(default=1e-4, gt=0.0, le=1.0)
    absolute_tolerance: float = Field(default=1e-4, gt=0.0, le=1.0)
    most_steps: int = Field(default=1000, ge=1)


#: A solver, chosen by its ``kind``; serves as the type of a recipe's field.
AnySolverConfig: TypeAlias = Annotated[FixedStepConfig | AdaptiveStepConfig, Field(discriminator="kind")]

#: Names of all solvers.
SOLVERS: Final = (*EVALUATIONS_PER_STEP, "dormand-prince")


def chosen_solver(
    config: FixedStepConfig | AdaptiveStepConfig, *, kind: str | None = None, steps: int | None = None
) -> FixedStepConfig | AdaptiveStepConfig:
    """Change the method of a solver, or its number of steps.

    Parameters
    ----------
    config
        The solver.
    kind
        Name of another method; None: the same.
    steps
        Another number of steps; None: the same.

    Returns
    -------
    FixedStepConfig or AdaptiveStepConfig
        The solver wanted; an adaptive one has default tolerances unless it was one before.

    Raises
    ------
    ConfigurationError
        If there is no such method, the number is out of range, or an adaptive method is given a number.

    Examples
    --------
    >>> chosen_solver(FixedStepConfig(kind="midpoint", steps=8), steps=4).evaluations
    8
    """
    wanted = config.kind if kind is None else kind
    if wanted not in SOLVERS:
        raise ConfigurationError("solver", got=repr(wanted), mend=suggest(wanted, SOLVERS))
    adaptive = AdaptiveStepConfig.model_fields["kind"].default
    if wanted == adaptive:
        if steps is not None:
            raise ConfigurationError(
                "number of steps",
                got=f"{steps}, and solver '{adaptive}', which chooses its steps itself",
                mend="leave one of them out",
            )
        return config if isinstance(config, AdaptiveStepConfig) else AdaptiveStepConfig()
    values = config.model_dump() if isinstance(config, FixedStepConfig) else {}
    values |= {"kind": wanted} | ({} if steps is None else {"steps": steps})
    return parse_config(FixedStepConfig, values, source="solver")
