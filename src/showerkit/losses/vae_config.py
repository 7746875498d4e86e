"""Settings of the objective of variational autoencoders of points (read without any network library)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.losses.nearest_neighbour_config import NearestNeighbourConfig


class JetTermsConfig(StrictConfig):
    """The jet-level terms gamma (g1 dpT^2 + g2 dm^2), in the unit of the unscaled momenta.

    Parameters
    ----------
    weight
        gamma.
    pt_weight, mass_weight
        g1 and g2; the authors take g2 = <pT> / <m> of the class, about 10 for gluons, beside g1 = 1.
    coordinates
        What unscaled particles are: ``relative``, (eta_rel, phi_rel, pT), or ``cartesian``, (px, py, pz).
    """

    weight: float = Field(default=1.0, gt=0.0)
    pt_weight: float = Field(default=1.0, ge=0.0)
    mass_weight: float = Field(default=1.0, ge=0.0)
    coordinates: Literal["relative", "cartesian"] = "relative"


class VaeLossConfig(StrictConfig):
    """L = (1 - beta) [alpha L_rec + gamma (g1 dpT^2 + g2 dm^2)] + beta KL.

    Parameters
    ----------
    kind
        Name of the loss.
    reconstruction
        L_rec.
    space
        Where L_rec measures distances: on ``scaled`` points, as the network sees them, or on ``physical``
        ones, the scaling taken back (as the authors do for momenta in GeV).
    alpha
        Weight of L_rec.
    beta
        Weight of the divergence, at least 0 and below 1; 0.5 is the plain sum L_rec + KL, halved. The authors
        take 0.9998, against distances in GeV^2.
    warm_up_steps
        Steps over which the divergence's weight rises linearly from 0 to beta (0: beta from the start).
    jet
        Jet-level terms; None: none.
    """

    kind: Literal["vae"] = "vae"
    reconstruction: NearestNeighbourConfig = NearestNeighbourConfig()
    space: Literal["scaled", "physical"] = "scaled"
    alpha: float = Field(default=1.0, gt=0.0)
    beta: float = Field(default=0.5, ge=0.0, lt=1.0)
    warm_up_steps: int = Field(default=0, ge=0)
    jet: JetTermsConfig | None = None
