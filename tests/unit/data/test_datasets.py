from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from showerkit.data.condition_transform import ConditionTransform
from showerkit.data.datasets import ShowerBatches, fit_transforms
from showerkit.data.splits import SplitConfig
from showerkit.errors import DataError

SPLIT = SplitConfig(validation=0.25)
RAW = ConditionTransform(inputs=("energy", "x"), normalisation="none", offset=(0, 0), scale=(1, 1))
#: Read from disk with a buffer of 2 chunks, or kept in memory.
MODES = {"streamed": {"memory_mb": 0.0, "buffer_events": 512}, "kept": {}}


@pytest.fixture(scope="module")
def sample(tmp_path_factory, photons, detector):
    """Shards of 4,000 events in all; the incident energy tells the event id."""
    from dataclasses import replace

    from showerkit.data.shower_file import FileMetadata, ShowerWriter

    folder = tmp_path_factory.mktemp("shards")
    metadata = FileMetadata(generator="g", kind="geant4", detector=detector, seed=1)
    for number in range(4):
        showers = photons(1000, first=1000 * number, seed=number)
        energy = showers.event_id.astype(np.float32) + 1
        showers = replace(showers, incident=replace(showers.incident, energy_mev=energy))
        with ShowerWriter(folder / f"{number}.h5", metadata) as writer:
            writer.append(showers)
    return folder


def batches(sample, **changes):
    settings = {"batch_size": 128, "split": SPLIT, "seed": 5, **changes}
    return ShowerBatches(sample, RAW, **settings)


def events(stream):
    return torch.cat([batch["incident_energy"] for batch in stream]).numpy().astype(int) - 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("part", ["train", "validation", "all"])
def test_each_event_of_the_part_once_an_epoch(sample, mode, part):
    stream = batches(sample, part=part, **MODES[mode])
    expected = np.flatnonzero(SPLIT.selects(part, np.arange(4000)))
    got = events(stream)
    np.testing.assert_array_equal(np.sort(got), expected)
    sizes = [len(batch["energy"]) for batch in stream]
    assert len(sizes) == len(stream)
    assert set(sizes[:-1]) == {128}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("epoch_events", [1, 128, 700, 1500, 10_000])
