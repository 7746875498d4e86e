"""Time of the nearest-neighbour loss, forward and backward, beside other ways to compute it.

The published implementation of the ConVAE forms the distances of the particles of every jet to those of every
jet of the batch, B x B x N x N of them, and uses B x N x N; it is written anew here from that description.

    python benchmarks/bench_nearest_neighbour.py --batch 100 --points 30 --threads 1

Wall and processor time are both given: on a machine with other work, the second is what the code costs.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from functools import partial
from pathlib import Path

import torch

from showerkit.losses.nearest_neighbour import nearest_neighbour_distance
from showerkit.losses.nearest_neighbour_config import NearestNeighbourConfig

RESULTS = Path(__file__).parent / "results"


def published(points: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Distances of every particle of every jet to every particle of every jet, the diagonal kept."""
    difference = points[:, None, :, None, :] - other[None, :, None, :, :]
    squared = torch.linalg.vector_norm(difference, dim=-1) ** 2
    own = torch.diagonal(squared, dim1=0, dim2=1).permute(2, 0, 1)
    return own.min(dim=2).values.sum(dim=1) + own.min(dim=1).values.sum(dim=1)


def with_distances(points: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The library's distances of every pair within a jet, with a gradient through all of them."""
    squared = torch.cdist(points, other) ** 2
    return squared.min(dim=2).values.sum(dim=1) + squared.min(dim=1).values.sum(dim=1)


def double_loop(points: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """The equation as it stands, in double precision."""
    sums = []
    for these, those in zip(points.double(), other.double(), strict=True):
        ways = ((these, those), (those, these))
        sums.append(sum(((a - y) ** 2).sum(dim=1).min() for x, y in ways for a in x))
    return torch.stack(sums)


def forward_and_backward(form, points, other):
    other = other.clone().requires_grad_()
    values = form(points, other)
    values.mean().backward()
    return values.detach(), other.grad


def timed(form, points, other, repeats):
    """Median wall and processor time in ms."""
    forward_and_backward(form, points, other)
    wall, processor = [], []
    for _ in range(repeats):
        started, cpu_started = time.perf_counter(), time.process_time()
        forward_and_backward(form, points, other)
        wall.append(1e3 * (time.perf_counter() - started))
        processor.append(1e3 * (time.process_time() - cpu_started))
    return {"wall_ms": statistics.median(wall), "cpu_ms": statistics.median(processor), "best_ms": min(wall)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--points", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=101)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    random = torch.Generator().manual_seed(1)
    points = torch.randn(options.batch, options.points, 3, generator=random)
    other = torch.randn(options.batch, options.points, 3, generator=random)
    mask = torch.ones(points.shape[:2], dtype=torch.bool)
    ours = partial(nearest_neighbour_distance, mask=mask, other_mask=mask, config=NearestNeighbourConfig())
    forms = {
        "showerkit": (ours, options.repeats),
        "cdist within each jet": (with_distances, options.repeats),
        "published form": (published, 5),
    }
    truth, slope = forward_and_backward(double_loop, points, other)
    results = {}
    print(f"{'':24}{'wall ms':>10}{'cpu ms':>10}{'ratio':>8}{'largest difference':>22}")
    for name, (form, repeats) in forms.items():
        times = timed(form, points, other, repeats)
        value, gradient = forward_and_backward(form, points, other)
        times["value_difference"] = float(((value - truth) / truth).abs().max())
        times["gradient_difference"] = float((gradient - slope).abs().max() / slope.abs().max())
        results[name] = times
        ratio = times["cpu_ms"] / results["showerkit"]["cpu_ms"]
        worst = max(times["value_difference"], times["gradient_difference"])
        print(f"{name:24}{times['wall_ms']:>10.2f}{times['cpu_ms']:>10.2f}{ratio:>8.1f}{worst:>22.1e}")
    summary = {
        "batch": options.batch,
        "points": options.points,
        "threads": options.threads,
        "forms": results,
        "ratio_to_published_wall": results["published form"]["wall_ms"] / results["showerkit"]["wall_ms"],
        "ratio_to_published_cpu": results["published form"]["cpu_ms"] / results["showerkit"]["cpu_ms"],
        "machine": platform.processor() or platform.machine(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "nearest_neighbour.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
