"""A network of one's own, from its definition to a report: `python examples/own_network.py`."""

import torch

from showerkit import StrictConfig, register_energy_network
from showerkit.models.calibrated_model import CalibratedEnergyModel
from showerkit.models.energy_model import dense


class CoreAndHaloSettings(StrictConfig):
    """What a recipe may set: cells from the middle to the edge of the core, and the width of the layers."""

    core_cells: float = 2.0
    hidden: int = 32


class CoreAndHalo(CalibratedEnergyModel):
    """Layer sums in the shower's core and around it, a dense network on them, added to a linear fit."""

    def __init__(self, config, settings, shape, outputs):
        super().__init__(config, shape, settings.hidden, outputs)
        layers, cells_y, cells_x = shape
        y = torch.arange(cells_y).sub(0.5 * (cells_y - 1)).abs()
        x = torch.arange(cells_x).sub(0.5 * (cells_x - 1)).abs()
        core = torch.maximum(y[:, None], x[None, :]) < settings.core_cells
        self.register_buffer("core", core, persistent=False)
        self.dense = dense([2 * len(config.inputs) * layers, settings.hidden, settings.hidden])

    def forward(self, cells, second=None):
        """Measure energies in GeV; what else the objective asks for stands behind them."""
        images = self.scaled_images(cells, second)  # (B, inputs, layers, cells_y, cells_x)
        total, core = images.sum(dim=(3, 4)), (images * self.core).sum(dim=(3, 4))
        told = torch.cat([core, total - core], dim=1).flatten(1).log1p()
        return self.calibrated(total, self.dense(told))


register_energy_network("core-and-halo", CoreAndHalo, settings=CoreAndHaloSettings)

if __name__ == "__main__":
    from showerkit import PrimaryConfig, workflow

    electrons = PrimaryConfig(particles=("e-",), energy_gev=(0.0, 10.0), position_mm=(0.0, 0.0))
    workflow.simulate("toy-hcal", "train.h5", n=4000, primaries=electrons, seed=1)
    workflow.simulate("toy-hcal", "test.h5", n=1000, primaries=electrons, seed=2)
    own = {"model": {"kind": "own-energy", "network": "core-and-halo", "settings": {"hidden": 16}}}
    workflow.train("layer-profile", "train.h5", "runs/core-and-halo", overrides=own)
    workflow.train("linear-layers", "train.h5", "runs/linear")
    for name in ("core-and-halo", "linear"):
        workflow.reconstruct(f"runs/{name}", "test.h5", f"{name}.h5")
    print(workflow.evaluate("test.h5", ["linear.h5", "core-and-halo.h5"], "report"))
