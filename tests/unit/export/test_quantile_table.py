from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.export.quantile_table import QuantileTable
from showerkit.train.value_spread import ValueSpread


@pytest.mark.parametrize("events", [300, 700, 20_000])
def test_residuals_are_those_of_the_table(events):
    random = np.random.default_rng(1)
    predicted = random.normal(size=events)
    spread = ValueSpread.fit(predicted, random.normal(size=events) * (2.0 + predicted))
    assert spread is not None
    asked = np.concatenate([random.normal(0.0, 2.0, 4000), spread.edges])
    uniform = random.random(len(asked)).astype(np.float32)
    uniform[:4] = [0.0, 1.0, np.float32(1.0 - 2.0**-24), np.float32(2.0**-30)]
    made = QuantileTable(spread)(torch.from_numpy(asked), torch.from_numpy(uniform)).numpy()
    wanted = spread.draw(asked, uniform.astype(np.float64))
    np.testing.assert_allclose(made, wanted, rtol=1e-6, atol=1e-9)
