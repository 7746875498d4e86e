"""What Pythia 8 is told for jets to calibrate with, and for the collisions on top of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from showerkit.simulate.jets.pythia_settings import pythia_seed, switch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.simulate.jets.calibration_config import CalibrationJetConfig

_HARD_PROCESSES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "qcd": ("HardQCD:all = on",),
        "g": ("HardQCD:gg2gg = on", "HardQCD:qqbar2gg = on"),
        "q": ("HardQCD:gg2qqbar = on", "HardQCD:qq2qq = on", "HardQCD:qqbar2qqbarNew = on"),
        "c": ("HardQCD:hardccbar = on",),
        "b": ("HardQCD:hardbbbar = on",),
    }
)


def calibration_settings(config: CalibrationJetConfig, seed: int) -> list[str]:
    """List the lines that Pythia 8 reads before it makes dijet events.

    How often each pT of the hard scattering is made is for `selection_hook` to say.

    Parameters
    ----------
    config
        What to simulate.
    seed
        The seed of the sample.

    Examples
    --------
    >>> from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
    >>> "PhaseSpace:pTHatMin = 12" in calibration_settings(CalibrationJetConfig(), seed=1)
    True
    """
    low, high = config.parton_pt_gev
    return [
        *_beams(config, pythia_seed(seed)),
        f"PhaseSpace:pTHatMin = {low:.17g}",
        f"PhaseSpace:pTHatMax = {high:.17g}",
        f"PartonLevel:MPI = {switch(config.underlying_event)}",
        *_HARD_PROCESSES[config.process],
    ]


def minimum_bias_settings(config: CalibrationJetConfig, seed: int) -> list[str]:
    """List the lines that Pythia 8 reads before it makes the collisions on top: all inelastic ones."""
    return [*_beams(config, pythia_seed(seed)), "SoftQCD:inelastic = on"]


def _beams(config: CalibrationJetConfig, seed: int) -> list[str]:
    return [
        "Print:quiet = on",
        f"Beams:eCM = {1000.0 * config.sqrt_s_tev:.17g}",
        "Random:setSeed = on",
        f"Random:seed = {seed}",
    ]
