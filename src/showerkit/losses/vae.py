"""The objective of variational autoencoders of points: reconstruction, divergence and jet-level terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.errors import ConfigurationError
from showerkit.losses.jet_kinematics import jet_pt_and_mass
from showerkit.losses.nearest_neighbour import nearest_neighbour_distance

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from showerkit.losses.vae_config import VaeLossConfig


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    r"""Kullback-Leibler divergence of a diagonal normal law from the standard one.

    .. math:: D = \tfrac{1}{2} \sum_j (\mu_j^2 + \sigma_j^2 - \ln \sigma_j^2 - 1)

    Source: D. Kingma and M. Welling, arXiv:1312.6114, appendix B.

    Parameters
    ----------
    mean, log_variance
        Means and logarithms of the variances, shape (B, dimensions).

    Returns
    -------
    torch.Tensor
        The divergence in nats, shape (B,).

    Examples
    --------
    >>> import torch
    >>> kl_divergence(torch.tensor([[2.0, 0.0]]), torch.zeros(1, 2))
    tensor([2.])
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1.0).sum(dim=1)


def warm_up(step: int | None, steps: int) -> float:
    """Share of its final weight that the divergence has after so many steps (None: training is over).

    Examples
    --------
    >>> [warm_up(step, 100) for step in (0, 25, 100, 500, None)]
    [0.0, 0.25, 1.0, 1.0, 1.0]
    """
    return 1.0 if step is None or step >= steps else step / steps


class VaeObjective:
    r"""The loss of a variational autoencoder of points, averaged over a batch.

    .. math:: L = (1 - \beta) [\alpha L_{rec} + \gamma (g_1 \Delta p_T^2 + g_2 \Delta m^2)]
              + w \beta D_{KL}

    with w rising from 0 to 1 in the warm-up. Source: B. Orzari et al., arXiv:2109.15197 and 2310.13138.

    Parameters
    ----------
    config
        Weights and choices.
    unscale
        Takes scaled points (B, P, features) and their mask (B, P) back to physical ones; needed for jet-level
        terms and for distances in physical space.

    Raises
    ------
    ConfigurationError
        If `unscale` is needed and missing.

    Examples
    --------
    >>> import torch
    >>> from showerkit.losses.vae_config import VaeLossConfig
    >>> points, mask = torch.zeros(1, 2, 3), torch.ones(1, 2, dtype=torch.bool)
    >>> objective = VaeObjective(VaeLossConfig())
    >>> found = objective(points, mask, points + 1.0, torch.zeros(1, 4), torch.zeros(1, 4))
    >>> {name: value.item() for name, value in found.items()}  # half of 2 x 2 x 3
    {'loss': 6.0, 'reconstruction': 12.0, 'kl': 0.0}
    """

    def __init__(
        self, config: VaeLossConfig, unscale: Callable[[Tensor, Tensor], Tensor] | None = None
    ) -> None:
        if unscale is None and (config.jet is not None or config.space == "physical"):
            raise ConfigurationError(
                "loss",
                got="jet-level terms or distances in physical space, without the points' scaling",
                expected="the scaling of the points",
                mend="give the scaling, or set jet to null and space to scaled",
            )
        self.config = config
        self.unscale = unscale

    def __call__(
        self,
        points: Tensor,
        mask: Tensor,
        reconstructed: Tensor,
        mean: Tensor,
        log_variance: Tensor,
        *,
        step: int | None = None,
    ) -> dict[str, Tensor]:
        """Compare points with their reconstruction.

        Parameters
        ----------
        points, reconstructed
            Scaled points, shape (B, P, features).
        mask
            True where there is a point, shape (B, P): in both sets.
        mean, log_variance
            Of the latent vectors, shape (B, latent).
        step
            Steps of training done, for the warm-up; None: as after it.

        Returns
        -------
        dict of str to torch.Tensor
            ``loss``, and its parts without their weights: ``reconstruction``, ``kl`` and, with jet-level
            terms, ``jet_pt`` and ``jet_mass``.
        """
        config = self.config
        physical = None
        if self.unscale is not None and (config.jet is not None or config.space == "physical"):
            physical = self.unscale(points, mask), self.unscale(reconstructed, mask)
        pair = (points, reconstructed) if physical is None or config.space == "scaled" else physical
        distance = nearest_neighbour_distance(*pair, mask, mask, config=config.reconstruction).mean()
        divergence = kl_divergence(mean, log_variance).mean()
        parts = {"reconstruction": distance, "kl": divergence}
        compared = config.alpha * distance
        if config.jet is not None and physical is not None:
            true_pt, true_mass = jet_pt_and_mass(physical[0], mask, config.jet.coordinates)
            pt, mass = jet_pt_and_mass(physical[1], mask, config.jet.coordinates)
            parts["jet_pt"] = (pt - true_pt).square().mean().to(distance.dtype)
            parts["jet_mass"] = (mass - true_mass).square().mean().to(distance.dtype)
            terms = config.jet.pt_weight * parts["jet_pt"] + config.jet.mass_weight * parts["jet_mass"]
            compared = compared + config.jet.weight * terms
        weight = config.beta * warm_up(step, config.warm_up_steps)
        return {"loss": (1.0 - config.beta) * compared + weight * divergence, **parts}
