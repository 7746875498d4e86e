"""Settings of the solvers of ordinary differential equations (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig

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
    end_crowding
        Knots at 1 - (1 - i/steps)^end_crowding of the way: 1 for equal steps, above 1 for shorter steps
        towards the end, where a flow from noise to data draws the finest structure.
    """

    kind: FixedStepMethod = "midpoint"
    steps: int = Field(default=10, ge=1, le=10_000)
    end_crowding: float = Field(default=1.0, ge=1.0, le=5.0)

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
        return tuple(1.0 - (1.0 - step / self.steps) ** self.end_crowding for step in range(self.steps + 1))


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
