"""Judge calibrated jets against the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.data.sample_names import sample_names
from showerkit.errors import DataError
from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.jet_energy.aims import jet_aims
from showerkit.evaluate.jet_energy.bins import JetBins, jet_bins, shown_bins
from showerkit.evaluate.jet_energy.calibrated import pt_spacing, replica_weights
from showerkit.evaluate.jet_energy.choice import baseline_number
from showerkit.evaluate.jet_energy.curves import (
    dependences,
    pile_up_curves,
    pull_histogram,
    response_histograms,
)
from showerkit.evaluate.jet_energy.figures_of_merit import (
    closure_measures,
    error_measures,
    flavour_measures,
    pile_up_measures,
    resolution_measures,
)
from showerkit.evaluate.jet_energy.flavour import flavour_response
from showerkit.evaluate.jet_energy.measures import JetEnergyMeasures, measure_jets
from showerkit.evaluate.jet_energy.notes import jet_energy_notes
from showerkit.evaluate.jet_energy.pile_up import pile_up_slope
from showerkit.evaluate.jet_energy.response import jet_response
from showerkit.evaluate.jet_energy.result import CalibrationResult, JetEnergyEvaluation, ResponseMap
from showerkit.evaluate.jet_energy.sample import (
    UNCALIBRATED,
    JetCalibration,
    read_calibration,
    read_jet_truth,
    uncalibrated,
)
from showerkit.evaluate.named_twice import refuse_twice
from showerkit.evaluate.nominal_coverage import nominal_coverage
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from showerkit.evaluate.jet_energy.replicas import AnyWeights
    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.progress import Progress

#: How many resolutions of the baseline a histogram of responses goes on either side.
_REACH = 4.5


def evaluate_calibrations(
    reference: Path | str,
    candidates: Sequence[Path | str],
    config: JetEnergyEvaluationConfig,
    *,
    baseline: Path | str | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> JetEnergyEvaluation:
    """Judge files of calibrated jets against the true jets, beside the jets as the detector saw them.

    All calibrations get the same bootstrap weights, so that ratios to the baseline have errors of the
    difference.

    Parameters
    ----------
    reference
        The file of matched jets that were calibrated.
    candidates
        Files of calibrated jets, at least one.
    config
        How to judge.
    baseline
        Name or file of the candidate that ratios are to; None: the first numerical inversion, else the first.
    command
        How the evaluation was called, for the report.
    progress
        Told how many calibrations are done.

    Returns
    -------
    JetEnergyEvaluation
        All figures.

    Raises
    ------
    DataError
        If a file is empty, given twice, or of other jets, or no jet lies in the bins.
    ConfigurationError
        If the baseline is none of the candidates.
    """
    progress = progress or SilentProgress()
    if not candidates:
        raise DataError("candidates", got="none", expected="at least one file of calibrated jets")
    refuse_twice(reference, candidates)
    names = _names(candidates, reference)
    truth = read_jet_truth(reference, names[-1], progress, weighted=config.weighted)
    samples = [read_calibration(path, name, truth) for path, name in zip(candidates, names, strict=False)]
    samples.append(uncalibrated(truth))
    chosen = baseline_number(samples, baseline)
    config = config.model_copy(update={"pt_spacing": pt_spacing(truth.jets, config)})
    bins = jet_bins(truth.jets, config)
    if not truth.jets.weight[bins.of_all >= 0].any():
        raise DataError(
            f"{truth.path}: true jets",
            got="none in the bins",
            expected="jets within the ranges of pT and |eta|",
            mend="give other ranges",
        )
    weights = replica_weights(truth.jets, config)
    progress.start("evaluate", len(samples), "calibrations")
    first = measure_jets(samples[chosen].jets, config, weights)
    shown = shown_bins(truth.jets, bins)
    reach = {number: _REACH * float(first.of_pt.resolution[0, number]) for number in shown}
    results = []
    for number, sample in enumerate(samples):
        found = first if number == chosen else measure_jets(sample.jets, config, weights)
        results.append(_judged(sample, found, first, bins, weights, config, shown, reach))
        progress.advance(1)
    progress.finish()
    return JetEnergyEvaluation(
        config=config,
        reference=truth,
        pt_edges_gev=bins.pt_edges_gev,
        abs_eta_edges=bins.abs_eta_edges,
        calibrations=tuple(results),
        baseline=chosen,
        shown_bins=shown,
        notes=jet_energy_notes(truth, samples, bins),
        command=command,
    )


def _judged(
    sample: JetCalibration,
    found: JetEnergyMeasures,
    baseline: JetEnergyMeasures,
    bins: JetBins,
    weights: AnyWeights,
    config: JetEnergyEvaluationConfig,
    shown: tuple[int, ...],
    reach: dict[int, float],
) -> CalibrationResult:
    """Measure one calibration."""
    jets = sample.jets
    of_both = jet_response(bins.of_both, bins.n_pt * bins.n_eta, weights, jets.response)
    slope = pile_up_slope(bins.of_all, 1, weights, jets.response, jets.pile_up)
    of_kinds = flavour_response(bins.of_all, 1, weights, jets.response, jets.flavour)
    model = {} if sample.metadata is None else sample.metadata.model
    nominal = nominal_coverage(model, config.interval_coverage)
    measures = {
        one.key: one
        for one in (
            *resolution_measures(found, baseline),
            *closure_measures(found, of_both, bins.n_eta),
            *flavour_measures(found, baseline, of_kinds),
            *pile_up_measures(found, slope),
            *error_measures(found, nominal),
        )
    }
    curves = dependences(found, baseline) | pile_up_curves(jets, bins, weights)
    curves |= response_histograms(jets, bins, shown, reach, config.histogram_bins)
    if jets.has_sigma:
        curves["pulls"] = pull_histogram(jets, bins, config.histogram_bins)
    shape = (bins.n_pt, bins.n_eta)
    aims = jet_aims(measures, tolerated=config.tolerated, nominal=nominal, is_baseline=found is baseline)
    return CalibrationResult(
        sample=sample,
        measures=measures,
        curves=curves,
        closure_map=ResponseMap(of_both.mean[0].reshape(shape), replica_error(of_both.mean).reshape(shape)),
        nominal_coverage=nominal,
        aims=aims if sample.metadata is not None else (),
    )


def _names(candidates: Sequence[Path | str], reference: Path | str) -> list[str]:
    """Names of the candidates and the reference, none of which is that of the jets without calibration."""
    return [f"{name}'" if name == UNCALIBRATED else name for name in sample_names([*candidates, reference])]
