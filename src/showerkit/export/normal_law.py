"""The normal law inside a graph: distribution function and quantiles in elementary operations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

#: The tail's share of the density, a polynomial in t = (v - c) / (v + c) for v from 0 to infinity.
_CENTRE: Final = 3.75
_DEGREE: Final = 22
#: Beyond, the tail is 0 in double precision.
_FARTHEST: Final = 38.0
#: Wichura's rational approximations (Applied Statistics 37 (1988) 477, algorithm AS 241, routine PPND16):
#: numerator and denominator for |p - 1/2| <= 0.425, for tails down to e^-25, and for those beyond.
_MIDDLE: Final = (
    (
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_NEAR_TAIL: Final = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_TAIL: Final = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)
_IN_THE_MIDDLE: Final = 0.425
#: The tails' formulas are in r - 1.6 and r - 5, r = sqrt(-ln p), and change over at r = 5.
_NEAR_FROM: Final = 1.6
_NEAR: Final = 5.0


class NormalLaw:
    """Tails and quantiles of the normal law for tensors in double precision.

    Runtimes know neither; here are both to eleven digits by few additions, multiplications, divisions,
    exponentials and logarithms.

    Examples
    --------
    >>> law = NormalLaw()
    >>> x = torch.tensor([-4.0, -1.0, 0.0, 2.5]).double()
    >>> below, above = law.tails(x)
    >>> torch.allclose(below, torch.special.ndtr(x), rtol=1e-9, atol=0.0)
    True
    >>> torch.allclose(above, torch.special.ndtr(-x), rtol=1e-9, atol=0.0)
    True
    >>> torch.allclose(law.lower_quantile(above[2:]), -x[2:], rtol=1e-11, atol=1e-11)
    True
    """

    def __init__(self) -> None:
        # The function that is left when exp(-x^2 / 2) is divided out has no structure: a fit at the
        # Chebyshev points needs few terms.
        from numpy.polynomial.chebyshev import cheb2poly, chebfit
        from scipy.special import erfcx

        t = -np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
        v = _CENTRE * (1.0 + t) / (1.0 - t)
        series = cheb2poly(chebfit(t, (1.0 + 2.0 * v) * erfcx(v), _DEGREE))
        self._series: list[float] = [float(one) for one in series]
        # Numerators and denominators of all three approximations, term by term, constants first.
        terms = np.array([_MIDDLE, _NEAR_TAIL, _FAR_TAIL])
        self._terms = [torch.from_numpy(terms[:, :, power].copy()) for power in range(terms.shape[2])]

    def tails(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give the probabilities below and above x, with all digits in either tail."""
        size = x.abs().clamp(max=_FARTHEST)
        v = size * math.sqrt(0.5)
        t = (v - _CENTRE) / (v + _CENTRE)
        share = torch.full_like(t, self._series[-1])
        for one in reversed(self._series[:-1]):
            share = share * t + one
        smaller = 0.5 * (-0.5 * size * size).exp() * share / (1.0 + 2.0 * v)
        larger, negative = 1.0 - smaller, x < 0.0
        return torch.where(negative, smaller, larger), torch.where(negative, larger, smaller)

    def lower_quantile(self, p: Tensor) -> Tensor:
        """Give the number below which there is a probability p, for p above 0 and at most 1/2."""
        q = p - 0.5
        r = (-p.log()).clamp(min=0.0).sqrt()
        # On a tail's formula the middle would overflow, and the other way round.
        inner = (_IN_THE_MIDDLE**2 - q * q).clamp(min=0.0)
        places = torch.stack([inner, r - _NEAR_FROM, r - _NEAR], dim=-1)[..., None]
        value = self._terms[-1] + torch.zeros_like(places)
        for term in reversed(self._terms[:-1]):
            value = value * places + term
        middle, near, far = (value[..., 0] / value[..., 1]).unbind(dim=-1)
        tail = -torch.where(r <= _NEAR, near, far)
        return torch.where(q >= -_IN_THE_MIDDLE, q * middle, tail)
