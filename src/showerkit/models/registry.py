"""From a network's configuration to the network."""

from __future__ import annotations

from showerkit.models.mask_value import MaskValueGenerator
from showerkit.models.mask_value_config import MaskValueConfig


def build_model(config: MaskValueConfig, *, seed: int | None = None) -> MaskValueGenerator:
    """Build the network that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    seed
        Seed of the initial weights; the library's global random state is left as it was. None: draw
        from that global state.

    Returns
    -------
    MaskValueGenerator
        The network.

    Examples
    --------
    >>> network = build_model(MaskValueConfig(hidden=2), seed=1)
    >>> network.config.hidden
    2
    """
    import torch

    if seed is None:
        return MaskValueGenerator(config)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MaskValueGenerator(config)
