"""What a page keeps of showers: observables, layers, the brightest cells, and the same events elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerFile, ShowerWriter
from showerkit.geometry import load_detector
from showerkit.report.view.arrays import decoded
from showerkit.report.view.settings import ViewSettings
from showerkit.report.view.showers import same_events, shower_drawing, shower_table


def showers(detector, n=4, first=0, seed=1):
    """Electrons of 1, 2, ... GeV straight ahead with random deposits."""
    random = np.random.default_rng(seed)
    energy = 1e3 * np.arange(first + 1, first + n + 1)
    momentum = np.stack([0 * energy, 0 * energy, energy], axis=1)
    deposits = random.exponential(size=(n, detector.n_cells)) * (random.random((n, detector.n_cells)) < 0.5)
    incident = IncidentParticles(np.full(n, 11), energy, momentum, np.tile([1.0, 2.0, -200.0], (n, 1)))
    return Showers(incident, deposits, np.arange(first, first + n))


def write(path, detector, sample):
    with ShowerWriter(path, FileMetadata(generator="toy", kind="model", detector=detector, seed=1)) as writer:
        writer.append(sample)
    return path


@pytest.fixture(scope="module")
def layered():
    return load_detector("toy-hcal")


def test_layers_sum_to_the_deposit(layered):
    table = shower_table(showers(layered), layered, 0.1)
    np.testing.assert_allclose(table.layers_mev.sum(axis=1), table.columns["total_mev"], rtol=1e-12)
    assert table.energy_gev.tolist() == [1.0, 2.0, 3.0, 4.0]
    assert table.layers_mev.shape == (4, 17)


def test_one_layer_has_no_profile():
    zdc = load_detector("zdc-ecal")
    table = shower_table(showers(zdc), zdc, 0.1)
    assert table.layers_mev is None
    assert "depth_mm" not in table.columns


def test_the_drawing_holds_the_hits(layered):
    sample = showers(layered)
    one_by_one = [sample[slice(n, n + 1)] for n in range(len(sample))]
    code = shower_drawing(one_by_one, ViewSettings(threshold_mev=0.5))
    start = decoded(code["start"])
    drawn = np.zeros_like(sample.energy_mev)
    for n in range(len(sample)):
        part = slice(start[n], start[n + 1])
        drawn[n, decoded(code["cell"])[part]] = decoded(code["energy"])[part]
    np.testing.assert_array_equal(drawn, np.where(sample.energy_mev > 0.5, sample.energy_mev, 0.0))
    assert decoded(code["entry"]).reshape(-1, 2).tolist() == [[1.0, 2.0]] * 4


def test_only_the_brightest_cells_are_kept():
    block = load_detector("pbwo4-block")
    sample = showers(block, n=1)
    settings = ViewSettings(events=2000)
    code = shower_drawing([sample], settings)
    kept = decoded(code["energy"])
    hits = np.sort(sample.energy_mev[0][sample.energy_mev[0] > 0.1])[::-1]
    np.testing.assert_array_equal(kept, hits[: settings.hits_of_event])
    assert decoded(code["leftOut"]).tolist() == [len(hits) - settings.hits_of_event]


def test_the_same_events_are_found_wherever_they_stand(layered, tmp_path):
    whole = showers(layered, n=40)
    order = np.random.default_rng(3).permutation(40)
    path = write(tmp_path / "shuffled.h5", layered, whole[order])
    with ShowerFile(path) as file:
        found = same_events(file, [whole[slice(5, 6)], whole[slice(30, 31)]])
    assert sorted(order[found].tolist()) == [5, 30]


def test_the_same_numbers_of_other_particles_are_not_the_same_events(layered, tmp_path):
    sample = showers(layered)
    others = Showers(showers(layered, first=100).incident, sample.energy_mev, sample.event_id)
    path = write(tmp_path / "others.h5", layered, others)
    with ShowerFile(path) as file:
        assert same_events(file, [sample]) is None
