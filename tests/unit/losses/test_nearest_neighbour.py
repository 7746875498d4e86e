"""The batched nearest-neighbour losses are those of a double loop, in value and gradient."""

from __future__ import annotations

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from showerkit.errors import DataError
from showerkit.losses import nearest_neighbour
from showerkit.losses.nearest_neighbour import nearest_neighbour_distance
from showerkit.losses.nearest_neighbour_config import NearestNeighbourConfig

FORMS = ("positions", "positions-intensity", "points")
SIDES = ("both", "input", "output")


def double_loop(points, other, mask, other_mask, config):
    """The equations of the document as they stand, for one pair of sets."""
    n = points.shape[1] if config.form == "points" else config.n_positions

    def one_way(these, those):
        total = points.new_zeros(())
        for this in these:
            distances = [((this[:n] - that[:n]) ** 2).sum() for that in those]
            if not distances:
                continue
            best = min(range(len(distances)), key=lambda i: distances[i].item())
            total = total + distances[best]
            if config.form == "positions-intensity":
                total = total + ((this[n:] - those[best][n:]) ** 2).sum()
        return total

    here = [p for p, m in zip(points, mask, strict=True) if m]
    there = [p for p, m in zip(other, other_mask, strict=True) if m]
    total = points.new_zeros(())
    if config.side != "output":
        total = total + one_way(here, there)
    if config.side != "input":
        total = total + one_way(there, here)
    return total


def sets(seed, sizes, dtype, share=0.7):
    """Two random sets of points with masks: a pair of sets for each of B."""
    batch, n, m, features = sizes
    random = torch.Generator().manual_seed(seed)
    points = torch.randn(batch, n, features, generator=random, dtype=torch.float64).to(dtype)
    other = torch.randn(batch, m, features, generator=random, dtype=torch.float64).to(dtype)
    mask = torch.rand(batch, n, generator=random) < share
    other_mask = torch.rand(batch, m, generator=random) < share
    return points, other, mask, other_mask


def with_gradient(function, points, other):
    points, other = points.clone().requires_grad_(), other.clone().requires_grad_()
    values = function(points, other)
    # Different weights, so that a mixed-up batch shows.
    weights = torch.arange(1, len(values) + 1, dtype=values.dtype)
    (values * weights).sum().backward()
    zero = torch.zeros(())
    return values.detach(), *(x.grad if x.grad is not None else zero for x in (points, other))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["double", "single"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**31 - 1),
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 7), st.integers(1, 7), st.integers(3, 4)),
    share=st.sampled_from([0.0, 0.4, 0.8, 1.0]),
)
@example(seed=1, sizes=(2, 12, 9, 3), share=0.8)
def test_value_and_gradient_are_those_of_the_double_loop(form, side, dtype, seed, sizes, share):
    config = NearestNeighbourConfig(form=form, side=side)
    points, other, mask, other_mask = sets(seed, sizes, dtype, share)
    fast = with_gradient(
        lambda a, b: nearest_neighbour_distance(a, b, mask, other_mask, config=config), points, other
    )
    slow = with_gradient(
        lambda a, b: (
            torch.stack([double_loop(*row, config) for row in zip(a, b, mask, other_mask, strict=True)])
            + 0.0 * (a.sum() + b.sum())
        ),
        points,
        other,
    )
    for found, expected in zip(fast, slow, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_jets_of_thirty_particles_in_small_pieces(form, monkeypatch):
    config = NearestNeighbourConfig(form=form)
    points, other, mask, other_mask = sets(3, (7, 30, 30, 3), torch.float32)
    whole = nearest_neighbour_distance(points, other, mask, other_mask, config=config)
    monkeypatch.setitem(nearest_neighbour._PAIRS_AT_ONCE, "cpu", 2 * 900)
    pieces = nearest_neighbour_distance(points, other, mask, other_mask, config=config)
    assert torch.equal(whole, pieces)
    rows = zip(points.double(), other.double(), mask, other_mask, strict=True)
    expected = torch.stack([double_loop(*row, config) for row in rows])
    torch.testing.assert_close(whole.double(), expected, rtol=1e-5, atol=0.0)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31 - 1))
