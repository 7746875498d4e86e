"""Classifier test on the particles of jets: how well a network can tell two samples apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import DataError
from showerkit.evaluate.classifier import LEAST_SHOWERS, auc_of_trainings
from showerkit.evaluate.classifier_network import ClassifierConfig
from showerkit.evaluate.jets.particle_cloud import particle_cloud

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike

    from showerkit.evaluate.classifier import ClassifierAuc
    from showerkit.progress import Progress
    from showerkit.typing import BoolArray, Float32Array

#: Small enough for two cores; stops early where there is nothing to learn.
QUICK = ClassifierConfig(
    hidden_layers=2, hidden_width=48, epochs=30, learning_rate=1e-3, batch_size=250, patience=6
)
_LEAST_PT = 1e-6  # share of the jet's pT below which particles are alike


def cloud_classifier_auc(
    reference: ArrayLike,
    candidate: ArrayLike,
    reference_mask: ArrayLike | None = None,
    candidate_mask: ArrayLike | None = None,
    *,
    config: ClassifierConfig = QUICK,
    seed: int = 1,
    progress: Progress | None = None,
) -> ClassifierAuc:
    """Train networks of the particles to tell two samples of jets apart.

    A network of equivariant layers, where every particle is updated by itself and by the sum and the mean of
    all (EPiC, arXiv:2301.08128), sees eta, phi, pT and log pT of each particle. Division, trainings and
    errors are those of `classifier_auc`.

    Parameters
    ----------
    reference, candidate
        eta, phi and pT of each particle, shapes (N, P, 3) and (M, P, 3).
    reference_mask, candidate_mask
        Where there is a particle; None: where pT is above 0.
    config
        Number of layers, their width, and the training.
    seed
        Seed of the division, the weights and the order.
    progress
        Told about each epoch.

    Returns
    -------
    ClassifierAuc
        Area under the curve with its error; 0.5 where the network cannot tell.

    Raises
    ------
    DataError
        If a sample has fewer than 50 jets, places differ or a value is not finite.
    """
    samples = tuple(
        _inputs(name, jets, mask)
        for name, jets, mask in (
            ("reference", reference, reference_mask),
            ("candidate", candidate, candidate_mask),
        )
    )
    if samples[0].shape[1] != samples[1].shape[1]:
        raise DataError(
            "candidate",
            got=f"{samples[1].shape[1]} particles a jet",
            expected=f"{samples[0].shape[1]} as in the reference",
        )
    return auc_of_trainings(
        (samples[0], samples[1]), config=config, seed=seed, progress=progress, prepare=_scaled, build=_network
    )


def _inputs(name: str, jets: ArrayLike, mask: ArrayLike | None) -> Float32Array:
    """Features of each particle and whether it is one, shape (N, P, 5)."""
    cloud, kept = particle_cloud(jets, mask, name=name)
    if len(cloud) < LEAST_SHOWERS:
        raise DataError(
            name, got=f"{len(cloud)} jets", expected=f"at least {LEAST_SHOWERS}", mend="use a larger sample"
        )
    log_pt = np.where(kept, np.log(np.maximum(cloud[..., 2], _LEAST_PT)), 0.0)
    return np.concatenate([cloud, log_pt[..., None], kept[..., None]], axis=2).astype(np.float32)


def _scaled(inputs: Float32Array, training: BoolArray) -> Float32Array:
    """Give each feature mean 0 and variance 1 over the particles of the training part."""
    kept = inputs[..., 4] > 0.0
    particles = inputs[training][kept[training]][:, :4].astype(np.float64)
    if len(particles) == 0:
        return inputs
    mean, deviation = particles.mean(axis=0), particles.std(axis=0)
    deviation[deviation == 0.0] = np.inf
    scaled = inputs.copy()
    scaled[..., :4] = np.where(kept[..., None], (inputs[..., :4] - mean) / deviation, 0.0)
    return scaled


def _network(inputs: int, config: ClassifierConfig, random: torch.Generator) -> torch.nn.Module:
    from showerkit.evaluate.jets.cloud_network import CloudNetwork

    return CloudNetwork(inputs - 1, config.hidden_width, config.hidden_layers, random)
