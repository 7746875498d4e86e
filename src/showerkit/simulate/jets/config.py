"""What decides a sample of simulated jets."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig

#: What starts the jets: gluons, light quarks, W and Z bosons, top quarks, or any quark or gluon.
JetProcess = Literal["g", "q", "w", "z", "t", "qcd"]
Range = tuple[Annotated[float, Field(ge=0.0)], Annotated[float, Field(gt=0.0)]]


class JetCollisionConfig(StrictConfig):
    """Settings of a simulation of jets that decide its result, but for what starts them.

    The defaults are those of the HLS4ML LHC jets: proton collisions of 13 TeV, two partons or bosons of
    1 TeV within 1 %, anti-kT jets of radius 0.8 with 0.8 < pT < 1.6 TeV.

    Parameters
    ----------
    sqrt_s_tev
        Energy of the collision in TeV.
    parton_pt_gev
        Lowest and highest transverse momentum of the hard scattering in GeV.
    underlying_event
        Whether further partons of the protons scatter (multi-parton interactions).
    initial_state_radiation
        Whether partons radiate before they scatter.
    cone_radius
        Radius R of the anti-kT algorithm.
    constituents
        Most particles kept of a jet, the hardest ones.
    jet_pt_gev
        Lowest and highest transverse momentum of a jet in GeV.
    jet_abs_eta_max
        Largest absolute pseudorapidity of a jet.
    matching_distance
        Largest distance in (eta, phi) between a jet and what started it, in units of the cone radius.
    smearing
        Name of the detector that smears the particles, or None for the particles themselves.
    """

    sqrt_s_tev: float = Field(default=13.0, gt=0.0, le=100.0)
    parton_pt_gev: Range = (990.0, 1010.0)
    underlying_event: bool = True
    initial_state_radiation: bool = True
    cone_radius: float = Field(default=0.8, gt=0.0, le=1.5)
    constituents: int = Field(default=30, ge=1, le=1000)
    jet_pt_gev: Range = (800.0, 1600.0)
    jet_abs_eta_max: float = Field(default=2.5, gt=0.0, le=10.0)
    matching_distance: float = Field(default=0.5, gt=0.0, le=1.0)
    smearing: Literal["cms-like"] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("parton_pt_gev", "jet_pt_gev"):
            low, high = getattr(self, name)
            if low >= high:
                raise ValueError(f"{name} from low to high, not {low:g} to {high:g}")
        if 2.0 * self.parton_pt_gev[0] >= 1000.0 * self.sqrt_s_tev:
            raise ValueError("parton_pt_gev below half the energy of the collision (sqrt_s_tev)")
        return self


class JetProcessConfig(JetCollisionConfig):
    """Settings of a simulation of jets that decide its result (further ones as for `JetCollisionConfig`).

    Parameters
    ----------
    process
        What starts the jets.

    Examples
    --------
    >>> JetProcessConfig(process="t").parton_pt_gev
    (990.0, 1010.0)
    """

    process: JetProcess