def test_the_order_of_the_points_does_not_matter(form, seed):
    config = NearestNeighbourConfig(form=form)
    points, other, mask, other_mask = sets(seed, (2, 9, 6, 3), torch.float64)
    random = torch.Generator().manual_seed(seed)
    one, two = torch.randperm(9, generator=random), torch.randperm(6, generator=random)
    mixed = nearest_neighbour_distance(
        points[:, one], other[:, two], mask[:, one], other_mask[:, two], config=config
    )
    same = nearest_neighbour_distance(points, other, mask, other_mask, config=config)
    torch.testing.assert_close(mixed, same)


@pytest.mark.parametrize("form", FORMS)
def test_both_sides_are_symmetric_and_the_sum_of_one_sided_ones(form):
    points, other, mask, other_mask = sets(5, (4, 9, 6, 3), torch.float64)
    both, given_side, output = (
        nearest_neighbour_distance(
            points, other, mask, other_mask, config=NearestNeighbourConfig(form=form, side=side)
        )
        for side in SIDES
    )
    torch.testing.assert_close(both, given_side + output)
    exchanged = nearest_neighbour_distance(
        other, points, other_mask, mask, config=NearestNeighbourConfig(form=form)
    )
    torch.testing.assert_close(both, exchanged)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("nonsense", [float("nan"), 1e30])
def test_what_stands_in_masked_places_changes_nothing(form, nonsense):
    config = NearestNeighbourConfig(form=form)
    points, other, mask, other_mask = sets(9, (3, 8, 8, 3), torch.float64)

    def loss(a, b):
        return nearest_neighbour_distance(a, b, mask, other_mask, config=config)

    clean = with_gradient(loss, points, other)
    points[~mask], other[~other_mask] = nonsense, nonsense
    dirty = with_gradient(loss, points, other)
    for found, expected in zip(dirty, clean, strict=True):
        assert torch.equal(found, expected)
    assert not dirty[2][~other_mask].any()


def test_equal_sets_have_no_distance_and_one_side_cannot_see_what_is_missing():
    points = torch.tensor([[[0.0, 0.0, 1.0], [5.0, 0.0, 2.0]]])
    config = NearestNeighbourConfig()
    assert nearest_neighbour_distance(points, points.flip(1), config=config).item() == 0.0
    only_first = points[:, :1].expand(1, 2, 3)
    blind = NearestNeighbourConfig(side="output")
    assert nearest_neighbour_distance(points, only_first, config=blind).item() == 0.0
    assert nearest_neighbour_distance(points, only_first, config=config).item() == 26.0


def test_intensities_are_compared_for_pairs_matched_by_position():
    one = torch.tensor([[[0.0, 0.0, 1.0], [4.0, 0.0, 3.0]]])
    two = torch.tensor([[[1.0, 0.0, 3.0], [5.0, 0.0, 1.0]]])
    expected = {"positions": 4.0, "positions-intensity": 4.0 + 4 * 4.0, "points": 4 * 5.0}
    for form, value in expected.items():
        config = NearestNeighbourConfig(form=form)
        assert nearest_neighbour_distance(one, two, config=config).item() == value


def test_masked_points_take_no_part_even_where_they_are_nearest():
    one = torch.tensor([[[0.0, 0.0, 0.0]]])
    two = torch.tensor([[[0.0, 0.0, 0.0], [3.0, 0.0, 0.0]]])
    other_mask = torch.tensor([[False, True]])
    assert (
        nearest_neighbour_distance(one, two, None, other_mask, config=NearestNeighbourConfig()).item() == 18
    )


@pytest.mark.parametrize(
    ("shapes", "form"),
    [
        (((2, 3, 3), (2, 3, 2), (2, 3)), "points"),
        (((2, 3, 3), (1, 3, 3), (2, 3)), "points"),
        (((2, 3), (2, 3), (2, 3)), "points"),
        (((2, 3, 3), (2, 3, 3), (2, 4)), "points"),
        (((2, 0, 3), (2, 3, 3), (2, 0)), "points"),
        (((2, 3, 1), (2, 3, 1), (2, 3)), "positions"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(shapes, form):
    one, two, mask = shapes
    with pytest.raises(DataError):
        nearest_neighbour_distance(
            torch.zeros(one),
            torch.zeros(two),
            torch.ones(mask, dtype=torch.bool),
            config=NearestNeighbourConfig(form=form),
        )


@pytest.mark.parametrize("wrong", [{"form": "cosine"}, {"side": "left"}, {"n_positions": 0}, {"p": 2}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        NearestNeighbourConfig.model_validate(wrong)
