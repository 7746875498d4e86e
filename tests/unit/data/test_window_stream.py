"""Windows from files: the stream of batches, and the fit to the training part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from showerkit.data.condition_transform import ConditionTransform
from showerkit.data.datasets import ShowerBatches
from showerkit.data.entry_frame import EntryFrame
from showerkit.data.shower_file import FileMetadata, ShowerWriter, read_showers
from showerkit.data.splits import SplitConfig
from showerkit.data.window_condition import WindowCondition
from showerkit.data.window_fit import fit_window_transforms
from showerkit.errors import DataError
from showerkit.geometry import load_detector

SPLIT = SplitConfig(validation=0.25)
MODES = {"streamed": {"memory_mb": 0.0, "buffer_events": 512}, "kept": {}}
CONDITION = WindowCondition(mean=(1e4, 9.0, 0.1, 0.1, 0.0, 0.0), width=(5e3, 1.0, 0.1, 0.1, 0.3, 0.3))


@pytest.fixture(scope="module")
def sample(tmp_path_factory, photons, detector):
    """Two shards of 1,500 events in all; the incident energy tells the event id."""
    folder = tmp_path_factory.mktemp("windows")
    metadata = FileMetadata(generator="g", kind="geant4", detector=detector, seed=1)
    for number in range(2):
        showers = photons(750, first=750 * number, seed=number)
        energy = showers.event_id.astype(np.float32) + 1
        showers = replace(showers, incident=replace(showers.incident, energy_mev=energy))
        with ShowerWriter(folder / f"{number}.h5", metadata) as writer:
            writer.append(showers)
    return folder


@pytest.fixture(scope="module")
def frame(detector):
    return EntryFrame(detector, 15, 35.0, mirror=True)


def batches(sample, frame, condition=CONDITION, **changes):
    return ShowerBatches(sample, condition, frame=frame, split=SPLIT, batch_size=128, seed=5, **changes)


@pytest.mark.parametrize(("mode", "workers"), [("streamed", 0), ("kept", 0), ("streamed", 1)])
def test_a_batch_holds_the_windows_of_the_files_images(sample, frame, mode, workers):
    showers = read_showers(sample)
    place = frame.place(showers.incident)
    windows, told = frame.windows(showers.energy_mev, place), frame.condition(showers.incident, place)
    stream = batches(sample, frame, **MODES[mode])
    if workers:
        stream = DataLoader(stream, batch_size=None, num_workers=1, multiprocessing_context="spawn")
    met = []
    for batch in stream:
        rows = batch["incident_energy"].numpy().astype(int) - 1
        assert all(values.dtype == torch.float32 for values in batch.values())
        np.testing.assert_array_equal(batch["energy"], windows[rows])
        np.testing.assert_array_equal(batch["condition"], CONDITION(told[rows]))
        met.append(rows)
    np.testing.assert_array_equal(
        np.sort(np.concatenate(met)), np.flatnonzero(SPLIT.selects("train", np.arange(1500)))
    )


def test_memory_is_that_of_the_windows(sample, detector):
    """Of 1,500 events: windows of 3 x 3 cells fit where images of 400 do not, and the widest do not."""
    memory = {"memory_mb": 1500 * 4 * 399 / 2**20, "part": "all"}
    images = ShowerBatches(
        sample,
        ConditionTransform(inputs=("energy",), normalisation="none", offset=(0,), scale=(1,)),
        split=SPLIT,
        batch_size=128,
        **memory,
    )
    for stream, kept in (
        (images, False),
        (batches(sample, EntryFrame(detector, 3, 0.0, mirror=True), **memory), True),
        (batches(sample, EntryFrame(detector, 41, 0.0, mirror=True), **memory), False),
    ):
        next(iter(stream))
        assert bool(stream._kept) == kept


def test_frame_and_condition_belong_together(sample, frame):
    whole = ConditionTransform(inputs=("energy",), normalisation="none", offset=(0,), scale=(1,))
    with pytest.raises(DataError, match="condition: got ConditionTransform; expected WindowCondition"):
        batches(sample, frame, whole)
    with pytest.raises(DataError, match="condition: got WindowCondition; expected ConditionTransform"):
        batches(sample, None)


def test_another_detector_is_refused(sample):
    other = EntryFrame(load_detector("toy-hcal"), 3, 0.0, mirror=True)
    with pytest.raises(DataError, match="detector: got zdc-ecal; expected toy-hcal"):
        batches(sample, other)
    with pytest.raises(DataError, match="detector: got zdc-ecal; expected toy-hcal"):
        fit_window_transforms(sample, SPLIT, other, 0.1)


@pytest.mark.parametrize("across", [5, 15, 41])
def test_the_fit_is_to_the_training_part_alone(sample, detector, across):
    frame = EntryFrame(detector, across, 35.0, mirror=True)
    fitted = fit_window_transforms(sample, SPLIT, frame, 0.5)
    showers = read_showers(sample)
    train = showers[SPLIT.selects("train", showers.event_id)]
    place = frame.place(train.incident)
    windows, told = frame.windows(train.energy_mev, place), frame.condition(train.incident, place)
    assert fitted.n_events == len(train)
    assert fitted.particles == (22,)
    assert fitted.ranges["energy"] == (train.incident.energy_mev.min(), train.incident.energy_mev.max())
    assert set(fitted.ranges) == {"energy", "px", "py", "pz", "theta", "phi", "x", "y"}
    np.testing.assert_allclose(fitted.condition.mean, told.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(fitted.condition.width, told.std(axis=0), rtol=1e-9)
    inside = frame.images(windows, place)
    lost = train.energy_mev - inside
    total = train.energy_mev.sum(dtype=float)
    assert fitted.lost_energy_share == pytest.approx(lost.sum(dtype=float) / total, abs=1e-9)
    hits = np.count_nonzero(train.energy_mev > 0.5)
    assert fitted.lost_hit_share == pytest.approx(np.count_nonzero(lost > 0.5) / hits, abs=1e-12)
    assert (fitted.lost_energy_share == 0.0) == (fitted.lost_hit_share == 0.0) == (across == 41)
    assert fitted.hit_share.shape == fitted.mean_log_hit.shape == frame.shape
    np.testing.assert_allclose(fitted.hit_share, (windows > 0.5).mean(axis=0), rtol=1e-12)
    for cell in np.ndindex(1, across, across):
        energy = windows[(slice(None), *cell)]
        energy = energy[energy > 0.5].astype(float)
        expected = np.log10(energy / 0.5).mean() if len(energy) else 0.0
        assert fitted.mean_log_hit[cell] == pytest.approx(expected, abs=1e-5)


def test_nothing_to_fit_is_refused(sample, frame):
    with pytest.raises(DataError, match="in any window; expected hits"):
        fit_window_transforms(sample, SPLIT, frame, 1e9)


def test_an_empty_training_part_is_refused(write_sample, photons, frame):
    """One event that the split gives to validation."""
    split = SplitConfig(validation=0.5)
    first = int(np.flatnonzero(split.selects("validation", np.arange(100)))[0])
    with pytest.raises(DataError, match="training part: got no events"):
        fit_window_transforms(write_sample(photons(1, first=first)), split, frame, 0.1)
