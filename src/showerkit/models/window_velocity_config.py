"""Settings of networks that give velocities of windows of cells (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from showerkit.configuration import StrictConfig


class WindowVelocityConfig(StrictConfig):
    """What all networks for windows have in common: the code that tells them time and condition.

    Parameters
    ----------
    time_frequencies
        Frequencies at which the network sees the time.
    code
        Numbers that describe time, incident particle and energies together.
    """

    time_frequencies: int = Field(default=8, ge=1, le=128)
    code: int = Field(default=128, ge=1, le=4096)


class DenseVelocityConfig(WindowVelocityConfig):
    """Fully connected residual blocks over all cells of the window at once.

    Parameters
    ----------
    kind
        Name of this network.
    hidden
        Width.
    blocks
        Number of residual blocks, of two layers each.
    """

    kind: Literal["dense"] = "dense"
    hidden: int = Field(default=384, ge=1, le=8192)
    blocks: int = Field(default=3, ge=1, le=64)


class PatchVelocityConfig(WindowVelocityConfig):
    """A transformer whose tokens are square patches of the window, all layers of a patch together.

    Parameters
    ----------
    kind
        Name of this network.
    patch
        Width of a patch in cells; windows are filled up to whole patches.
    hidden, heads
        Width of a token, and heads of the attention, which divide it.
    blocks
        Number of blocks of attention and network.
    expansion
        Width of a block's hidden layer in units of the token's.
    """

    kind: Literal["patches"] = "patches"
    patch: int = Field(default=3, ge=1, le=99)
    hidden: int = Field(default=96, ge=1, le=4096)
    heads: int = Field(default=4, ge=1, le=64)
    blocks: int = Field(default=4, ge=1, le=64)
    expansion: int = Field(default=2, ge=1, le=8)


class UNetVelocityConfig(WindowVelocityConfig):
    """A convolutional network at two resolutions, layers of the calorimeter as channels.

    Parameters
    ----------
    kind
        Name of this network.
    hidden
        Channels at full resolution; twice as many at half of it.
    blocks
        Residual blocks on the way down, at the bottom, and on the way up.
    """

    kind: Literal["u-net"] = "u-net"
    hidden: int = Field(default=24, ge=1, le=1024)
    blocks: int = Field(default=1, ge=1, le=16)


#: A network for windows, chosen by its ``kind``; serves as the type of a recipe's field.
AnyWindowVelocityConfig: TypeAlias = Annotated[
    DenseVelocityConfig | PatchVelocityConfig | UNetVelocityConfig, Field(discriminator="kind")
]
