"""Streams that begin in mid-epoch, are read by several processes, or are shared by several devices."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
import torch

from showerkit.data.condition_transform import ConditionTransform
from showerkit.data.datasets import ShowerBatches
from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.data.splits import SplitConfig
from showerkit.errors import DataError

N = 3000
SPLIT = SplitConfig(validation=0.25)
RAW = ConditionTransform(inputs=("energy", "x"), normalisation="none", offset=(0, 0), scale=(1, 1))
MODES = {"streamed": {"memory_mb": 0.0, "buffer_events": 512}, "kept": {}}


@pytest.fixture(scope="module")
def sample(tmp_path_factory, photons, detector):
    """Shards of unequal sizes; the incident energy tells the event id."""
    folder = tmp_path_factory.mktemp("shards")
    metadata = FileMetadata(generator="g", kind="geant4", detector=detector, seed=1)
    for number, (first, last) in enumerate([(0, 700), (700, 1900), (1900, N)]):
        showers = photons(last - first, first=first, seed=number)
        energy = showers.event_id.astype(np.float32) + 1
        with ShowerWriter(folder / f"{number}.h5", metadata) as writer:
            writer.append(replace(showers, incident=replace(showers.incident, energy_mev=energy)))
    return folder


def stream(sample, **changes):
    return ShowerBatches(sample, RAW, **{"batch_size": 96, "split": SPLIT, "seed": 5, **changes})


def events(batches):
    return [(batch["incident_energy"].numpy().astype(int) - 1).tolist() for batch in batches]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("epoch_events", [None, 1000])
def test_an_epoch_begun_in_its_middle_gives_the_rest(sample, mode, epoch_events):
    batches = stream(sample, epoch_events=epoch_events, **MODES[mode])
    batches.set_epoch(2)
    whole = events(batches)
    assert len(whole) == len(batches)
    for first in (0, 1, 5, 6, len(whole) - 1, len(whole)):
        batches.set_epoch(2, first)
        assert events(batches) == whole[first:]


def test_what_comes_before_the_middle_of_an_epoch_is_not_read(sample, monkeypatch):
    batches = stream(sample, part="all", **MODES["streamed"])
    read = []
    own = batches.part_columns
    monkeypatch.setattr(batches, "part_columns", lambda *rows: read.append(rows[1:]) or own(*rows))
    whole = events(batches)
    blocks = len(read)
    batches.set_epoch(0, len(whole) - 1)
    read.clear()
    assert events(batches) == whole[-1:]
    assert 0 < len(read) <= 2 < blocks


def test_blocks_without_an_event_of_the_part(sample):
    """Groups of one block, of which some hold fewer events than a batch."""
    settings = {"memory_mb": 0.0, "buffer_events": 1, "split": SplitConfig(validation=0.02)}
    batches = stream(sample, part="validation", batch_size=64, **settings)
    whole = events(batches)
    assert [len(batch) for batch in whole] == [64] * (len(whole) - 1) + [len(whole[-1])]
    expected = np.flatnonzero(settings["split"].selects("validation", np.arange(N)))
    assert sorted(chain.from_iterable(whole)) == expected.tolist()


@pytest.mark.slow
def test_the_batches_are_the_same_whatever_the_number_of_reading_processes(sample):
    alone = stream(sample, **MODES["streamed"])
    helped = stream(sample, **MODES["streamed"])
    helped.loader_workers = 2
    try:
        for epoch, first in ((0, 0), (1, 0), (1, 7)):
            for batches in (alone, helped):
                batches.set_epoch(epoch, first)
            for one, other in zip(alone, helped, strict=True):
                for name, values in one.items():
                    assert torch.equal(values, other[name])
    finally:
        helped.close()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("ranks", [2, 3])
def test_devices_share_the_batches_of_one(sample, mode, ranks):
    whole = events(stream(sample, **MODES[mode]))
    shares = []
    for rank in range(ranks):
        batches = stream(sample, **MODES[mode])
        batches.share(rank, ranks, even=False)
        shares.append(events(batches))
    for number, batch in enumerate(whole):
        of_number = (share[number] for share in shares if number < len(share))
        assert list(chain.from_iterable(of_number)) == batch
    sizes = {len(share[0]) for share in shares}
    assert sizes == {96 // ranks}


def test_a_batch_that_cannot_be_divided_is_refused(sample):
    with pytest.raises(DataError, match="batch_size: got 96; expected a multiple of 5"):
        stream(sample).share(0, 5, even=True)


@pytest.mark.parametrize("mode", MODES)
def test_even_shares_end_before_what_cannot_be_shared(sample, mode):
    whole = list(chain.from_iterable(events(stream(sample, epoch_events=961, **MODES[mode]))))
    for rank in range(2):
        batches = stream(sample, epoch_events=961, **MODES[mode])
        batches.share(rank, 2, even=True)
        mine = events(batches)
        assert [len(batch) for batch in mine] == [48] * 10 == [48] * len(batches)
        assert set(chain.from_iterable(mine)) <= set(whole[:960])
