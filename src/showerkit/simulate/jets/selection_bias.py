"""Hard scatterings made more often than in nature where jets are wanted, with weights that undo it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from showerkit.simulate.jets.calibration_config import CalibrationJetConfig

#: A jet is nearer than this to the parton that it comes from, in pseudorapidity.
_ETA_MARGIN: Final = 1.0


def selection_bias(config: CalibrationJetConfig, pt_gev: float, y_one: float, y_two: float) -> float:
    """Say how much more often than in nature a hard scattering is made.

    bias = (min(pT, highest) / lowest)^power, with the limits of the true jets' pT; 0 if both partons are
    so far forward that neither gives a jet within the range of eta.

    Parameters
    ----------
    config
        The sample.
    pt_gev
        Transverse momentum of the hard scattering in GeV.
    y_one, y_two
        Rapidities of the two outgoing partons.

    Returns
    -------
    float
        The bias; an event's weight is its inverse.

    Examples
    --------
    >>> from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
    >>> config = CalibrationJetConfig(true_pt_gev=(30.0, 120.0), bias_power=2.0)
    >>> [selection_bias(config, pt, 0.0, 4.0) for pt in (30.0, 60.0, 120.0, 200.0)]
    [1.0, 4.0, 16.0, 16.0]
    >>> selection_bias(config, 60.0, -4.0, 4.0)
    0.0
    """
    if min(abs(y_one), abs(y_two)) > config.jet_abs_eta_max + _ETA_MARGIN:
        return 0.0
    low, high = config.true_pt_gev
    return float((min(pt_gev, high) / low) ** config.bias_power)


def selection_hook(config: CalibrationJetConfig) -> Any:
    """Make the hook through which Pythia 8 asks for the bias of each trial scattering.

    Parameters
    ----------
    config
        The sample.

    Returns
    -------
    pythia8mc.UserHooks
        For ``Pythia.setUserHooksPtr``; keep it as long as Pythia.
    """
    import pythia8mc

    class SelectionHook(pythia8mc.UserHooks):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            pythia8mc.UserHooks.__init__(self)
            self._weight = 1.0

        def canBiasSelection(self) -> bool:
            return True

        def biasSelectionBy(self, process: Any, space: Any, in_event: bool) -> float:
            # Massless partons: tanh(y*) = (t - u) / s in the frame of the scattering.
            boost = 0.5 * math.log(space.x1() / space.x2())
            turn = (space.tHat() - space.uHat()) / space.sHat()
            star = math.atanh(max(-1.0 + 1e-15, min(1.0 - 1e-15, turn)))
            bias = selection_bias(config, space.pTHat(), boost + star, boost - star)
            self._weight = 1.0 / bias if bias > 0.0 else 0.0
            return bias

        def biasedSelectionWeight(self) -> float:
            return self._weight

    return SelectionHook()
