"""What is measured of each element with slow neutrons."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from showerkit.errors import PhysicsDataError

ELEMENT_FILE: Final = Path(__file__).with_name("neutron_elements.json")
#: Where nothing was measured: scattering of a hard sphere of this radius times A^(1/3), and this absorption.
_RADIUS_FM: Final = 1.35
_ABSORPTION_B: Final = 1.0
_BARN_PER_FM2: Final = 0.01


@dataclass(frozen=True)
class NeutronElement:
    """An element of natural isotopes, as slow neutrons see it.

    Parameters
    ----------
    z
        Atomic number.
    mass_u
        Mean mass in atomic mass units.
    free_scattering_b
        Elastic cross section of a free atom below 1 eV, in b.
    absorption_b
        Absorption cross section at 2200 m/s, in b.
    first_level_mev
        Energy in MeV from which on the nucleus can be excited; infinite for hydrogen.
    """

    z: int
    mass_u: float
    free_scattering_b: float
    absorption_b: float
    first_level_mev: float


def element(z: int) -> NeutronElement:
    r"""Look an element up.

    Tabulated are the cross sections of bound atoms, :math:`\sigma_b`; free ones recoil,

    .. math:: \sigma = \sigma_b \left( \frac{A}{A + 1} \right)^2

    (V. F. Sears, Neutron News 3 (1992) 26).

    Parameters
    ----------
    z
        Atomic number, 1 to 92.

    Returns
    -------
    NeutronElement
        Its properties.

    Raises
    ------
    PhysicsDataError
        If the table that comes with the package is missing or damaged.

    Examples
    --------
    >>> round(element(1).free_scattering_b, 1)
    20.7
    """
    mass_u, bound_b, absorption_b, first_level_mev = _rows()[z]
    if mass_u is None:
        raise PhysicsDataError(f"no mass of the element {z}", mend="install showerkit again")
    if bound_b is None:
        bound_b = 4.0 * math.pi * (_RADIUS_FM * mass_u ** (1.0 / 3.0)) ** 2 * _BARN_PER_FM2
    return NeutronElement(
        z=z,
        mass_u=mass_u,
        free_scattering_b=bound_b * (mass_u / (mass_u + 1.0)) ** 2,
        absorption_b=_ABSORPTION_B if absorption_b is None else absorption_b,
        first_level_mev=math.inf if first_level_mev is None else first_level_mev,
    )


@cache
def _rows() -> dict[int, list[float | None]]:
    try:
        rows = json.loads(ELEMENT_FILE.read_text(encoding="utf-8"))["elements"]
        return {int(z): [None if v is None else float(v) for v in values] for z, _, *values in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PhysicsDataError(
            f"{ELEMENT_FILE.name} cannot be read", got=str(error), mend="install showerkit again"
        ) from error
