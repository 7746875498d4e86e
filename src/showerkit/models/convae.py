"""A convolutional variational autoencoder for sparse images and jets, given as lists of points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import torch
from torch import nn

from showerkit.errors import ConfigurationError, DataError
from showerkit.models.convae_layers import decoder_layers, encoder_layers
from showerkit.models.latent_flow import LatentFlow

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.convae_config import ConVAEConfig

#: Logarithms of variances are held within this: beyond it they are a training that has run away.
_LARGEST_LOG_VARIANCE: Final = 20.0


class Objective(Protocol):
    """What compares points with their reconstruction, such as `showerkit.losses.vae.VaeObjective`."""

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
        """Give the loss under ``loss``, and its parts."""


class ConVAE(nn.Module):
    """Convolutions along an ordered list of points, a latent vector, and the same backwards.

    The list is an image of one channel with the features as rows and the points as columns. The first
    convolution spans all features, the others run along the points; dense layers lead to the latent vector
    and back; transposed convolutions mirror the convolutions. ReLU follows every layer but those that give
    the latent vector and the output. Source: the ConVAE slides, and B. Orzari et al., arXiv:2109.15197.

    Points are already scaled. Where the mask says that there is none, what stands there does not matter.

    Parameters
    ----------
    config
        What it is made of.
    objective
        What training minimises; None for a network that only generates.

    Examples
    --------
    >>> from showerkit.models.convae_config import ConVAEConfig
    >>> network = ConVAE(ConVAEConfig(n_points=30, filters=(4, 8), dense=16, latent=5))
    >>> mask = torch.ones(2, 30, dtype=torch.bool)
    >>> network.sample(mask, None, torch.Generator().manual_seed(1)).shape
    torch.Size([2, 30, 3])
    """

    def __init__(self, config: ConVAEConfig, objective: Objective | None = None) -> None:
        super().__init__()
        self.config = config
        self.objective = objective
        self.encoder = encoder_layers(config)
        inner = config.filters[-1] * config.inner_points
        self.to_latent = nn.Sequential(
            nn.Linear(inner + config.n_conditions, config.dense),
            nn.ReLU(),
            nn.Linear(config.dense, 2 * config.latent),
        )
        self.from_latent = nn.Sequential(
            nn.Linear(config.latent + config.n_conditions, config.dense),
            nn.ReLU(),
            nn.Linear(config.dense, inner),
            nn.ReLU(),
        )
        self.decoder = decoder_layers(config)
        self.flow = None
        if config.flow is not None:
            self.flow = LatentFlow(config.flow, config.latent, config.n_conditions)

    def encode(
        self, particles: Tensor, mask: Tensor, condition: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Give mean and logarithm of the variance of the latent vectors.

        Parameters
        ----------
        particles
            Scaled points, shape (B, P, features).
        mask
            True where there is a point, shape (B, P).
        condition
            Conditions, shape (B, n_conditions), or None.

        Returns
        -------
        tuple of torch.Tensor
            Mean and logarithm of the variance, each of shape (B, latent).
        """
        points, _ = self._with_ghosts(particles, mask)
        image = points.transpose(1, 2)[:, None]
        inner = self.encoder(image).flatten(start_dim=1)
        mean, log_variance = self.to_latent(self._beside(inner, condition)).chunk(2, dim=1)
        return mean, log_variance.clamp(-_LARGEST_LOG_VARIANCE, _LARGEST_LOG_VARIANCE)

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Give the scaled points (B, P, features) that belong to latent vectors (B, latent)."""
        inner = self.from_latent(self._beside(z, condition))
        image: Tensor = self.decoder(
            inner.unflatten(1, (self.config.filters[-1], 1, self.config.inner_points))
        )
        return image[:, 0].transpose(1, 2).contiguous()

    def loss(
        self,
        particles: Tensor,
        mask: Tensor,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
        *,
        step: int | None = None,
    ) -> dict[str, Tensor]:
        """Reconstruct points from a latent vector drawn for each example, and judge the result.

        Parameters
        ----------
        particles, mask, condition
            As for `encode`.
        generator
            Where noise comes from; None: the library's global state.
        step
            Steps of training done, for the warm-up of the divergence; None: as after it.

        Returns
        -------
        dict of str to torch.Tensor
            ``loss`` and its parts.

        Raises
        ------
        ConfigurationError
            If the network was made without an objective.
        """
        if self.objective is None:
            raise ConfigurationError("ConVAE", got="no objective", expected="one, to be trained by")
        mean, log_variance = self.encode(particles, mask, condition)
        reconstructed = self.decode(_drawn(mean, log_variance, generator), condition)
        points, counted = self._with_ghosts(particles, mask)
        return self.objective(points, counted, reconstructed, mean, log_variance, step=step)

    def flow_loss(
        self,
        particles: Tensor,
        mask: Tensor,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> dict[str, Tensor]:
        """Mean of -ln p of the encoded examples under the flow; only the flow has a gradient.

        Parameters and results are those of `loss`. Call ``flow.standardise`` with `latent_vectors` of the
        training part first.
        """
        flow = self._the_flow()
        if not flow.ready:
            # A flow trained without would never be used by `sample`.
            raise ConfigurationError("flow", got="none of its vectors", expected="'standardise' called first")
        z = self.latent_vectors(particles, mask, condition, generator)
        return {"loss": -flow.log_density(z, condition).mean()}

    @torch.no_grad()
    def latent_vectors(
        self,
        particles: Tensor,
        mask: Tensor,
        condition: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Encode examples to what the flow learns, their means or samples about them, shape (B, latent)."""
        mean, log_variance = self.encode(particles, mask, condition)
        if self._the_flow().config.latent == "means":
            return mean
        return _drawn(mean, log_variance, generator)

    @torch.no_grad()
    def reconstruct(self, particles: Tensor, mask: Tensor, condition: Tensor | None = None) -> Tensor:
        """Encode and decode by the means, without noise; shape (B, P, features), 0 where masked."""
        mean, _ = self.encode(particles, mask, condition)
        return self._without_ghosts(self.decode(mean, condition), mask)

    @torch.no_grad()
    def sample(
        self, mask: Tensor, condition: Tensor | None = None, generator: torch.Generator | None = None
    ) -> Tensor:
        """Generate scaled points, the latent vectors coming from the flow if there is a trained one.

        Parameters
        ----------
        mask
            True where a point is wanted, shape (B, P).
        condition
            Conditions, shape (B, n_conditions), or None.
        generator
            Where random numbers come from; None: the library's global state.

        Returns
        -------
        torch.Tensor
            Points, 0 where masked, shape (B, P, features).
        """
        self._check_places(mask)
        if self.flow is not None and self.flow.ready:
            z = self.flow.sample(len(mask), condition, generator)
        else:
            blank = next(self.parameters()).new_zeros(len(mask), self.config.latent)
            z = _drawn(blank, blank, generator)
        return self._without_ghosts(self.decode(z, condition), mask)

    def _the_flow(self) -> LatentFlow:
        if self.flow is None:
            raise ConfigurationError("ConVAE", got="no flow", expected="a section 'flow' in its settings")
        return self.flow

    def _with_ghosts(self, particles: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Fill the places without a point; also say which places count."""
        if particles.shape[2:] != (self.config.n_features,) or particles.shape[:2] != mask.shape:
            expected = f"shape (sets, {self.config.n_points}, {self.config.n_features}), and a mask like it"
            raise DataError("points", got=f"shape {tuple(particles.shape)}", expected=expected)
        self._check_places(mask)
        here = mask.bool()
        counted = here if self.config.ghosts == "masked" else torch.ones_like(here)
        position = self.config.ghost_position
        if position is None:
            return particles.masked_fill(~here[:, :, None], 0.0), counted
        return torch.where(here[:, :, None], particles, particles.new_tensor(position)), counted

    def _without_ghosts(self, points: Tensor, mask: Tensor) -> Tensor:
        return points.masked_fill(~mask.bool()[:, :, None], 0.0)

    def _check_places(self, mask: Tensor) -> None:
        if mask.ndim != 2 or mask.shape[1] != self.config.n_points:
            expected = f"shape (sets, {self.config.n_points})"
            raise DataError("mask", got=f"shape {tuple(mask.shape)}", expected=expected)

    def _beside(self, values: Tensor, condition: Tensor | None) -> Tensor:
        given = 0 if condition is None else condition.shape[1]
        if given != self.config.n_conditions:
            raise DataError("condition", got=f"{given} numbers", expected=str(self.config.n_conditions))
        return values if condition is None else torch.cat([values, condition], dim=1)


def build_convae(config: ConVAEConfig, objective: Objective | None = None, *, seed: int) -> ConVAE:
    """Build a network with initial weights drawn from a seed, the global random state being left alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return ConVAE(config, objective)


def _drawn(mean: Tensor, log_variance: Tensor, generator: torch.Generator | None) -> Tensor:
    """Draw normal vectors, whose gradient goes to mean and variance."""
    device = mean.device if generator is None else generator.device
    noise = torch.randn(mean.shape, generator=generator, device=device, dtype=mean.dtype)
    return mean + (0.5 * log_variance).exp() * noise.to(mean.device)
