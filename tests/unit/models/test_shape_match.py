"""Hits moved to a shape: its sums are reached, small energies stay as they are."""

from __future__ import annotations

import torch

from showerkit.data.cell_layout import window_layout
from showerkit.models.lit_cells import LitCells
from showerkit.models.shape_match import conditions, matched_to_shape, wanted_sums
from showerkit.models.shower_flow_config import ShowerShapeConfig
from showerkit.models.shower_shape import ShowerShape

ACROSS, SHOWERS, HITS = 7, 200, 20
LAYOUT = window_layout(1, ACROSS)
TABLE = conditions(torch.from_numpy(LAYOUT.position))


def showers() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Energies, owners and places of random hits, the hottest in the middle."""
    random = torch.Generator().manual_seed(1)
    place = torch.stack([torch.randperm(ACROSS**2 - 1, generator=random)[:HITS] for _ in range(SHOWERS)])
    place = place + (place >= ACROSS**2 // 2).long()  # all but the middle
    place[:, 0] = ACROSS**2 // 2
    energy = 100.0 * (0.01 + torch.rand(SHOWERS, HITS, generator=random, dtype=torch.float64) ** 4)
    energy[:, 0] = 3000.0
    event = torch.arange(SHOWERS).repeat_interleave(HITS)
    return energy.flatten(), event, place.flatten()


def test_share_centre_and_width_are_reached() -> None:
    energy, event, place = showers()
    shape = ShowerShape(ShowerShapeConfig(transforms=1, hidden=8), told=3, layout=LAYOUT)

    def measured(energy: torch.Tensor) -> torch.Tensor:
        # Decades above 1, so that hits are where energies are.
        windows = LitCells(event, place, energy).windows(SHOWERS, (1, ACROSS, ACROSS))
        return shape.measure(windows.clamp(min=1e-9).log10(), (windows > 0.0).double())

    before = measured(energy)
    share = before[:, 1] * 1.002
    centre, width = before[:, 2:4] + 0.003, before[:, 4] * 0.99
    made = matched_to_shape(energy, event, place, wanted_sums(share, centre, width), share, TABLE)
    after = measured(made)
    torch.testing.assert_close(after[:, 0], before[:, 0])
    torch.testing.assert_close(after[:, 1], share, rtol=2e-3, atol=0.0)
    torch.testing.assert_close(after[:, 2:4], centre, rtol=0.0, atol=2e-3)
    torch.testing.assert_close(after[:, 4], width, rtol=5e-3, atol=0.0)


def present(energy: torch.Tensor, event: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Energies of showers of energy 1, their sums and the shares of their hottest hits."""
    one = energy / event.bincount(energy)[event]
    sums = torch.zeros(SHOWERS, 4, dtype=torch.float64)
    sums.index_add_(0, event, one[:, None] * TABLE[place])
    return one, sums, one.view(SHOWERS, HITS)[:, 0]


def test_what_is_right_already_stays() -> None:
    energy, event, place = showers()
    one, sums, share = present(energy, event, place)
    torch.testing.assert_close(matched_to_shape(energy, event, place, sums, share, TABLE), one)


def test_small_energies_move_least() -> None:
    energy, event, place = showers()
    one, sums, share = present(energy, event, place)
    sums[:, 3] *= 1.02
    change = (matched_to_shape(energy, event, place, sums, share, TABLE) / one - 1.0).abs()
    beside = place != ACROSS**2 // 2
    low, high = (energy[beside].quantile(level) for level in (0.2, 0.8))
    # At 1 MeV a seventeenth of what the square root of the energies, 1 and about 60 MeV, leaves.
    assert change[beside & (energy < low)].mean() < 0.05 * change[beside & (energy > high)].mean()


def test_a_shower_far_from_the_origin_is_matched_like_one_at_it() -> None:
    energy, event, place = showers()
    shape = ShowerShape(ShowerShapeConfig(transforms=1, hidden=8), told=3, layout=LAYOUT)
    windows = LitCells(event, place, energy).windows(SHOWERS, (1, ACROSS, ACROSS))
    before = shape.measure(windows.clamp(min=1e-9).log10(), (windows > 0.0).double())
    share, width = before[:, 1], before[:, 4] * 0.99
    centre, away = before[:, 2:4] + 0.003, torch.tensor([60.0, -45.0], dtype=torch.float64)
    moved = conditions(torch.from_numpy(LAYOUT.position) + away)

    def made(table: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
        wanted = wanted_sums(share, centre, width)
        return matched_to_shape(energy, event, place, wanted, share, table, centre)

    torch.testing.assert_close(made(moved, centre + away), made(TABLE, centre), rtol=1e-6, atol=0.0)


def test_shapes_beyond_all_that_were_measured_are_moved_to_the_ends() -> None:
    random = torch.Generator().manual_seed(2)
    shape = ShowerShape(ShowerShapeConfig(transforms=1, hidden=8), told=3, layout=LAYOUT)
    told, far = torch.zeros(50, 3), 40.0 * torch.randn(50, 5, generator=random)
    assert (shape.draw(told, far).abs() > 4.0).any()
    numbers = torch.rand(100, 5, generator=random)
    shape.standardise(numbers)
    drawn = shape.draw(told, far)
    low, high = numbers.amin(dim=0), numbers.amax(dim=0)
    assert bool((drawn >= low).all())
    assert bool((drawn <= high).all())
    assert bool(((drawn == low) | (drawn == high)).any(dim=0).all())
