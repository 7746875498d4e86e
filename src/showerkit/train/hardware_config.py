"""On what a training runs, which decides how fast it is and not what is learnt."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field

from showerkit.configuration import StrictConfig


class Hardware(StrictConfig):
    """On what a training runs.

    With the same recipe and seed the weights are the same but for rounding, which differs from device to
    device, with their number and with the precision. A training may go on with other settings of these.

    Parameters
    ----------
    device
        ``auto``: graphics processors if there are any; or ``cpu``.
    devices
        So many of them train together, one process each: they share every batch and average their gradients.
    precision
        ``32-true``, or ``bf16-mixed``: products of matrices in 16 bits (8 of them the exponent), sums and
        weights in 32.
    compile
        Compile the network, which takes a minute or more and a C++ compiler.
    loader_workers
        Processes that read a sample that is too large to be kept in memory; 0: the training itself reads.
    """

    device: Literal["auto", "cpu"] = "auto"
    devices: int = Field(default=1, ge=1, le=1024)
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    compile: bool = False
    loader_workers: int = Field(default=0, ge=0, le=256)


#: What a training may go on with other settings of.
HARDWARE_SETTINGS: Final = frozenset(Hardware.model_fields)


def without_hardware(section: Any) -> Any:
    """Give a section of a recipe with the settings of `Hardware` as they are by default, if it has them."""
    if not isinstance(section, Hardware):
        return section
    plain = Hardware()
    return section.model_copy(update={name: getattr(plain, name) for name in HARDWARE_SETTINGS})
