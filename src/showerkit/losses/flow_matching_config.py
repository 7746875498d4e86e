"""Settings of conditional flow matching (read without loading any network library)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig


class UniformTimes(StrictConfig):
    """Times of the path drawn evenly in [0, 1].

    Parameters
    ----------
    kind
        Name of this law.
    """

    kind: Literal["uniform"] = "uniform"


class LogitNormalTimes(StrictConfig):
    """Times whose logit is normal, which train the middle of the path more often.

    Parameters
    ----------
    kind
        Name of this law.
    mean, width
        Of the logit; a mean above 0 prefers the end where the data are.
    """

    kind: Literal["logit-normal"] = "logit-normal"
    mean: float = Field(default=0.0, ge=-5.0, le=5.0)
    width: float = Field(default=1.0, gt=0.0, le=5.0)


#: How times are drawn, chosen by ``kind``.
TimeLaw: TypeAlias = Annotated[UniformTimes | LogitNormalTimes, Field(discriminator="kind")]


class FlowMatchingConfig(StrictConfig):
    """Path, times and pairing of conditional flow matching.

    Parameters
    ----------
    kind
        Name of this objective.
    sigma_min
        Standard deviation of the noise that is left at the end of the path, in units of the scaled data.
    times
        How times are drawn.
    stratified
        One time in each of as many equal parts of the law as the batch has samples: the same mean, a smaller
        variance.
    coupling
        Which noise goes with which particle of the same cloud: ``independent``, or ``assignment`` for the
        pairing of least total squared distance.
    """

    kind: Literal["flow-matching"] = "flow-matching"
    sigma_min: float = Field(default=0.0, ge=0.0, lt=1.0)
    times: TimeLaw = Field(default=UniformTimes())
    stratified: bool = True
    coupling: Literal["independent", "assignment"] = "independent"
