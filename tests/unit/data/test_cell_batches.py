from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.augmentation_config import AugmentationConfig
from showerkit.data.cell_batches import CellBatches
from showerkit.data.records import Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.data.splits import SplitConfig
from showerkit.errors import DataError
from showerkit.geometry import load_detector
from showerkit.simulate.primaries import PrimaryConfig

N_EVENTS = 600
SPLIT = SplitConfig(validation=0.2, calibration=0.3)
BOTH = ("charged-tracks", "deposits")
MODES = {"streamed": {"memory_mb": 0.0, "buffer_events": 256}, "kept": {}}


def write(path, highest=40, *, whole=True):
    detector = load_detector("toy-hcal")
    random = np.random.default_rng(2)
    hit = random.random((N_EVENTS, detector.n_cells)) < 0.02
    tracks = hit * random.integers(1, highest + 1, hit.shape) * (1.0 if whole else 0.5)
    incident = PrimaryConfig(energy_gev=(0.0, 10.0)).sample(1, np.arange(N_EVENTS), detector)
    metadata = FileMetadata(generator="g", kind="model", detector=detector, seed=1)
    showers = Showers(incident, 0.7 * tracks, np.arange(N_EVENTS), charged_tracks=tracks)
    with ShowerWriter(path, metadata) as writer:
        writer.append(showers)
    return showers


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("cells") / "tracks.h5"
    return path, write(path)


def stream(path, inputs=("charged-tracks",), **changes):
    return CellBatches(path, inputs, **{"batch_size": 64, "split": SPLIT, "seed": 5, **changes})


def gathered(batches):
    parts = list(batches)
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}


@pytest.mark.parametrize("mode", MODES)
def test_batches_hold_the_cells_and_energies_of_the_file(sample, mode):
    path, showers = sample
    got = gathered(stream(path, BOTH, part="calibration", shuffle=False, **MODES[mode]))
    wanted = showers[SPLIT.selects("calibration", showers.event_id)]
    shape = (len(wanted), 17, 8, 8)
    np.testing.assert_array_equal(got["charged-tracks"], wanted.charged_tracks.reshape(shape))
    np.testing.assert_array_equal(got["deposits"], wanted.energy_mev.reshape(shape))
    np.testing.assert_allclose(got["energy_gev"], wanted.incident.energy_mev / 1000.0, rtol=1e-6)
    assert {values.dtype for values in got.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("highest", "whole", "kind"),
    [(255, True, np.uint8), (256, True, np.uint16), (70_000, True, np.float32), (9, False, np.float32)],
)
def test_counts_are_kept_in_few_bytes_and_exactly(tmp_path, highest, whole, kind):
    showers = write(tmp_path / "tracks.h5", highest, whole=whole)
    batches = stream(tmp_path / "tracks.h5", part="all", shuffle=False)
    got = gathered(batches)["charged-tracks"]
    assert batches._kept["charged-tracks"].dtype == kind
    np.testing.assert_array_equal(got.reshape(N_EVENTS, -1), showers.charged_tracks)


@pytest.mark.parametrize("mode", MODES)
def test_symmetries_leave_sums_of_layers_and_depend_on_seed_and_epoch_alone(sample, mode):
    path, _ = sample
    settings = {"augmentation": AugmentationConfig(max_shift_cells=1), "part": "train", **MODES[mode]}
    plain = gathered(stream(path, BOTH, part="train", **MODES[mode]))
    varied = gathered(stream(path, BOTH, **settings))
    order, other = (np.argsort(got["energy_gev"]) for got in (plain, varied))
    for name in BOTH:
        np.testing.assert_allclose(
            varied[name][other].sum(axis=(2, 3)), plain[name][order].sum(axis=(2, 3)), rtol=1e-5
        )
        assert not np.array_equal(varied[name][other], plain[name][order])
    # Both quantities of a shower move alike.
    np.testing.assert_allclose(varied["deposits"], 0.7 * varied["charged-tracks"], rtol=1e-6)
    again = stream(path, BOTH, **settings)
    np.testing.assert_array_equal(gathered(again)["deposits"], varied["deposits"])
    again.set_epoch(1)
    assert not np.array_equal(gathered(again)["deposits"], varied["deposits"])


def test_an_empty_part_is_told(sample):
    path, _ = sample
    with pytest.raises(DataError, match=r"validation part.*no events"):
        stream(path, split=SplitConfig(validation=0.0), part="validation")
