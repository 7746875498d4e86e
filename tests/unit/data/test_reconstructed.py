"""Reconstructed energies check themselves."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.reconstructed import ReconstructedEnergies
from showerkit.errors import DataError


def test_values_become_single_precision_and_may_be_taken_apart() -> None:
    found = ReconstructedEnergies([1, 2, 3], [1.0, -2.0, 3.0], [1, 1, 2], [0, -3, 1], [2, -1, 5])
    assert found.energy_mev.dtype == np.float32
    assert found.event_id.dtype == np.int64
    part = found[np.array([False, True, True])]
    assert part.event_id.tolist() == [2, 3]
    assert part.low_mev is not None
    assert part.low_mev.tolist() == [-3.0, 1.0]
    assert ReconstructedEnergies([], []).sigma_mev is None


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (([1, 2], [1.0]), "energy_mev: got shape (1,); expected shape (2)"),
        (([1, 2], [1.0, np.nan]), "energy_mev[1]: got NaN or infinity; expected finite values"),
        (([1, 2], [1.0, 2.0], [1.0, 0.0]), "sigma_mev[1]: got 0.0; expected a value > 0"),
        (([1], [1.0], None, [0.0]), "low_mev and high_mev: got one of them; expected both or neither"),
        (([1], [1.0], None, [3.0], [2.0]), "low_mev[0]: got 3.0; expected at most high_mev[0], 2.0"),
    ],
)
def test_wrong_columns_are_told(columns: tuple[object, ...], told: str) -> None:
    with pytest.raises(DataError) as wrong:
        ReconstructedEnergies(*columns)  # type: ignore[arg-type]
    assert str(wrong.value) == told
