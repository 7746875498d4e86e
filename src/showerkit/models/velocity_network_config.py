"""What all networks that give velocities of particle clouds have in common (no network library is loaded)."""

from __future__ import annotations

from pydantic import Field

from showerkit.configuration import StrictConfig


class VelocityNetworkConfig(StrictConfig):
    """Inputs of a network for particle clouds, and the code that tells it time and condition.

    Parameters
    ----------
    features
        Numbers that describe a particle (jets: eta_rel, phi_rel, pt_rel; images: x, y, intensity).
    classes
        Number of classes of clouds; above 0, the first column of the condition is the class's number.
    condition_features
        Further columns of the condition, such as the scaled pT and mass of a jet.
    typical_particles
        A fixed number of particles in whose units the network sees the number in a cloud.
    time_frequencies
        Frequencies at which the network sees the time.
    code
        Numbers that describe time, number of particles and condition together.
    """

    features: int = Field(default=3, ge=1, le=64)
    classes: int = Field(default=0, ge=0, le=1000)
    condition_features: int = Field(default=0, ge=0, le=1000)
    typical_particles: int = Field(default=30, ge=1)
    time_frequencies: int = Field(default=8, ge=1, le=128)
    code: int = Field(default=64, ge=1, le=4096)

    @property
    def condition_columns(self) -> int:
        """Columns that a condition has; 0: there is none."""
        return self.condition_features + (1 if self.classes > 0 else 0)
