"""Evaluate samples of showers against a reference: metrics.json and report.html."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, FileFormatError
from showerkit.evaluate.settings import EvaluationConfig, TwoSampleConfig
from showerkit.units import MEV_PER_GEV
from showerkit.workflow.evaluate_command import EvaluateCommand
from showerkit.workflow.evaluate_energies import are_energies, evaluate_energies
from showerkit.workflow.evaluate_images import are_images, evaluate_images
from showerkit.workflow.evaluate_jet_energies import are_calibrated_jets, evaluate_jet_energies
from showerkit.workflow.evaluate_jets import are_jets, evaluate_jets
from showerkit.workflow.evaluate_voxels import are_voxels, evaluate_voxels
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.jets.report_settings import JetReportConfig
    from showerkit.progress import Progress

#: Bins where none are asked for: of the incident energy, and of histograms of jets and images.
_ENERGY_BINS: Final = 20
_HISTOGRAM_BINS: Final = 50
#: Least energy of a hit where none is asked for, in MeV.
_THRESHOLD_MEV: Final = 0.1
#: Options of the command line and the settings that they give.
_OPTIONS: Final = {
    "--response-bins": "response_bins",
    "--histogram-bins": "histogram_bins",
    "--event-images": "event_images",
    "--bootstrap": "bootstrap",
    "--seed": "seed",
}


def evaluate(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    floor: Path | str | None = None,
    threshold_mev: float | None = None,
    hits_only: bool = False,
    energy_bin_mev: float | None = None,
    response_bins: int | None = None,
    histogram_bins: int | None = None,
    bootstrap: int = 100,
    event_images: int = 5,
    seed: int = 1,
    two_samples: Mapping[str, Any] | TwoSampleConfig | None = None,
    jets: Mapping[str, Any] | JetReportConfig | None = None,
    calibrated_jets: Mapping[str, Any] | None = None,
    training: Path | str | None = None,
    models: Sequence[Path | str] = (),
    page: Path | str | None = None,
    title: str | None = None,
    geometry: Path | str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Compare samples of showers with a reference and write ``metrics.json`` and ``report.html``.

    Files of reconstructed energies, which ``showerkit reconstruct`` writes, are judged against the true
    energies of the reference instead; of the settings, `response_bins`, `bootstrap` and `seed` count then.
    Files of calibrated jets are judged against the true jets of the reference; `response_bins`,
    `histogram_bins`, `bootstrap`, `seed` and `calibrated_jets` count then.
    Files of jets are compared by the measures of `showerkit.evaluate.jets`; of the settings,
    `histogram_bins`, `event_images`, `seed` and `jets` count then, and for files of sparse images
    `histogram_bins`, `event_images` and `seed`.

    Parameters
    ----------
    reference
        A file (or folder of shards) of the full simulation.
    candidates
        The samples to judge, at least one: showers, or reconstructed energies.
    output
        The folder to write into; former results in it are replaced.
    floor
        A second sample of the full simulation, best of the same incident particles. Without it the first
        Geant4 sample among several candidates is taken, else the reference is split into two halves.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV; by default 0.1, of showers on voxels what their
        geometry says.
    hits_only
        Of showers, take deposits that are no hits for none, in all samples.
    energy_bin_mev
        Width of the incident-energy bins of the hit probability, in MeV; None: 100, wider where showers are
        few.
    response_bins
        Number of bins of response and resolution, of incident energy (None: 20, less where showers are few)
        or of the true pT of calibrated jets (None: 12).
    histogram_bins
        Number of bins of each observable's histogram; None: 50, less where showers are few.
    bootstrap
        Number of bootstrap replicas behind every error, at least 10.
    event_images
        Number of showers drawn side by side.
    seed
        Seed of the bootstrap, the classifiers and the divisions of samples.
    two_samples
        Settings of the measures that take showers one by one: classifiers, Fréchet and kernel distances,
        neighbours; see `TwoSampleConfig`.
    jets
        For files of jets: further settings, or all of them as a `JetReportConfig`.
    calibrated_jets
        For calibrated jets: further arguments of
        `showerkit.workflow.evaluate_jet_energies.evaluate_jet_energies`; others refuse those that are given.
    training
        The showers that the candidates' generator has learnt from, to see whether it copies them. For images:
        other true ones, from which a classifier learns what they show.
    models
        For jets and images: folders of trainings whose losses are shown, and the reference as they
        reconstruct it.
    page
        For reconstructed energies, jets and calibrated jets: a Markdown file to write as well, with pictures
        beside it.
    title
        Heading of that page; None: what is judged.
    geometry
        Of showers on voxels, as in files of the CaloChallenge and of Par04: a shipped description of the
        voxels, or a file; None: the shipped one with as many voxels.
    progress
        Told how many showers are read.

    Returns
    -------
    pathlib.Path
        The report.

    Raises
    ------
    ShowerkitError
        If a setting is out of range, a file is missing, damaged, empty, given twice, of another detector
        or identical to the reference, or the output cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.errors import DataError
    >>> folder = Path(tempfile.mkdtemp())
    >>> try:
    ...     evaluate("geant4.h5", [], folder / "report")
    ... except DataError as error:
    ...     print(error)
    candidates: got none; expected at least one file of showers
    """
    from showerkit.evaluate.evaluation import evaluate_samples
    from showerkit.report.html import html_report
    from showerkit.report.verdict import key_lines

    # What the files hold decides on what follows: one that is missing must not be taken for another kind.
    if candidates:
        _refuse_missing([path for path in (reference, *candidates, floor, training) if path])
    of_calibrations = {key: value for key, value in (calibrated_jets or {}).items() if value is not None}
    if are_calibrated_jets(candidates):
        options = {"floor": floor, "training": training, "model": next(iter(models), None)}
        _refuse_options(options, "generated samples, not with calibrated jets")
        if response_bins is not None:
            of_calibrations["pt_bins"] = response_bins
        return evaluate_jet_energies(
            reference,
            candidates,
            output,
            bootstrap=bootstrap,
            seed=seed,
            histogram_bins=histogram_bins or _HISTOGRAM_BINS,
            page=page,
            title=title or "Calibrated jets",
            progress=progress,
            **of_calibrations,
        )
    if of_calibrations:
        _refuse_options(of_calibrations, "calibrated jets")
    if are_voxels(reference, candidates, floor, geometry):
        _refuse_options({"page": page, "model": next(iter(models), None)}, "other samples than voxels")
        return evaluate_voxels(
            reference,
            candidates,
            output,
            geometry=geometry,
            floor=floor,
            training=training,
            settings={
                "threshold_mev": threshold_mev,
                "bootstrap": bootstrap,
                "seed": seed,
                "two_samples": {} if two_samples is None else two_samples,
            },
            progress=progress,
        )
    drawn = {
        "histogram_bins": histogram_bins or _HISTOGRAM_BINS,
        "event_images": event_images,
        "seed": seed,
    }
    if are_jets(reference, candidates, floor):
        _refuse_options({"training": training}, "showers or images, not with jets")
        if jets is None or isinstance(jets, Mapping):
            jets = {**drawn, **(jets or {})}
        return evaluate_jets(
            reference,
            candidates,
            output,
            floor=floor,
            models=models,
            page=page,
            title=title or "Generated jets",
            settings=jets,
            progress=progress,
        )
    if are_images(reference, candidates, floor):
        _refuse_options({"page": page}, "energies or jets, not with images")
        return evaluate_images(
            reference,
            candidates,
            output,
            floor=floor,
            training=training,
            models=models,
            settings=drawn,
            progress=progress,
        )
    _refuse_options({"model": next(iter(models), None)}, "jets or images")
    if are_energies(candidates):
        _refuse_options({"floor": floor, "training": training}, "showers, not with reconstructed energies")
        return evaluate_energies(
            reference,
            candidates,
            output,
            bins=response_bins or _ENERGY_BINS,
            bootstrap=bootstrap,
            seed=seed,
            page=page,
            title=title or "Reconstructed energies",
            progress=progress,
        )
    _refuse_options({"page": page}, "files of reconstructed energies or jets")
    values = {
        "threshold_mev": _THRESHOLD_MEV if threshold_mev is None else threshold_mev,
        "hits_only": hits_only,
        "energy_bin_mev": energy_bin_mev,
        "response_bins": response_bins,
        "histogram_bins": histogram_bins,
        "bootstrap": bootstrap,
        "event_images": event_images,
        "seed": seed,
        "two_samples": {} if two_samples is None else two_samples,
    }
    config = parse_config(EvaluationConfig, values, source="evaluate")
    files = EvaluationFiles(output)
    result = evaluate_samples(
        reference,
        candidates,
        config,
        floor=floor,
        training=training,
        command=_command(reference, candidates, floor, training, config).to(output),
        progress=progress,
    )
    files.write(result.to_json(), html_report(result))
    if progress is not None:
        for line in (*key_lines(result), *(f"note: {note}" for note in result.notes)):
            progress.note(line)
    return files.report


