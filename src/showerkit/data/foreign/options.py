"""What a user may have to add to a foreign file, since it does not say it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from showerkit.configuration import StrictConfig
from showerkit.errors import ConfigurationError, FileFormatError
from showerkit.simulate.particles import ParticleType, particle_named

if TYPE_CHECKING:
    from pathlib import Path


class ForeignOptions(StrictConfig):
    """What a foreign file does not say.

    Parameters
    ----------
    detector
        Shipped name, or YAML file, of the detector whose cells the file holds.
    geometry
        Shipped name, or YAML or XML file, of the voxels that the file holds.
    readout
        Shipped name, or YAML file, of the readout to take from an EDM4hep file.
    particle
        Name of the incident particle, such as ``"gamma"``.
    primary
        Which of an event's primary particles is the incident one; by default there must be one only.
    kind
        Whether a simulation or a model made the showers; by default a simulation.

    Examples
    --------
    >>> ForeignOptions(particle="e-").particle
    'e-'
    """

    detector: str | None = None
    geometry: str | None = None
    readout: str | None = None
    particle: str | None = None
    primary: Literal["only", "first", "most-energetic"] | None = None
    kind: Literal["geant4", "model"] | None = None

    def given(self) -> tuple[str, ...]:
        """Names of the options that were given."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)

    def check_used(self, path: Path, form: str, used: tuple[str, ...]) -> None:
        """Refuse options that a file of this form has no use for.

        Raises
        ------
        ConfigurationError
            If there is one.
        """
        for name in self.given():
            if name not in used:
                takes = ", ".join(f"--{known}" for known in used) or "none"
                raise ConfigurationError(
                    f"--{name}",
                    got=f"{path}, a file of {form}, which says this itself",
                    expected=f"options that it leaves open: {takes}",
                    mend=f"leave --{name} out",
                )

    def particle_of(self, path: Path, default: str | None = None) -> ParticleType:
        """Find the incident particle of a file that does not name it.

        Raises
        ------
        FileFormatError
            If it is not known.
        ConfigurationError
            If there is no such particle.
        """
        name = self.particle or default
        if name is None:
            raise FileFormatError(
                f"{path}",
                got="a file that does not say which particles it holds",
                expected="their name",
                mend="say it with --particle, such as --particle e-",
            )
        return particle_named(name)
