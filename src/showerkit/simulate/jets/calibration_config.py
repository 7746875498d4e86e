"""What decides a sample of matched jets for energy calibration."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.simulate.jets.config import Range

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What scatters: any quark or gluon, or two outgoing gluons, light quarks, charm or bottom quarks.
CalibrationProcess = Literal["qcd", "g", "q", "c", "b"]

#: Named ranges of the true pT: that of S. Schnake's thesis, and a wide one. The power makes the number of
#: jets change little over the range; it grows with the range, as the parton densities fall.
PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "narrow": MappingProxyType({"true_pt_gev": (30.0, 150.0), "bias_power": 5.0}),
        "wide": MappingProxyType({"true_pt_gev": (30.0, 2000.0), "bias_power": 5.5}),
    }
)


class CalibrationJetConfig(StrictConfig):
    """Settings of a simulation of matched jets that decide its result.

    Jets are chosen by what is true of them alone, never by what the detector sees: among the hardest jets
    of stable particles in each event those within the range of pT and eta that are isolated.

    Parameters
    ----------
    process
        What scatters.
    sqrt_s_tev
        Energy of the collision in TeV.
    true_pt_gev
        Lowest and highest pT of a jet of stable particles in GeV.
    bias_power
        Events with a hard scattering of this pT are made (pT / lowest true pT)^power times more often than
        in nature, and weighted by the inverse; above the highest true pT the factor grows no further.
    parton_pt_margins
        The hard scattering's pT goes from the first number times the lowest to the second times the highest
        pT of a jet.
    jet_abs_eta_max
        Largest absolute pseudorapidity of a jet of stable particles.
    hardest
        How many jets of an event, the hardest ones, are considered.
    underlying_event
        Whether further partons of the protons scatter (multi-parton interactions).
    cone_radius
        Radius R of the anti-kT algorithm.
    matching_distance
        Largest distance in (eta, phi) between a jet of stable particles and that of the detector.
    isolation_distance
        Distance in (eta, phi) from a jet of stable particles within which no other may be ...
    isolation_fraction
        ... that has more than this share of its pT.
    constituents
        Most candidates kept of a jet, the hardest ones.
    pile_up
        Mean number of further, inelastic collisions on top of each event.
    charged_subtraction
        Whether tracks of those collisions are recognised by their vertex and left out.
    detector
        Name of the detector, or None for one that sees every particle as it is.

    Examples
    --------
    >>> CalibrationJetConfig(**PRESETS["wide"]).parton_pt_gev
    (12.0, 4000.0)
    """

    process: CalibrationProcess = "qcd"
    sqrt_s_tev: float = Field(default=13.0, gt=0.0, le=100.0)
    true_pt_gev: Range = (30.0, 150.0)
    bias_power: float = Field(default=5.0, ge=0.0, le=10.0)
    parton_pt_margins: Range = (0.4, 2.0)
    jet_abs_eta_max: float = Field(default=2.5, gt=0.0, le=5.0)
    hardest: int = Field(default=2, ge=1, le=100)
    underlying_event: bool = True
    cone_radius: float = Field(default=0.4, gt=0.0, le=1.5)
    matching_distance: float = Field(default=0.2, gt=0.0, le=1.0)
    isolation_distance: float = Field(default=0.8, ge=0.0, le=5.0)
    isolation_fraction: float = Field(default=0.2, gt=0.0, le=1.0)
    constituents: int = Field(default=100, ge=1, le=1000)
    pile_up: float = Field(default=0.0, ge=0.0, le=300.0)
    charged_subtraction: bool = True
    detector: Literal["particle-flow", "cms-like"] | None = "particle-flow"

    @model_validator(mode="after")
    def _check(self) -> CalibrationJetConfig:
        low, high = self.true_pt_gev
        if not 0.0 < low < high:
            raise ValueError(f"true_pt_gev from low > 0 to high, not {low:g} to {high:g}")
        below, above = self.parton_pt_margins
        if not (0.0 < below <= 1.0 <= above):
            raise ValueError("parton_pt_margins from a number in (0, 1] to one >= 1")
        if self.parton_pt_gev[0] < 5.0:
            raise ValueError("true_pt_gev with a hard scattering of at least 5 GeV: raise the lowest pT")
        if 2.0 * low >= 1000.0 * self.sqrt_s_tev:
            raise ValueError("true_pt_gev below half the energy of the collision (sqrt_s_tev)")
        return self

    @property
    def parton_pt_gev(self) -> tuple[float, float]:
        """Lowest and highest transverse momentum of the hard scattering in GeV."""
        low, high = self.true_pt_gev
        below, above = self.parton_pt_margins
        return below * low, above * high
