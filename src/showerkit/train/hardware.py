"""What Lightning's Trainer has to know of the devices, and what is done to a module to run on them."""

from __future__ import annotations

import os
import shutil
import warnings
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.pytorch.plugins.precision import MixedPrecision, Precision
from lightning.pytorch.strategies import DDPStrategy
from torch import nn

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lightning.pytorch import LightningModule

    from showerkit.train.hardware_config import Hardware
    from showerkit.train.ranks import Ranks


class _SixteenBits(MixedPrecision):
    """Mixed precision whose gradients may be clipped whatever the optimiser: bfloat16 needs no scaling."""

    def clip_gradients(self, *arguments: Any, **settings: Any) -> None:
        """Clip them as in full precision."""
        Precision.clip_gradients(self, *arguments, **settings)


class _StartedBefore(ClusterEnvironment):
    """Processes that were started by this package, all on one machine."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks

    @property
    def creates_processes_externally(self) -> bool:
        return True

    @property
    def main_address(self) -> str:
        return self._ranks.address

    @property
    def main_port(self) -> int:
        return self._ranks.port

    @staticmethod
    def detect() -> bool:
        return False

    def world_size(self) -> int:
        return self._ranks.number

    def set_world_size(self, size: int) -> None:
        """Leave it as it is."""

    def global_rank(self) -> int:
        return self._ranks.rank

    def set_global_rank(self, rank: int) -> None:
        """Leave it as it is."""

    def local_rank(self) -> int:
        return self._ranks.rank

    def node_rank(self) -> int:
        return 0


def check_devices(hardware: Hardware) -> None:
    """Refuse more graphics processors than there are, and a compilation without a compiler.

    Raises
    ------
    ConfigurationError
        If so.
    """
    if hardware.device == "auto" and torch.cuda.is_available():
        there = torch.cuda.device_count()
        if hardware.devices > there:
            raise ConfigurationError(
                "training.devices",
                got=hardware.devices,
                expected=f"at most {there}, the number of graphics processors",
                mend="take fewer, or training.device=cpu",
            )
    if hardware.compile:
        compiler = os.environ.get("CXX", "g++")
        if shutil.which(compiler) is None:
            raise ConfigurationError(
                "training.compile",
                got=f"no C++ compiler '{compiler}'",
                mend="install one, name it by the variable CXX, or set training.compile=false",
            )


def trainer_settings(hardware: Hardware, ranks: Ranks) -> dict[str, Any]:
    """Give the Trainer's arguments that tell on what it runs."""
    settings: dict[str, Any] = {
        "accelerator": hardware.device,
        "devices": ranks.number,
    }
    if hardware.precision == "bf16-mixed":
        on_graphics = hardware.device == "auto" and torch.cuda.is_available()
        settings["plugins"] = [_SixteenBits("bf16-mixed", "cuda" if on_graphics else "cpu")]
    if ranks.number > 1:
        settings["strategy"] = DDPStrategy(
            cluster_environment=_StartedBefore(ranks),
            # Networks have parts that only one phase of a training, or another training, learns.
            find_unused_parameters=True,
        )
    return settings


def log_together(module: LightningModule) -> None:
    """Let a module's figures be means over all devices."""
    log = module.log

    @wraps(log)
    def together(*names: Any, **settings: Any) -> None:
        if settings.get("batch_size") is not None:
            # The library divides sums of events by the number of devices, and would round whole numbers down.
            settings["batch_size"] = float(settings["batch_size"])
        log(*names, **{**settings, "sync_dist": True})

    object.__setattr__(module, "log", together)


@contextmanager
def compiled(module: LightningModule, wanted: bool) -> Iterator[None]:
    """Compile a module's network as long as it is trained; weights keep their names.

    Raises
    ------
    ConfigurationError
        If the network is none that can be compiled, or the compilation fails.
    """
    if not wanted:
        yield
        return
    from torch._dynamo.exc import TorchDynamoException

    network = getattr(module, "network", None)
    part = getattr(network, "velocity", network)
    if not isinstance(part, nn.Module) or type(part).forward is nn.Module.forward:
        raise ConfigurationError(
            "training.compile", got=f"{type(network).__name__}, which is not called as a whole",
            mend="set training.compile=false",
        )  # fmt: skip
    try:
        with warnings.catch_warnings():
            # Said of the library's own parts when it first compiles.
            warnings.filterwarnings("ignore", ".*torch.jit.script_method")
            part.compile()
        yield
    except (TorchDynamoException, torch._inductor.exc.InductorError) as failure:
        reason = str(failure).strip().splitlines()
        raise ConfigurationError(
            "training.compile",
            got=f"a compilation that failed ({reason[0] if reason else type(failure).__name__})",
            mend="set training.compile=false",
        ) from None
    finally:
        part._compiled_call_impl = None
