"""What a reader must know to judge an evaluation of jets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.evaluate.jets.jet_evaluation import PUBLISHED_JETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.evaluate.jets.jet_result import JetReportResult

_EMPTY_FPD = "The floor's Fréchet distance is 0 within its error: its line in 1/N has no positive intercept. "


def jet_notes(result: JetReportResult) -> tuple[str, ...]:
    """List what a reader must know.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    tuple of str
        Sentences.
    """
    return tuple(_notes(result))


def _notes(result: JetReportResult) -> Iterator[str]:
    used, config = result.used, result.config
    if result.comparable:
        yield (
            f"{PUBLISHED_JETS:,} jets of each sample and JetNet's settings: W1, FPD and KPD compare with "
            "published figures of the same jets."
        )
    else:
        yield (
            f"{result.reference.n_used:,} jets of each sample, batches of {used.w1_batch_jets:,} (W1), "
            f"{used.fpd_least_jets:,} to {used.fpd_most_jets:,} (FPD) and {used.kpd_batch_jets:,} (KPD): "
            f"JetNet has {PUBLISHED_JETS:,} jets, and batches of 50,000, 20,000 to 50,000 and 5,000. Values "
            "are larger by statistics than published ones; compare them with the floor."
        )
    types = result.reference.types
    if len(types) > 1 and set(types.values()) == {PUBLISHED_JETS} and config.as_published:
        yield (
            f"There are {PUBLISHED_JETS:,} jets of each type, and batches of each type are JetNet's: W1, FPD "
            "and KPD by type compare with published figures."
        )
    yield from _about_samples(result)
    if result.floor_kind == "halves":
        yield (
            "No second sample of the simulation was given: the floor compares the reference's two halves, "
            "scaled to its whole (distances by 1/√2, squared ones by 1/2). Coverage and matching distance do "
            "not scale: of few jets, half as many cover less. A file given as --floor is better."
        )
    elif result.floor_kind == "candidate":
        yield (
            f"{result.floor.sample.facts.name} is of the reference's simulation with another seed, and is "
            "taken as the floor."
        )
    if config.coverage_jets > 0 and used.coverage_jets == 0:
        yield (
            "Coverage and matching distance are left out, since POT is not installed: "
            "pip install 'showerkit[jets]'."
        )
    if "classifier" in result.floor.comparison.details and not any(
        "classifier.auc" in candidate.comparison.measures for candidate in result.candidates
    ):
        yield (
            "No classifier was trained."
            if config.classifier_jets == 0
            else "No classifier was trained: it needs 50 jets of each sample."
        )
    floor = result.floor.comparison.measures.get("fpd")
    if floor is not None and not floor.value > 0.1 * floor.error:
        yield _EMPTY_FPD + "A candidate's is given in standard errors above it."


def _about_samples(result: JetReportResult) -> Iterator[str]:
    reference = result.reference
    samples = [candidate.sample for candidate in result.candidates]
    if result.floor_kind != "halves":
        samples.append(result.floor.sample)
    for sample in [reference, *samples]:
        if sample.n_bad > 0:
            yield (
                f"{sample.facts.name}: {sample.n_bad:,} particles of negative pT were taken out, "
                f"{sample.n_bad / sample.n_used:.2g} a jet."
            )
    for sample in samples:
        if set(sample.types) != set(reference.types):
            theirs, mine = (", ".join(one.types) for one in (sample, reference))
            yield f"{sample.facts.name} holds jets of type {theirs}, the reference {mine}."
