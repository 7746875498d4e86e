"""Materials given by density and mass fractions of the elements."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig
from showerkit.geometry.elements import ELEMENT_SYMBOLS, atomic_number, atomic_weight, nearest_symbol
from showerkit.geometry.ionisation import minimum_loss_mev_cm2_g
from showerkit.geometry.plain_sum import plain_sum
from showerkit.geometry.radiation import SCATTERING_ENERGY_MEV, critical_energy_mev, radiation_length_g_cm2
from showerkit.units import MM_PER_CM

#: Below this density a material counts as a gas.
_GAS_G_CM3: Final = 0.02


class Material(StrictConfig):
    """A homogeneous material.

    Parameters
    ----------
    name
        Its name.
    density_g_cm3
        Density in g/cm3.
    mass_fractions
        Mass fraction of each chemical element by symbol; they sum to 1.

    Examples
    --------
    >>> lead = Material(name="lead", density_g_cm3=11.35, mass_fractions={"Pb": 1.0})
    >>> round(lead.radiation_length_mm, 1)
    5.6
    """

    name: str = Field(min_length=1)
    density_g_cm3: float = Field(gt=0.0, lt=30.0)
    mass_fractions: dict[str, float] = Field(min_length=1)

    @field_validator("mass_fractions")
    @classmethod
    def _sums_to_one(cls, fractions: dict[str, float]) -> dict[str, float]:
        for symbol in fractions:
            if symbol not in ELEMENT_SYMBOLS:
                raise ValueError(f"chemical elements, not '{symbol}': {nearest_symbol(symbol)}")
        total = plain_sum(fractions.values())
        if any(value <= 0.0 for value in fractions.values()) or abs(total - 1.0) > 1e-3:
            raise ValueError(f"positive mass fractions that sum to 1 (they sum to {total:.5g})")
        return {symbol: value / total for symbol, value in fractions.items()}

    @property
    def elements(self) -> list[tuple[int, float, float]]:
        """Atomic number, atomic weight in g/mol and mass fraction of each element."""
        return [(atomic_number(s), atomic_weight(s), share) for s, share in self.mass_fractions.items()]

    @cached_property
    def radiation_length_g_cm2(self) -> float:
        r"""Radiation length in g/cm2: :math:`1/X_0 = \sum_j w_j/X_j` (PDG, eq. 34.27)."""
        return 1.0 / plain_sum(share / radiation_length_g_cm2(z, a) for z, a, share in self.elements)

    @property
    def radiation_length_mm(self) -> float:
        """Radiation length in mm."""
        return self.radiation_length_g_cm2 / self.density_g_cm3 * MM_PER_CM

    @cached_property
    def critical_energy_mev(self) -> float:
        r"""Critical energy of electrons in MeV, by Rossi's definition.

        Ionisation takes :math:`E_{c,j}/X_j` per g/cm2 in element j, hence
        :math:`E_c = X_0 \sum_j w_j E_{c,j}/X_j` in the mixture.
        """
        gas = self.density_g_cm3 < _GAS_G_CM3
        loss = plain_sum(
            share * critical_energy_mev(z, gas=gas) / radiation_length_g_cm2(z, a)
            for z, a, share in self.elements
        )
        return self.radiation_length_g_cm2 * loss

    @property
    def moliere_radius_mm(self) -> float:
        r"""Moliere radius in mm: :math:`R_M = X_0 E_s/E_c`, E_s = 21.2 MeV (PDG, eq. 34.38 and 34.39)."""
        return self.radiation_length_mm * SCATTERING_ENERGY_MEV / self.critical_energy_mev

    @cached_property
    def minimum_ionisation_mev_mm(self) -> float:
        """Mean loss of a minimum-ionising particle in MeV/mm, elements added by mass (Bragg)."""
        loss = plain_sum(share * minimum_loss_mev_cm2_g(z, a) for z, a, share in self.elements)
        return loss * self.density_g_cm3 / MM_PER_CM
