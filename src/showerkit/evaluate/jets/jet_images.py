"""Average images of jets in eta and phi, and single jets to show side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.mean_image import MeanImage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.jets.jet_table import JetTable
    from showerkit.typing import Float32Array


@dataclass(frozen=True, eq=False)
class AverageImage(MeanImage):
    """Mean pT of the particles in each pixel (phi, eta), over the jet's pT.

    Parameters
    ----------
    half_width
        The image covers -half_width to half_width in eta_rel and in phi_rel.
    """

    half_width: float


@dataclass(frozen=True, eq=False)
class SingleJets:
    """A jet of the reference, and of every other sample the one nearest to it in relative mass.

    Parameters
    ----------
    particles
        eta_rel, phi_rel and pt_rel of the kept particles by the sample's name, shape (n, 3).
    mass_rel
        Their masses over their pT by the sample's name.
    """

    particles: dict[str, Float32Array]
    mass_rel: dict[str, float]


def average_image(sample: JetTable, pixels: int, half_width: float) -> AverageImage:
    """Average the images of a sample's jets.

    Parameters
    ----------
    sample
        The jets.
    pixels
        Number of pixels along either axis.
    half_width
        Reach of the image in eta_rel and in phi_rel.

    Returns
    -------
    AverageImage
        Means, with errors from the scatter of the jets.
    """
    owner = np.nonzero(sample.mask)[0]
    eta, phi, pt = sample.particles[sample.mask].astype(np.float64).T
    column, row = (
        np.floor((angle + half_width) / (2.0 * half_width) * pixels).astype(np.int64) for angle in (eta, phi)
    )
    inside = (column >= 0) & (column < pixels) & (row >= 0) & (row < pixels)
    n_pixels, n = pixels * pixels, len(sample)
    pairs, where = np.unique(
        owner[inside] * n_pixels + row[inside] * pixels + column[inside], return_inverse=True
    )
    sums = np.bincount(where, pt[inside], len(pairs))
    pixel = pairs % n_pixels
    mean = np.bincount(pixel, sums, n_pixels) / n
    variance = np.bincount(pixel, sums**2, n_pixels) / n - mean**2
    error = np.sqrt(np.maximum(variance, 0.0) / max(n - 1, 1))
    return AverageImage(mean.reshape(pixels, pixels), error.reshape(pixels, pixels), half_width)


def single_jets(
    reference: JetTable,
    others: Mapping[str, JetTable],
    n: int,
    reconstructed: Mapping[str, JetTable] | None = None,
) -> tuple[SingleJets, ...]:
    """Choose jets of the reference over the range of its masses, and the nearest in mass of other samples.

    Parameters
    ----------
    reference
        The reference.
    others
        Other samples by name.
    n
        How many jets.
    reconstructed
        The reference's jets, row by row, as models give them back, by name; None: there are none.

    Returns
    -------
    tuple of SingleJets
        In rising mass, at equally spaced quantiles.
    """
    order = np.argsort(reference.mass_rel, kind="stable")
    chosen = []
    for number in range(min(n, len(order))):
        place = int(order[int((number + 0.5) / n * len(order))])
        particles = {"Reference": reference.particles[place][reference.mask[place]]}
        masses = {"Reference": float(reference.mass_rel[place])}
        near_by = {
            name: int(np.argmin(np.abs(sample.mass_rel - reference.mass_rel[place])))
            for name, sample in others.items()
        }
        rows = {name: (sample, place) for name, sample in (reconstructed or {}).items()}
        rows |= {name: (others[name], near) for name, near in near_by.items()}
        for name, (sample, near) in rows.items():
            particles[name] = sample.particles[near][sample.mask[near]]
            masses[name] = float(sample.mass_rel[near])
        chosen.append(SingleJets(particles, masses))
    return tuple(chosen)
