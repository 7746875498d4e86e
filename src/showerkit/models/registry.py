"""From a network's configuration to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value_config import MaskValueConfig

if TYPE_CHECKING:
    from showerkit.models.entry_window import EntryWindowGenerator
    from showerkit.models.mask_value import MaskValueGenerator


@overload
def build_model(
    config: MaskValueConfig, *, seed: int | None = None, layers: int = 1
) -> MaskValueGenerator: ...


@overload
def build_model(
    config: EntryWindowConfig, *, seed: int | None = None, layers: int = 1
) -> EntryWindowGenerator: ...


def build_model(
    config: MaskValueConfig | EntryWindowConfig, *, seed: int | None = None, layers: int = 1
) -> MaskValueGenerator | EntryWindowGenerator:
    """Build the network that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    seed
        Seed of the initial weights; the library's global random state is left as it was. None: draw
        from that global state.
    layers
        Sensitive layers of the calorimeter; a mask-and-value generator makes one image, whatever this says.

    Returns
    -------
    MaskValueGenerator or EntryWindowGenerator
        The network, as the configuration's kind calls for.

    Examples
    --------
    >>> network = build_model(MaskValueConfig(hidden=2), seed=1)
    >>> network.config.hidden
    2
    """
    import torch

    if seed is None:
        return _build(config, layers)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return _build(config, layers)


def _build(
    config: MaskValueConfig | EntryWindowConfig, layers: int
) -> MaskValueGenerator | EntryWindowGenerator:
    if isinstance(config, EntryWindowConfig):
        from showerkit.models.entry_window import EntryWindowGenerator

        return EntryWindowGenerator(config, layers=layers)
    from showerkit.models.mask_value import MaskValueGenerator

    return MaskValueGenerator(config)
