"""Random showers of closed form in the CaloChallenge's layout, for benchmarks.

    python benchmarks/made_up_voxels.py GEOMETRY N SEED FILE [--dtype float64]

Layers follow a gamma distribution in depth, rings an exponential in radius, and each voxel counts Poisson
hits of 20 MeV with gamma-distributed energies.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from showerkit.data.calochallenge_file import write_calochallenge
from showerkit.data.voxel_showers import VoxelShowers
from showerkit.geometry.voxel_file import load_voxel_geometry
from showerkit.geometry.voxels import VoxelGeometry, voxel_positions

HIT_MEV = 20.0
AT_ONCE = 1000


def made_up(
    geometry: VoxelGeometry, n: int, seed: int, *, dtype: str = "float32", depth: float = 1.0
) -> Iterator[VoxelShowers]:
    """Make showers portion by portion; `depth` stretches them."""
    random = np.random.default_rng(seed)
    layers = geometry.each_layer
    z = (np.arange(len(layers)) + 0.5) * 25.0 / len(layers)
    shares = []
    for layer in layers:
        radius = voxel_positions(layer)[2]
        share = np.exp(-10.0 * radius / layer.radial_edges_mm[-1])
        share *= np.tile(np.diff(layer.radial_edges_mm), layer.angular_bins)
        shares.append(share / share.sum())
    for start in range(0, n, AT_ONCE):
        rows = min(AT_ONCE, n - start)
        discrete = bool(geometry.response_windows)
        incident = 2.0 ** random.integers(8, 23, rows) if discrete else 10.0 ** random.uniform(3.0, 6.0, rows)
        slope = depth * random.normal(5.0, 0.5, rows)
        along = (0.4 * z) ** (slope[:, None] - 1.0) * np.exp(-0.4 * z)
        along *= (incident * random.normal(1.0, 0.05, rows).clip(0.5) / along.sum(axis=1))[:, None]
        energy = np.zeros((rows, geometry.n_voxels), dtype=dtype)
        for place, share in enumerate(shares):
            hits = random.poisson(along[:, place, None] * share / HIT_MEV)
            part = slice(geometry.starts[place], geometry.starts[place + 1])
            energy[:, part] = HIT_MEV * random.gamma(4.0 * hits, 0.25)
        yield VoxelShowers(incident.astype(dtype), energy)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("geometry")
    parser.add_argument("n", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("file")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--depth", type=float, default=1.0)
    given = parser.parse_args()
    described = load_voxel_geometry(given.geometry)
    portions = made_up(described, given.n, given.seed, dtype=given.dtype, depth=given.depth)
    write_calochallenge(given.file, portions, overwrite=True)
