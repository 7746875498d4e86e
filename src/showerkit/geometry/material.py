"""Materials given by density and mass fractions of the elements."""

from __future__ import annotations

from pydantic import Field, field_validator

from showerkit.configuration import StrictConfig


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
    """

    name: str = Field(min_length=1)
    density_g_cm3: float = Field(gt=0.0, lt=30.0)
    mass_fractions: dict[str, float] = Field(min_length=1)

    @field_validator("mass_fractions")
    @classmethod
    def _sums_to_one(cls, fractions: dict[str, float]) -> dict[str, float]:
        total = sum(fractions.values())
        if any(value <= 0.0 for value in fractions.values()) or abs(total - 1.0) > 1e-3:
            raise ValueError(f"positive mass fractions that sum to 1 (they sum to {total:.5g})")
        return {symbol: value / total for symbol, value in fractions.items()}
