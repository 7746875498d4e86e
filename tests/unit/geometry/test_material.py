from __future__ import annotations

import pytest

from showerkit.configuration import parse_config
from showerkit.errors import GeometryError
from showerkit.geometry.elements import ELEMENT_SYMBOLS, atomic_number, atomic_weight
from showerkit.geometry.material import Material


def test_every_element_has_a_number_and_a_weight():
    assert len(set(ELEMENT_SYMBOLS)) == 92
    for z, symbol in enumerate(ELEMENT_SYMBOLS, start=1):
        assert atomic_number(symbol) == z
        assert 1.0 * z <= atomic_weight(symbol) < 2.7 * z


@pytest.mark.parametrize(
    ("symbol", "mend"),
    [("pb", "did you mean 'Pb'?"), ("PB", "did you mean 'Pb'?"), ("Lead", "use a chemical symbol")],
)
def test_an_unknown_element_is_named_with_the_nearest(symbol, mend):
    with pytest.raises(GeometryError, match=f"unknown element '{symbol}'") as caught:
        atomic_number(symbol)
    assert mend in str(caught.value)
    values = {"name": "x", "density_g_cm3": 1.0, "mass_fractions": {symbol: 1.0}}
    with pytest.raises(GeometryError, match="mass_fractions") as caught:
        parse_config(Material, values, source="my.yaml", error=GeometryError)
    assert f"'{symbol}'" in str(caught.value)
    assert mend in str(caught.value)


@pytest.mark.parametrize("fractions", [{}, {"Pb": 0.5}, {"Pb": 1.5, "W": -0.5}, {"Pb": float("nan")}])
def test_wrong_fractions_are_refused(fractions):
    values = {"name": "x", "density_g_cm3": 1.0, "mass_fractions": fractions}
    with pytest.raises(GeometryError, match="mass_fractions"):
        parse_config(Material, values, source="my.yaml", error=GeometryError)


def test_fractions_are_normalised():
    material = Material(name="x", density_g_cm3=1.0, mass_fractions={"H": 0.1117, "O": 0.888})
    assert sum(material.mass_fractions.values()) == pytest.approx(1.0, abs=1e-15)
