from __future__ import annotations

import numpy as np
import torch
from scipy.special import ndtr, ndtri

from showerkit.export.normal_law import NormalLaw


def test_both_tails_have_all_digits():
    x = torch.linspace(-37.0, 37.0, 5001).double()
    below, above = NormalLaw().tails(x)
    np.testing.assert_allclose(below.numpy(), ndtr(x.numpy()), rtol=1e-11)
    np.testing.assert_allclose(above.numpy(), ndtr(-x.numpy()), rtol=1e-11)


def test_quantiles_are_those_of_the_tails():
    p = torch.logspace(-300.0, np.log10(0.5), 5001, dtype=torch.float64)
    found = NormalLaw().lower_quantile(p).numpy()
    np.testing.assert_allclose(found, ndtri(p.numpy()), rtol=1e-12, atol=1e-12)
