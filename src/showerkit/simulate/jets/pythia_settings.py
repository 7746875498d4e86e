"""What Pythia 8 is told for each process."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from showerkit.rng import seed_sequence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.simulate.jets.config import JetProcessConfig

#: Pythia takes seeds up to this number.
_LARGEST_SEED: Final = 900_000_000
_HADRONIC_W: Final = ("24:onMode = off", "24:onIfAny = 1 2 3 4 5")
_HADRONIC_Z: Final = ("23:onMode = off", "23:onIfAny = 1 2 3 4 5")

#: Hard scatterings and decays, by process.
HARD_PROCESSES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "g": ("HardQCD:gg2gg = on", "HardQCD:qqbar2gg = on"),
        "q": ("HardQCD:gg2qqbar = on", "HardQCD:qq2qq = on", "HardQCD:qqbar2qqbarNew = on"),
        "t": ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", *_HADRONIC_W),
        "w": ("WeakDoubleBoson:ffbar2WW = on", *_HADRONIC_W),
        "z": ("WeakDoubleBoson:ffbar2gmZgmZ = on", "WeakZ0:gmZmode = 2", *_HADRONIC_Z),
        "qcd": ("HardQCD:all = on",),
    }
)

#: Absolute codes of the particles that may start a jet of a process.
STARTING_PARTICLES: Final[Mapping[str, tuple[int, ...]]] = MappingProxyType(
    {"g": (21,), "q": (1, 2, 3), "t": (6,), "w": (24,), "z": (23,), "qcd": (1, 2, 3, 4, 5, 21)}
)


def pythia_settings(config: JetProcessConfig, seed: int) -> list[str]:
    """List the lines that Pythia 8 reads before it starts.

    The tune is Pythia's own default, Monash 2013.

    Parameters
    ----------
    config
        What to simulate.
    seed
        The seed of the sample; it decides how Pythia searches for maxima of cross sections.

    Returns
    -------
    list of str
        Lines for ``Pythia.readString``.

    Examples
    --------
    >>> from showerkit.simulate.jets.config import JetProcessConfig
    >>> settings = pythia_settings(JetProcessConfig(process="g", underlying_event=False), seed=1)
    >>> "PartonLevel:MPI = off" in settings
    True
    """
    low, high = config.parton_pt_gev
    return [
        "Print:quiet = on",
        f"Beams:eCM = {1000.0 * config.sqrt_s_tev:.17g}",
        f"PhaseSpace:pTHatMin = {low:.17g}",
        f"PhaseSpace:pTHatMax = {high:.17g}",
        f"PartonLevel:MPI = {switch(config.underlying_event)}",
        f"PartonLevel:ISR = {switch(config.initial_state_radiation)}",
        *HARD_PROCESSES[config.process],
        "Random:setSeed = on",
        f"Random:seed = {pythia_seed(seed)}",
    ]


def pythia_seed(seed: int, *indices: int) -> int:
    """Derive a seed that Pythia takes, from 1 to 900,000,000, for one block of events.

    Examples
    --------
    >>> pythia_seed(1, 0) != pythia_seed(1, 1)
    True
    """
    state = seed_sequence(seed, "pythia8", *indices).generate_state(1, "uint64")
    return int(state[0]) % _LARGEST_SEED + 1


def switch(on: bool) -> str:
    """Word for on or off."""
    return "on" if on else "off"
