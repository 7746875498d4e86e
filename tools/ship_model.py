"""Put the model of a finished run among the shipped ones, with its card.

    python tools/ship_model.py runs/gan-best zdc-ecal-gan
    python tools/ship_model.py runs/toy-hcal-energy toy-hcal-energy --metrics report/metrics.json
    python tools/ship_model.py runs/jets-g-flow jets-g-flow

The model is written anew, so that the file holds what a model needs and nothing else.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from showerkit.errors import CheckpointError
from showerkit.export.cloud_model_card import cloud_model_card
from showerkit.export.energy_model_card import energy_model_card
from showerkit.export.jet_energy_model_card import jet_energy_model_card
from showerkit.export.model_card import model_card
from showerkit.train.checkpoint import load_checkpoint, save_checkpoint
from showerkit.train.cloud_checkpoint import is_cloud_model, load_cloud_checkpoint, save_cloud_checkpoint
from showerkit.train.energy_checkpoint import load_energy_checkpoint, save_energy_checkpoint
from showerkit.train.jet_energy_checkpoint import (
    is_jet_energy_model,
    load_jet_energy_checkpoint,
    save_jet_energy_checkpoint,
)

_MOST_BYTES = 5_000_000


def main() -> int:
    """Write model and card."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of a finished run or training")
    parser.add_argument("name", help="name of the shipped model")
    parser.add_argument("--metrics", type=Path, help="another evaluation than the run's own")
    parser.add_argument("--command", action="append", default=[], help="a command that made it (repeatable)")
    arguments = parser.parse_args()
    source = arguments.run / "model" / "model.skm"
    if not source.exists():
        source = arguments.run / "model.skm"  # the folder of a training alone
    metrics = json.loads((arguments.metrics or arguments.run / "report" / "metrics.json").read_text())
    folder = Path(__file__).parents[1] / "src" / "showerkit" / "zoo" / arguments.name
    folder.mkdir(parents=True, exist_ok=True)
    model = folder / "model.skm"
    made = ["generate", arguments.name, "-n", "10000", "-o", "showers.h5"]
    if is_cloud_model(source):
        clouds = load_cloud_checkpoint(source)
        save_cloud_checkpoint(model, clouds)
        card, use = cloud_model_card(arguments.name, clouds, metrics, arguments.command), made
    elif is_jet_energy_model(source):
        calibration = load_jet_energy_checkpoint(source)
        save_jet_energy_checkpoint(model, calibration)
        card = jet_energy_model_card(arguments.name, calibration, metrics, arguments.command)
        use = ["reconstruct", arguments.name, "jets.h5", "-o", "calibrated.h5"]
    else:
        try:
            generator = load_checkpoint(source)
        except CheckpointError:
            energies = load_energy_checkpoint(source)
            save_energy_checkpoint(model, energies)
            card = energy_model_card(arguments.name, energies, metrics, arguments.command)
            use = ["reconstruct", arguments.name, "showers.h5", "-o", "energies.h5"]
        else:
            save_checkpoint(model, generator)
            card, use = model_card(arguments.name, generator, metrics, arguments.command), made
    if model.stat().st_size >= _MOST_BYTES:
        model.unlink()
        print(f"{arguments.name}: too large to be shipped", file=sys.stderr)
        return 1
    (folder / "card.md").write_text(card, encoding="utf-8")
    print(shlex.join(["showerkit", *use]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
