"""A normalising flow: the law of an autoencoder's latent vectors, which is not normal after training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn

from showerkit.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributions import Transform

    from showerkit.models.latent_flow_config import LatentFlowConfig

#: Added to widths, so that a number that never varies does not divide by zero.
_TINY: Final = 1.0e-6


class LatentFlow(nn.Module):
    r"""Conditional density of vectors z, and a way to draw them.

    .. math:: u = f_c\left(\frac{z - \mu}{\sigma}\right), \qquad
              \ln p(z | c) = \ln \mathcal{N}(u; 0, 1) + \ln \left|\det \frac{du}{dz}\right|

    with f a chain of rational-quadratic splines (C. Durkan et al., arXiv:1906.04032), whose knots are
    functions of the other numbers and of the condition c; mu and sigma are fixed by `standardise`. For the
    use on the latent vectors of a ConVAE see arXiv:2310.13138.

    Parameters
    ----------
    config
        What it is made of.
    features
        Length of the vectors z, at least 2.
    n_conditions
        Length of the condition c, 0 for none.

    Examples
    --------
    >>> from showerkit.models.latent_flow_config import LatentFlowConfig
    >>> flow = LatentFlow(LatentFlowConfig(transforms=2, hidden=8), features=4)
    >>> flow.sample(3, None, torch.Generator().manual_seed(1)).shape
    torch.Size([3, 4])
    """

    mean: Tensor
    width: Tensor
    standardised: Tensor

    def __init__(self, config: LatentFlowConfig, features: int, n_conditions: int = 0) -> None:
        super().__init__()
        # Here, because only who uses a flow has to wait for the library.
        from zuko.flows import MAF

        from showerkit.models.quick_spline import QuickSpline

        if features < 2:
            raise DataError("features of a latent flow", got=features, expected="at least 2")
        self.config = config
        self.features = features
        bins = config.bins
        self.chain = MAF(
            features,
            n_conditions,
            univariate=QuickSpline,
            shapes=[(bins,), (bins,), (bins - 1,)],
            transforms=config.transforms,
            randperm=True,
            passes=2 if config.order == "coupling" else None,
            hidden_features=[config.hidden] * config.layers,
        )
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("width", torch.ones(features))
        self.register_buffer("standardised", torch.tensor(False))

    @property
    def ready(self) -> bool:
        """Whether `standardise` was called: before that, the flow knows nothing of the vectors."""
        return bool(self.standardised)

    def standardise(self, z: Tensor) -> None:
        """Fix the shift and width of each number by a sample, shape (N, features), N at least 2."""
        if z.ndim != 2 or z.shape[1] != self.features or len(z) < 2:
            expected = f"shape (at least 2, {self.features})"
            raise DataError("latent vectors", got=f"shape {tuple(z.shape)}", expected=expected)
        self.mean.copy_(z.mean(dim=0))
        self.width.copy_(z.std(dim=0) + _TINY)
        self.standardised.fill_(True)

    def log_density(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Give ln p(z | c).

        Parameters
        ----------
        z
            Vectors, shape (B, features).
        condition
            Conditions, shape (B, n_conditions), or None.

        Returns
        -------
        torch.Tensor
            Logarithm of the density, shape (B,).
        """
        found: Tensor = self.chain(condition).log_prob((z - self.mean) / self.width)
        return found - self.width.log().sum()

    def latent(self, normal: Tensor, condition: Tensor | None = None) -> Tensor:
        """Give the vectors z that belong to standard normal ones, each of shape (B, features)."""
        transform: Transform = self.chain(condition).transform
        z: Tensor = transform.inv(normal)
        return z * self.width + self.mean

    def normal(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Give the standard normal vectors that belong to z, the inverse of `latent`."""
        transform: Transform = self.chain(condition).transform
        u: Tensor = transform((z - self.mean) / self.width)
        return u

    def sample(self, n: int, condition: Tensor | None, generator: torch.Generator | None) -> Tensor:
        """Draw n vectors, one for each condition if there are any, shape (n, features)."""
        device = generator.device if generator is not None else self.mean.device
        normal = torch.randn(n, self.features, generator=generator, device=device, dtype=self.mean.dtype)
        return self.latent(normal.to(self.mean.device), condition)
