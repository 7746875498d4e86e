"""Jets and images from networks: ordered, with the right mass, each depending on seed and row alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from showerkit.data.point_scaling import PointScaling
from showerkit.errors import CheckpointError, OutOfRangeError
from showerkit.generate.cloud_request import CloudRequest, draw_request
from showerkit.generate.clouds import CloudGenerator
from showerkit.generate.images import ImageGenerator
from showerkit.generate.jets import JetGenerator
from showerkit.models.cloud_flow_config import CloudFlowConfig
from showerkit.models.convae_config import ConVAEConfig
from showerkit.train.cloud_checkpoint import CloudCheckpoint, CloudMeta
from showerkit.train.cloud_condition import CloudCondition
from showerkit.train.cloud_network import build_cloud_network
from showerkit.train.cloud_population import CloudPopulation

PLACES = 6
SMALL_VAE = {"filters": (4,), "dense": 8, "latent": 3, "padding": 2}


def population(classes=1):
    """Classes in the ratio 1 : 3, with 4 to 6 points in the ratio 1 : 1 : 2."""
    counts = np.zeros((classes, PLACES + 1), dtype=np.int64)
    counts[:, 4:] = np.array([10, 10, 20]) * np.array([[1], [3]][:classes])
    rows = np.arange(40 * classes)
    number = np.repeat([4, 5, 6, 6], 10)
    return CloudPopulation(
        counts,
        rows // 40,
        np.tile(number, classes),
        (900.0 + 10.0 * np.tile(number, classes) + rows // 40).astype(np.float32),
        np.linspace(-1.0, 1.0, 40 * classes, dtype=np.float32),
    )


def checkpoint(config, *, features="relative", classes=(0,), **changes):
    """A network that was never trained, with what a file says of it."""
    coding = "one-hot" if isinstance(config, ConVAEConfig) else "index"
    condition = CloudCondition(inputs=("class", "number"), classes=classes, places=PLACES, coding=coding)
    images = features == "pixels"
    if isinstance(config, ConVAEConfig):
        config = config.model_copy(update={"n_points": PLACES, "n_conditions": condition.columns})
    meta = CloudMeta(
        name="untrained",
        model=config,
        content="images" if images else "jets",
        features=features,
        scaling=PointScaling(offset=(0.0, 0.0, 0.3), scale=(0.1, 0.1, 0.1)),
        condition=condition,
        image_shape=(28, 28) if images else None,
        valid_range={} if images else {"number": (4.0, 6.0), "pt_gev": (800.0, 1600.0)},
        seed=1,
        data_fingerprint="0" * 64,
        n_train=40,
        **changes,
    )
    network = build_cloud_network(config, seed=5).state_dict()
    return CloudCheckpoint(meta, network, population(len(classes)))


CONFIGS = {
    "convae": ConVAEConfig(**SMALL_VAE),
    "cloud-flow": CloudFlowConfig(
        network={"kind": "epic", "hidden": 8, "layers": 1}, solver={"kind": "midpoint", "steps": 2}
    ),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_jet_depends_on_seed_and_row_alone(kind):
    generator = JetGenerator.from_checkpoint(checkpoint(CONFIGS[kind]), device="cpu")
    rows = np.arange(600)
    request = generator.draw(rows, seed=3)
    whole = generator.generate(request, 3)
    for first, last in ((0, 10), (250, 300), (599, 600)):
        part = generator.generate(request[first:last], 3, first=first)
        for name in ("particles", "mask", "pt_gev", "eta", "mass_gev", "momenta_gev"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[first:last]), name
        assert np.array_equal(generator.draw(rows[first:last], 3).number, request.number[first:last])
    other = generator.generate(request, 4)
    assert not np.array_equal(other.particles, whole.particles)


@pytest.mark.parametrize("kind", CONFIGS)
def test_jets_are_ordered_and_their_mass_is_that_of_their_particles(kind):
    generator = JetGenerator.from_checkpoint(checkpoint(CONFIGS[kind]), device="cpu")
    jets = generator.generate(generator.draw(np.arange(300), 1), 1)
    pt = jets.particles[..., 2]
    assert (np.diff(pt, axis=1) <= 0.0).all()
    assert (pt[jets.mask] > 0.0).all()
    momenta = jets.momenta_gev.astype(np.float64)
    energy = np.linalg.norm(momenta, axis=2).sum(axis=1)
    squared = energy**2 - (momenta.sum(axis=1) ** 2).sum(axis=1)
    # Rounding of momenta to float32, seen through a small difference of large numbers.
    assert squared == pytest.approx(jets.mass_gev.astype(np.float64) ** 2, abs=1e-6 * (energy**2).max())
    assert np.allclose(np.hypot(*momenta[..., :2].transpose(2, 0, 1)), pt * jets.pt_gev[:, None], rtol=1e-5)


def test_particles_below_the_threshold_are_none():
    plain = JetGenerator.from_checkpoint(checkpoint(CONFIGS["cloud-flow"]), device="cpu")
    cut = JetGenerator.from_checkpoint(checkpoint(CONFIGS["cloud-flow"], drop_below=250.0), device="cpu")
    request = plain.draw(np.arange(200), 1)
    all_jets, kept = plain.generate(request, 1), cut.generate(request, 1)
    expected = ((all_jets.particles[..., 2] * all_jets.pt_gev[:, None]) > 250.0).sum(axis=1)
    assert np.array_equal(kept.n_particles, expected)
    assert 0 < kept.n_particles.sum() < all_jets.n_particles.sum()


def test_cartesian_jets_have_the_momentum_of_their_sum():
    made = checkpoint(CONFIGS["convae"], features="cartesian")
    generator = JetGenerator.from_checkpoint(made, device="cpu")
    jets = generator.generate(generator.draw(np.arange(50), 1), 1)
    total = jets.momenta_gev.astype(np.float64).sum(axis=1)
    assert np.hypot(total[:, 0], total[:, 1]) == pytest.approx(jets.pt_gev, rel=1e-4)
    assert np.arcsinh(total[:, 2] / jets.pt_gev) == pytest.approx(jets.eta, abs=1e-3)


def test_ghosts_of_the_network_are_left_out():
    config = ConVAEConfig(**SMALL_VAE, ghosts="points", ghost_position=(-50.0, -50.0, 0.0))
    made = checkpoint(config)
    # The last layer says nothing but its bias: every point at the ghosts' place in eta.
    with torch.no_grad():
        for name, tensor in made.network.items():
            if name.startswith("decoder"):
                tensor.zero_()
    here = JetGenerator.from_checkpoint(made, device="cpu")
    request = here.draw(np.arange(10), 1)
    # At the origin all places count, whatever number was asked for.
    assert here.generate(request, 1).n_particles.tolist() == [PLACES] * 10
    for name, tensor in made.network.items():
        if name.startswith("decoder") and name.endswith("bias"):
            tensor.fill_(-50.0)
    there = JetGenerator.from_checkpoint(made, device="cpu")
    assert there.generate(request, 1).n_particles.tolist() == [0] * 10


def test_images_are_ordered_by_brightness():
    made = checkpoint(CONFIGS["cloud-flow"], features="pixels", classes=(8,))
    generator = ImageGenerator.from_checkpoint(made, device="cpu")
    found = generator.generate(generator.draw(np.arange(100), 2), 2)
    assert (np.diff(found.points[..., 2], axis=1) <= 0.0).all()
    assert found.points[..., 2].max() <= 1.0
    assert set(found.label) == {8}


def test_what_is_drawn_has_the_shares_of_the_training():
    n = 20_000
    condition = CloudCondition(inputs=("class",), classes=(0, 2), places=PLACES, coding="one-hot")
    drawn = draw_request(population(2), condition, np.arange(n), seed=1)
    for seen, share in (
        (drawn.label == 2, 0.75),
        (drawn.number == 4, 0.25),
        (drawn.number == 5, 0.25),
        (drawn.number == 6, 0.5),
    ):
        assert seen.mean() == pytest.approx(share, abs=5.0 * np.sqrt(share * (1.0 - share) / n))
    # pT goes with the number of points, and with the class, as in the training.
    assert np.array_equal(drawn.pt_gev, (900 + 10 * drawn.number + (drawn.label == 2)).astype(np.float32))


def test_what_was_never_seen_is_refused():
    generator = JetGenerator.from_checkpoint(checkpoint(CONFIGS["convae"], classes=(0, 2)), device="cpu")
    good = generator.draw(np.arange(3), 1)

    def changed(**values):
        columns = {name: getattr(good, name) for name in ("label", "number", "pt_gev", "eta", "event_id")}
        return CloudRequest(**(columns | values))

    with pytest.raises(OutOfRangeError, match="class of a cloud: got 1"):
        generator.generate(changed(label=np.ones(3)), 1)
    with pytest.raises(OutOfRangeError, match=r"number of points: got 7 to 7; expected 1 to 6"):
        generator.generate(changed(number=np.full(3, 7)), 1)
    with pytest.raises(OutOfRangeError, match=r"pt_gev of what is wanted: got 100 to 100"):
        generator.generate(changed(pt_gev=np.full(3, 100.0)), 1)
    with pytest.warns(UserWarning, match="pt_gev"):
        generator.generate(changed(pt_gev=np.full(3, 100.0)), 1, allow_out_of_range=True)


def test_weights_of_another_network_are_refused():
    made = checkpoint(CONFIGS["convae"])
    wrong = CloudCheckpoint(made.meta, {"a": torch.zeros(1)}, made.population)
    with pytest.raises(CheckpointError, match="weights of model 'untrained'"):
        CloudGenerator.from_checkpoint(wrong, device="cpu")