def _refuse_missing(paths: Sequence[Path | str]) -> None:
    for path in paths:
        if not Path(path).exists():
            raise FileFormatError(
                f"{path}", got="no such file", expected="a file of showers, jets, images or energies"
            )


def _refuse_options(options: Mapping[str, object], goes_with: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise ConfigurationError(
                _option(name), got="an option that goes with " + goes_with, mend="leave it out"
            )


def _option(name: str) -> str:
    """What an argument is called on the command line."""
    named = {"pt_range_gev": "--pt-range", "abs_eta_edges": "--eta-edges"}
    return named.get(name, "--" + name.replace("_", "-"))


def _command(
    reference: Path | str,
    candidates: Sequence[Path | str],
    floor: Path | str | None,
    training: Path | str | None,
    config: EvaluationConfig,
) -> EvaluateCommand:
    """The command that does the same."""
    usual = EvaluationConfig()
    command = EvaluateCommand(reference, candidates, whole_paths=True)
    command.path("--floor", floor).path("--training", training)
    if config.threshold_mev != usual.threshold_mev:
        command.add("--threshold", f"{config.threshold_mev:g}")
    if config.energy_bin_mev is not None:
        command.add("--energy-bin", f"{config.energy_bin_mev / MEV_PER_GEV:g}")
    command.changed(config, usual, _OPTIONS)
    if config.hits_only:
        command.add("--hits-only")
    options = {"--max-showers": "max_showers", "--classifier": "classifier"}
    command.changed(config.two_samples, usual.two_samples, options)
    command.held_out_energies(config.two_samples.held_out_mev)
    for low, high in config.two_samples.held_out_theta_rad:
        command.add("--held-out-theta", f"{math.degrees(low):g}:{math.degrees(high):g}")
    return command