def test_an_epoch_of_so_many_events_holds_no_event_twice(sample, mode, epoch_events):
    stream = batches(sample, part="train", epoch_events=epoch_events, **MODES[mode])
    first = events(stream)
    assert len(first) == len(np.unique(first)) == min(epoch_events, stream.n_events)
    assert sum(1 for _ in stream) == len(stream) == -(-len(first) // 128)
    stream.set_epoch(1)
    second = events(stream)
    assert len(second) == len(first)
    if 500 < epoch_events < 2000:  # another part of the sample: not the same events once more
        assert len(np.intersect1d(first, second)) < len(first)


@pytest.mark.parametrize("mode", MODES)
def test_a_batch_holds_what_the_file_holds(sample, mode):
    from showerkit.data.shower_file import read_showers

    showers = read_showers(sample)
    for batch in batches(sample, **MODES[mode]):
        rows = batch["incident_energy"].numpy().astype(int) - 1
        assert batch["energy"].shape == (len(rows), 1, 20, 20)
        assert all(values.dtype == torch.float32 for values in batch.values())
        np.testing.assert_array_equal(batch["energy"].numpy().reshape(-1, 400), showers.energy_mev[rows])
        np.testing.assert_array_equal(batch["condition"][:, 1], showers.incident.position_mm[rows, 0])


@pytest.mark.parametrize("mode", MODES)
def test_order_depends_on_seed_and_epoch_alone(sample, mode):
    stream, again, other = (batches(sample, seed=seed, **MODES[mode]) for seed in (5, 5, 6))
    first = events(stream)
    np.testing.assert_array_equal(first, events(again))
    assert (first != events(other)).any()
    stream.set_epoch(1)
    second = events(stream)
    assert (first != second).any()
    again.set_epoch(1)
    np.testing.assert_array_equal(second, events(again))


@pytest.mark.parametrize("mode", MODES)
def test_shuffling_leaves_no_trend(sample, mode):
    """Rank correlations of place and event over epochs, of width 1/sqrt(n) each for a random order."""
    stream = batches(sample, part="all", **MODES[mode])
    correlations = []
    for epoch in range(8):
        stream.set_epoch(epoch)
        got = events(stream)
        correlations.append(np.corrcoef(np.arange(len(got)), got)[0, 1])
    # Blocks stay together within one buffer's length: 16 blocks are what is permuted as a whole.
    assert abs(np.mean(correlations)) < 5 / np.sqrt(16 * 8)
    neighbours = np.abs(np.diff(got)) == 1
    # Neighbours in the file rarely stay neighbours: 1 in 512 of the buffer, 2 sides.
    assert neighbours.mean() < 5 * 2 / 512


def test_batches_mix_events_from_the_whole_buffer(sample):
    stream = batches(sample, part="all", memory_mb=0.0, buffer_events=4096)
    for batch in stream:
        got = batch["incident_energy"].numpy()
        if len(got) == 128:
            # The mean of 128 of 4,000 numbers drawn at random.
            assert abs(got.mean() - 2000) < 5 * 4000 / np.sqrt(12 * 128)


@pytest.mark.parametrize("mode", MODES)
def test_without_shuffling_the_order_is_the_files(sample, mode):
    np.testing.assert_array_equal(
        events(batches(sample, part="all", shuffle=False, **MODES[mode])), np.arange(4000)
    )


@pytest.mark.parametrize(("mode", "workers"), [("streamed", 0), ("kept", 0), ("streamed", 1)])
def test_a_loader_gives_the_same_batches(sample, mode, workers):
    stream = batches(sample, **MODES[mode])
    context = "spawn" if workers else None
    loader = DataLoader(stream, batch_size=None, num_workers=workers, multiprocessing_context=context)
    np.testing.assert_array_equal(events(loader), events(stream))


def test_two_loading_processes_are_refused(sample):
    loader = DataLoader(batches(sample), batch_size=None, num_workers=2, multiprocessing_context="fork")
    with pytest.raises(DataError, match="num_workers"):
        next(iter(loader))


def test_buffer_is_bounded(sample, monkeypatch):
    stream = batches(sample, part="all", **MODES["streamed"])
    held = []
    gather = ShowerBatches._gather

    def watched(self, file, blocks):
        columns = gather(self, file, blocks)
        held.append(len(columns["energy"]))
        return columns

    monkeypatch.setattr(ShowerBatches, "_gather", watched)
    assert len(events(stream)) == 4000
    assert max(held) <= 512


def test_an_empty_part_is_refused(sample):
    with pytest.raises(DataError, match="test part: got no events"):
        batches(sample, part="test")


def test_transforms_are_fitted_on_the_training_part_alone(sample):
    from showerkit.data.shower_file import read_showers

    fitted = fit_transforms(sample, SPLIT, inputs=("energy", "theta"), cell_energy="log", threshold_mev=0.5)
    showers = read_showers(sample)
    train = showers[SPLIT.selects("train", showers.event_id)]
    energy = train.incident.energy_mev
    hits = np.log(train.energy_mev[train.energy_mev > 0.5].astype(float) / 0.5)
    assert fitted.n_events == len(train)
    assert fitted.particles == (22,)
    assert fitted.ranges["energy"] == (energy.min(), energy.max())
    assert fitted.condition.offset[0] == energy.min()
    assert fitted.condition.scale[0] == pytest.approx(energy.max() - energy.min(), rel=1e-12)
    assert fitted.condition.offset[1] == pytest.approx(train.incident.theta_rad.mean(), rel=1e-12)
    assert fitted.condition.scale[1] == pytest.approx(train.incident.theta_rad.std(), rel=1e-7)
    assert fitted.cell_energy.mean == pytest.approx(hits.mean(), rel=1e-9)
    assert fitted.cell_energy.width == pytest.approx(hits.std(), rel=1e-7)
    linear = fit_transforms(sample, SPLIT, inputs=("energy",)).cell_energy
    assert linear.scale_mev == train.energy_mev.max()
