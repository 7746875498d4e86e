"""Samples of point clouds: features of particles and back, several files, and batches."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from showerkit.data.cloud_batches import CloudBatches
from showerkit.data.cloud_features import jet_columns_of, jet_points
from showerkit.data.cloud_sample import CloudSample
from showerkit.data.image_file import ImageFileMetadata, ImageWriter
from showerkit.data.jet_file import JetFileMetadata, JetWriter
from showerkit.data.jet_records import JET_TYPES, Jets
from showerkit.data.point_scaling import PointScaling
from showerkit.data.sparse_images import SparseImages
from showerkit.data.splits import SplitConfig
from showerkit.errors import ConfigurationError, DataError, FileFormatError
from showerkit.simulate.jets.kinematics import absolute_momenta
from showerkit.train.cloud_condition import CloudCondition

PLACES = 5


def some_jets(n=200, process="g", places=PLACES, seed=1):
    """Jets whose absolute momenta have the axis of the jet as their sum's, but for rounding."""
    random = np.random.default_rng(seed)
    mask = np.arange(places) < random.integers(1, places + 1, n)[:, None]
    pt = np.sort(random.uniform(0.01, 0.3, (n, places)), axis=1)[:, ::-1]
    particles = np.stack([*random.normal(0.0, 0.1, (2, n, places)), pt], axis=-1) * mask[:, :, None]
    jet_pt, eta = random.uniform(800.0, 1600.0, n), random.uniform(-2.0, 2.0, n)
    phi = random.uniform(-np.pi, np.pi, n)
    momenta = absolute_momenta(particles, jet_pt[:, None], eta[:, None], phi[:, None])
    return Jets(
        particles,
        mask,
        np.full(n, JET_TYPES[process]),
        jet_pt,
        eta,
        np.full(n, 100.0),
        np.arange(n),
        momenta * mask[:, :, None],
    )


def jet_file(path, jets, process="g"):
    metadata = JetFileMetadata(
        generator="drawn", kind="pythia8", process=process, constituents=jets.places, seed=1
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with JetWriter(path, metadata) as writer:
        writer.append(jets)
    return path


@pytest.mark.parametrize("features", ["relative", "pt-gev", "cartesian"])
def test_features_and_back(features):
    jets = some_jets()
    points = jet_points(jets, features)
    back = jet_columns_of(points, jets.mask, features, pt_gev=jets.pt_gev, eta=jets.eta, phi=np.zeros(200))
    if features != "cartesian":
        assert back["particles"] == pytest.approx(jets.particles, abs=1e-6)
        assert np.array_equal(back["pt_gev"], jets.pt_gev)
        return
    # Relative to the sum of the particles, which is another axis than that of the file.
    total = jets.momenta_gev.astype(np.float64).sum(axis=1)
    assert back["pt_gev"] == pytest.approx(np.hypot(total[:, 0], total[:, 1]))
    assert back["momenta_gev"] == pytest.approx(jets.momenta_gev, rel=1e-6)
    shift = back["particles"][..., 0] - jets.particles[..., 0]
    assert (np.ptp(np.where(jets.mask, shift, shift[:, :1]), axis=1) < 1e-4).all()


def test_features_that_do_not_fit_are_refused():
    jets = some_jets(3)
    without = Jets(*(getattr(jets, name) for name in list(Jets.__dataclass_fields__)[:-1]))
    with pytest.raises(DataError, match="no absolute momenta"):
        jet_points(without, "cartesian")
    with pytest.raises(DataError, match="got pixels"):
        jet_points(jets, "pixels")


def test_a_folder_is_one_sample_of_all_its_files(tmp_path):
    gluons, tops = some_jets(150), some_jets(100, "t", seed=2)
    jet_file(tmp_path / "mix" / "g.h5", gluons)
    jet_file(tmp_path / "mix" / "t.h5", tops, "t")
    with CloudSample(tmp_path / "mix", "relative") as sample:
        assert (len(sample), sample.places, sample.content) == (250, PLACES, "jets")
        clouds = [sample.read(start, stop) for start, stop in sample.blocks.tolist()]
        assert [set(each.label) for each in clouds] == [{0}, {2}]
        assert np.array_equal(clouds[1].points, tops.particles)
        alone = [CloudSample(tmp_path / "mix" / name, "relative") for name in ("g.h5", "t.h5")]
        assert len({sample.fingerprint(), *(one.fingerprint() for one in alone)}) == 3
    jet_file(tmp_path / "mix" / "w.h5", some_jets(10, "w", places=7), "w")
    with pytest.raises(FileFormatError, match=r"w.h5: places .*got \(7, None\)"):
        CloudSample(tmp_path / "mix", "relative")


def test_fewer_places_and_full_jets_only(tmp_path):
    path = jet_file(tmp_path / "g.h5", jets := some_jets())
    with CloudSample(path, "relative", places=3, full_only=True) as sample:
        clouds = sample.read(0, 200)
    full = jets.mask[:, :3].all(axis=1)
    assert clouds.mask.all()
    assert np.array_equal(clouds.points, jets.particles[full, :3])
    with pytest.raises(ConfigurationError, match=r"data.places: got 6; expected at most 5"):
        CloudSample(path, "relative", places=6)
    with pytest.raises(ConfigurationError, match=r"data.features: got pixels"):
        CloudSample(path, "pixels")


def test_images_are_clouds_as_well(tmp_path):
    metadata = ImageFileMetadata(generator="drawn", kind="digits", n_points=2)
    with ImageWriter(tmp_path / "a.h5", metadata) as writer:
        writer.append(SparseImages(np.ones((4, 2, 3)), np.ones((4, 2)), [8, 8, 3, 3]))
    with CloudSample(tmp_path / "a.h5", "pixels") as sample:
        clouds = sample.read(0, 4)
        assert (sample.content, sample.image_shape) == ("images", (28, 28))
    assert clouds.label.tolist() == [8, 8, 3, 3]
    assert clouds.jets is None


@pytest.mark.parametrize("memory_mb", [100.0, 0.0])
def test_batches_hold_each_cloud_of_the_part_once_and_scaled(tmp_path, memory_mb):
    path = jet_file(tmp_path / "g.h5", jets := some_jets(300))
    split = SplitConfig(validation=0.3)
    part = split.selects("train", jets.event_id)
    batches = CloudBatches(
        partial(CloudSample, path, "relative"),
        int(part.sum()),
        PointScaling(offset=(0.0, 0.0, 1.0), scale=(0.1, 0.1, 2.0)),
        CloudCondition(inputs=("number",), classes=(0,), places=PLACES, coding="one-hot"),
        batch_size=32,
        split=split,
        memory_mb=memory_mb,
    )
    found = list(batches)
    points = np.concatenate([batch["points"].numpy() for batch in found])
    mask = np.concatenate([batch["mask"].numpy() for batch in found])
    condition = np.concatenate([batch["condition"].numpy() for batch in found])
    assert len(points) == part.sum()
    assert condition[:, 0] == pytest.approx(mask.sum(axis=1) / PLACES)
    assert not points[~mask].any()
    # Every jet once: by its hardest particle, whose pT no two share.
    hardest = np.sort(points[:, 0, 2] * 2.0 + 1.0)
    assert hardest == pytest.approx(np.sort(jets.particles[part, 0, 2]), abs=1e-6)
    batches.set_epoch(1)
    assert not np.array_equal(points[:32], next(iter(batches))["points"].numpy())
