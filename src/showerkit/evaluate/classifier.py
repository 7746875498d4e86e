"""Classifier test: how well a network can tell generated showers from simulated ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.calibration import jensen_shannon_divergence
from showerkit.evaluate.classifier_network import ClassifierConfig, choose_device, train_classifier
from showerkit.evaluate.roc_auc import roc_auc, roc_curve
from showerkit.evaluate.two_samples import two_samples
from showerkit.progress import SilentProgress
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from showerkit.evaluate.classifier_network import NetworkBuilder
    from showerkit.progress import Progress
    from showerkit.typing import BoolArray, Float32Array, IntArray

_PARTS = 5  # three to train, one to validate, one to test: 60/20/20
LEAST_SHOWERS = 50
#: Shares of mistaken candidates at which the ROC curve is kept.
ROC_POINTS = 51


@dataclass(frozen=True)
class ClassifierAuc:
    """How well a classifier tells two samples apart.

    Parameters
    ----------
    value
        Area under the ROC curve on showers that the classifier has not seen, mean over the trainings:
        0.5 if it cannot tell, 1 if it always can.
    error
        Statistical error of the mean by the size of the test parts.
    spread
        Standard deviation over the trainings; NaN for one.
    aucs, auc_errors
        Each training's area and its error.
    jsd, jsd_error
        Jensen-Shannon divergence of the samples in bits, by the calibrated classifier, and its error.
    best_epochs
        Epoch used in each training, from 1.
    roc
        Share of reference showers recognised where equal steps of candidates, 0 to 1, are mistaken for
        them; mean over the trainings.
    reference_showers, candidate_showers
        Sizes of the samples.
    """

    value: float
    error: float
    spread: float
    aucs: tuple[float, ...]
    auc_errors: tuple[float, ...]
    jsd: float
    jsd_error: float
    best_epochs: tuple[int, ...]
    roc: tuple[float, ...]
    reference_showers: int
    candidate_showers: int

    @property
    def total_error(self) -> float:
        """Statistical error of the mean, or its error by the scatter of the trainings if that is larger."""
        if len(self.aucs) == 1:
            return self.error
        return max(self.error, self.spread / math.sqrt(len(self.aucs)))


def classifier_auc(
    reference: ArrayLike,
    candidate: ArrayLike,
    *,
    config: ClassifierConfig | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> ClassifierAuc:
    """Train networks to tell two samples apart, and measure how well they do.

    The form is that of the CaloChallenge (arXiv:2410.21611): a fully connected network with leaky ReLU,
    trained with binary cross-entropy on 60 % of the showers, its best epoch chosen on 20 %, tested on
    20 %. Inputs are standardised on the training part; both samples weigh alike whatever their sizes.
    Shower i of both samples always falls into the same part, so that showers of one incident particle
    never straddle training and test. Each training tests on another fifth of the showers.

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, features) and (M, features), such as `low_level_features` or
        `high_level_features`, which hold the incident particle as well.
    config
        The network and its training.
    seed
        Seed of the division, the weights and the order; the global random states are left alone.
    progress
        Told about each epoch.

    Returns
    -------
    ClassifierAuc
        Area under the curve with error and spread, and the divergence.

    Raises
    ------
    ConfigurationError
        If a GPU is asked for and there is none.
    DataError
        If a sample is no finite table of at least 50 showers.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> a, b = random.normal(size=(500, 2)), random.normal(size=(500, 2)) + 9.0
    >>> quick = ClassifierConfig(hidden_width=16, epochs=5, learning_rate=0.01, batch_size=100)
    >>> classifier_auc(a, b, config=quick).value > 0.99
    True
    """
    checked = two_samples(reference, candidate, rows=LEAST_SHOWERS)
    tables = (checked[0].astype(np.float32), checked[1].astype(np.float32))
    return auc_of_trainings(
        tables, config=config or ClassifierConfig(), seed=seed, progress=progress, prepare=_standardised
    )


def auc_of_trainings(
    samples: tuple[Float32Array, Float32Array],
    *,
    config: ClassifierConfig,
    seed: int,
    progress: Progress | None,
    prepare: Callable[[Float32Array, BoolArray], Float32Array],
    build: NetworkBuilder | None = None,
) -> ClassifierAuc:
    """Train and test classifiers of any form: see `classifier_auc`, which is that of feature tables.

    Parameters
    ----------
    samples
        Reference and candidate, one event a row, shapes (N, ...) and (M, ...).
    config
        The network and its training.
    seed
        Seed of the division, the weights and the order.
    progress
        Told about each epoch.
    prepare
        Scales the inputs of both samples, given which events are of the training part.
    build
        Makes the network; None for a fully connected one.

    Returns
    -------
    ClassifierAuc
        Area under the curve with error and spread, and the divergence.
    """
    progress = progress or SilentProgress()
    n, m = len(samples[0]), len(samples[1])
    features = np.concatenate(samples)
    label = np.repeat(np.array([1.0, 0.0], dtype=np.float32), [n, m])
    part = _divide(n, m, seed)
    device = choose_device(config.device)

    aucs, auc_errors, jsds, jsd_errors, best_epochs, curves = [], [], [], [], [], []
    mistaken = np.linspace(0.0, 1.0, ROC_POINTS)
    progress.start("training classifiers", config.repeats * config.epochs, "epochs")
    try:
        for repeat in range(config.repeats):
            turned = (part + repeat) % _PARTS
            training, validation, test = turned < 3, turned == 3, turned == 4
            scores, best_epoch = train_classifier(
                prepare(features, training),
                label,
                np.flatnonzero(training),
                validation,
                config,
                seed,
                repeat,
                device,
                progress,
                build,
            )
            is_reference = label == 1.0
            area, error = roc_auc(scores[test & is_reference], scores[test & ~is_reference])
            curves.append(roc_curve(scores[test & is_reference], scores[test & ~is_reference], mistaken))
            jsd, jsd_error = jensen_shannon_divergence(
                scores[validation], label[validation], scores[test], label[test]
            )
            aucs.append(area)
            auc_errors.append(error)
            jsds.append(jsd)
            jsd_errors.append(jsd_error)
            best_epochs.append(best_epoch)
    finally:
        progress.finish()
    # Test parts are disjoint in up to five trainings; more trainings test on the same showers again.
    independent = min(config.repeats, _PARTS)
    return ClassifierAuc(
        value=float(np.mean(aucs)),
        error=float(np.sqrt(np.mean(np.square(auc_errors)) / independent)),
        spread=float(np.std(aucs, ddof=1)) if config.repeats > 1 else float("nan"),
        aucs=tuple(aucs),
        auc_errors=tuple(auc_errors),
        jsd=float(np.mean(jsds)),
        jsd_error=float(np.sqrt(np.mean(np.square(jsd_errors)) / independent)),
        best_epochs=tuple(best_epochs),
        roc=tuple(np.mean(curves, axis=0).tolist()),
        reference_showers=n,
        candidate_showers=m,
    )


def _divide(n: int, m: int, seed: int) -> IntArray:
    """Number of the fifth that each shower of both samples falls into, shape (n + m,)."""
    place = generator(seed, "classifier division").permutation(max(n, m)) % _PARTS
    return np.concatenate([place[:n], place[:m]])


def _standardised(features: Float32Array, training: BoolArray) -> Float32Array:
    """Shift and scale each feature to mean 0 and variance 1 on the training part; constants become 0."""
    mean = features[training].mean(axis=0, dtype=np.float64)
    deviation = features[training].std(axis=0, dtype=np.float64)
    deviation[deviation == 0.0] = np.inf
    return np.asarray((features - mean.astype(np.float32)) / deviation.astype(np.float32))
