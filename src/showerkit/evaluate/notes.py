"""What a reader of an evaluation must know to judge its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.evaluate.classifier import LEAST_SHOWERS
from showerkit.evaluate.fitted_bins import ENOUGH_PER_ENERGY_BIN
from showerkit.simulate.geant4.physics_data import APPROXIMATE_HADRONS

if TYPE_CHECKING:
    from showerkit.evaluate.result import EvaluationResult


def evaluation_notes(result: EvaluationResult) -> tuple[str, ...]:
    """Collect the caveats of an evaluation.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    tuple of str
        One sentence or two each.
    """
    notes = [_floor_note(result)]
    samples = [result.reference, result.floor.sample, *(c.sample for c in result.candidates)]
    if result.floor_kind == "halves":
        del samples[1]
    for sample in samples:
        name, data = sample.facts.name, sample.facts.metadata.physics_data
        if data is not None and "embedded" in data.lower():
            notes.append(
                f"{name}: simulated with the embedded electromagnetic tables, not Geant4's official data."
            )
        if data is not None and APPROXIMATE_HADRONS in data:
            notes.append(
                f"{name}: hadrons simulated with {APPROXIMATE_HADRONS}, not Geant4's official data: "
                "slow neutrons and nuclear photons are rough."
            )
        if sample.n_empty:
            notes.append(
                f"{name}: {sample.n_empty} of {sample.n_events} showers deposit nothing; they count in "
                "occupancy, total energy and response, but have no centre, width or profile."
            )
        if sample.n_outside_energy:
            notes.append(
                f"{name}: {sample.n_outside_energy} of {sample.n_events} incident energies lie outside the "
                "reference's range and are left out of what is binned in energy."
            )
        if sample.facts.timing is None:
            notes.append(f"{name}: no timing file beside it, so that no time per shower is shown.")
    lengths = {sample.n_events for sample in samples}
    if len(lengths) > 1:
        notes.append(
            "The samples have different lengths; distances to the reference carry more noise for the shorter."
        )
    notes += [
        f"{candidate.sample.facts.name}: other incident particles than the reference's "
        "(make it with --like to compare the same)."
        for candidate in result.candidates
        if not candidate.comparison.paired
    ]
    if any(candidate.comparison.mask_probability is not None for candidate in result.candidates):
        notes.append(
            "A mask probability has no binomial noise of its own: a perfect one reaches about half of the "
            "floor, which compares two samples of hits."
        )
    notes += _two_sample_notes(result)
    events = result.floor.comparison.hit_probability.events[:, 0]
    per_bin = float(events[events > 0].mean()) if events.any() else 0.0
    if result.floor_kind == "halves":
        per_bin *= 2.0
    if per_bin < ENOUGH_PER_ENERGY_BIN:
        notes.append(
            f"Only {per_bin:.2g} showers per energy bin on average: the hit-probability MSE is almost all "
            "statistics; read it beside its floor."
        )
    return tuple(notes)


def _two_sample_notes(result: EvaluationResult) -> list[str]:
    """What the measures that take showers one by one could not see."""
    notes = []
    asked = result.config.two_samples.max_showers
    for candidate in result.candidates:
        found, name = candidate.comparison.two_samples, candidate.sample.facts.name
        if found is None:
            if asked > 0:
                notes.append(
                    "Classifiers and distances of observables need a threshold above 0 MeV and were left out."
                )
            break
        if found.reference_showers < result.reference.n_events:
            notes.append(
                f"{name}: classifiers, distances of all observables, neighbours and the chi-square of the "
                f"hit probability see the first {found.candidate_showers:,} showers."
            )
        if min(found.reference_showers, found.candidate_showers) < LEAST_SHOWERS:
            notes.append(
                f"{name}: classifiers and neighbours need {LEAST_SHOWERS} showers and were left out."
            )
        if found.memorisation is not None and found.memorisation.memorised():
            notes.append(
                f"{name}: copies showers of its training sample: more of its showers than chance allows lie "
                "very near one, and nearer to it than to other simulated showers."
            )
    return notes


def _floor_note(result: EvaluationResult) -> str:
    name = result.floor.sample.facts.name
    if result.floor_kind == "halves":
        return (
            "No second sample of the full simulation was given: the floor compares the reference's showers "
            "at even and odd places, its distances scaled to samples of full length (squared ones by 1/2, "
            "others by 1/sqrt 2). Give one with --floor (simulate with --like and another seed)."
        )
    how = "" if result.floor_kind == "file" else ", the Geant4 sample among the candidates"
    which = (
        "the same incident particles as"
        if result.floor.comparison.paired
        else "other incident particles than"
    )
    return f"The floor is the sample '{name}'{how}, with {which} the reference."
