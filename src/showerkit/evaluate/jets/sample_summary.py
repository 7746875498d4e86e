"""What is kept of a sample of jets for a report: histograms, means and the average image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.jet_records import JET_TYPES
from showerkit.evaluate.jets.jet_histograms import jet_curve, jet_edges, jet_numbers, jet_observables
from showerkit.evaluate.jets.jet_images import average_image
from showerkit.evaluate.jets.jet_result import JetSampleResult

if TYPE_CHECKING:
    from showerkit.evaluate.jets.jet_result import JetFacts
    from showerkit.evaluate.jets.jet_table import JetTable
    from showerkit.evaluate.jets.report_settings import JetReportConfig

#: Observables that are drawn for every type of jet, too.
OBSERVABLES_BY_TYPE: Final = ("mass_rel", "multiplicity")


def jet_types(sample: JetTable) -> dict[str, int]:
    """Names and codes of the types of jets in a sample.

    Parameters
    ----------
    sample
        The jets.

    Returns
    -------
    dict
        Codes by name, in the order of `JET_TYPES`.
    """
    present = set(np.unique(sample.jet_type).tolist())
    return {name: code for name, code in JET_TYPES.items() if code in present}


class SampleSummaries:
    """Reduces samples to what a report shows, in bins of the reference.

    Parameters
    ----------
    reference
        The reference.
    config
        Numbers of bins and pixels.
    """

    def __init__(self, reference: JetTable, config: JetReportConfig) -> None:
        self._config = config
        self._observables = jet_observables(reference.particles.shape[1])
        self._edges = {one.key: jet_edges(one, reference, config.histogram_bins) for one in self._observables}
        types = jet_types(reference)
        self._types = types if len(types) > 1 else {}

    def of(self, sample: JetTable, facts: JetFacts) -> JetSampleResult:
        """Reduce a sample."""
        curves = {one.key: jet_curve(one, sample, self._edges[one.key]) for one in self._observables}
        for name, code in self._types.items():
            of_type = sample[sample.jet_type == code]
            for one in self._observables:
                if one.key in OBSERVABLES_BY_TYPE:
                    curves[f"{name}.{one.key}"] = jet_curve(one, of_type, self._edges[one.key])
        return JetSampleResult(
            facts=facts,
            n_jets=sample.n_jets,
            n_used=len(sample),
            n_bad=sample.n_bad,
            types={
                name: int(np.count_nonzero(sample.jet_type == code))
                for name, code in jet_types(sample).items()
            },
            curves=curves,
            numbers=jet_numbers(sample),
            image=average_image(sample, self._config.image_pixels, self._config.radius),
        )
