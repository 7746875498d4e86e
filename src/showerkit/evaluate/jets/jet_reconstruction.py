"""Jets of a sample as an autoencoder gives them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jets.jet_result import JetFacts, JetReconstruction
from showerkit.evaluate.measurement import Measurement

if TYPE_CHECKING:
    from showerkit.evaluate.jets.jet_table import JetTable
    from showerkit.evaluate.jets.sample_summary import SampleSummaries
    from showerkit.typing import FloatArray


def jet_reconstruction(
    true: JetTable, made: JetTable, model: str, reference: JetFacts, summaries: SampleSummaries
) -> JetReconstruction:
    """Compare jets with their reconstruction, one by one.

    Parameters
    ----------
    true, made
        The jets and what the model made of them, row by row.
    model
        Name of the model.
    reference
        Where the true jets come from.
    summaries
        Reduces samples to what a report shows.

    Returns
    -------
    JetReconstruction
        Histograms, and the ratios of masses and momenta.
    """
    metadata = reference.metadata.model_copy(update={"generator": model, "kind": "model"})
    facts = JetFacts(f"{model}, reconstructed", reference.path, metadata, None)
    ratios = {
        **_ratio("mass", "mass", true.mass_rel, made.mass_rel),
        **_ratio("pt", "pT of the kept particles", true.pt_rel, made.pt_rel),
    }
    return JetReconstruction(summaries.of(made, facts), ratios)


def _ratio(key: str, label: str, true: FloatArray, made: FloatArray) -> dict[str, Measurement]:
    """Mean and spread of a ratio; jets whose true value is 0 are left out."""
    known = true > 0.0
    ratio = made[known] / true[known]
    n = len(ratio)
    mean, spread = (float(ratio.mean()), float(ratio.std(ddof=1))) if n > 1 else (np.nan, np.nan)
    fourth = float(np.mean((ratio - mean) ** 4)) if n > 1 else np.nan
    # Of a law of any shape: Var(s^2) = (mu_4 - s^4) / n.
    of_spread = np.sqrt(max(fourth - spread**4, 0.0) / max(n, 1)) / (2.0 * spread) if spread > 0.0 else np.nan
    group = "Reconstructed over true"
    found = (
        Measurement(f"{key}.mean", f"{label}, mean", "", group, "level", mean, spread / np.sqrt(max(n, 1))),
        Measurement(f"{key}.spread", f"{label}, spread", "", group, "level", spread, float(of_spread)),
    )
    return {measure.key: measure for measure in found}
