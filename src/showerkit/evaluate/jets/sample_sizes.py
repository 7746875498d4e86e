"""Batches that fit small samples: JetNet's where there are enough jets."""

from __future__ import annotations

from typing import Final, TypeVar

from showerkit.evaluate.jets.settings import JetEvaluationConfig

ConfigT = TypeVar("ConfigT", bound=JetEvaluationConfig)

#: Fewest jets of a sample that distances are measured with.
LEAST_JETS: Final = 10


def fitted_to(config: ConfigT, jets: int) -> ConfigT:
    """Make batches no larger than the samples.

    Batches are drawn with replacement, so that larger ones would be drawn as well; but their spread would
    tell less than the sample's own statistics.

    Parameters
    ----------
    config
        The settings wanted.
    jets
        Number of jets of the smallest sample, at least `LEAST_JETS`.

    Returns
    -------
    JetEvaluationConfig
        The settings with batches of at most `jets`; the sizes of the Frechet distance keep their ratio.

    Examples
    --------
    >>> small = fitted_to(JetEvaluationConfig(), 1000)
    >>> small.w1_batch_jets, small.fpd_least_jets, small.fpd_most_jets, small.kpd_batch_jets
    (1000, 400, 1000, 1000)
    >>> fitted_to(JetEvaluationConfig(), 50_000).as_published
    True
    """
    most = min(config.fpd_most_jets, jets)
    least = min(config.fpd_least_jets, max(2, int(most * config.fpd_least_jets / config.fpd_most_jets)))
    return config.model_copy(
        update={
            "w1_batch_jets": min(config.w1_batch_jets, jets),
            "fpd_most_jets": most,
            "fpd_least_jets": least,
            "kpd_batch_jets": min(config.kpd_batch_jets, jets),
            "coverage_jets": min(config.coverage_jets, jets),
        }
    )
