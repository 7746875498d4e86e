"""What a reader of an evaluation of calibrated jets must know to judge its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.evaluate.jet_energy.response import effective_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.jet_energy.bins import JetBins
    from showerkit.evaluate.jet_energy.sample import JetCalibration, JetTruth

_FEW_PER_BIN: Final = 500.0


def jet_energy_notes(
    truth: JetTruth, calibrations: Sequence[JetCalibration], bins: JetBins
) -> tuple[str, ...]:
    """Collect the caveats of an evaluation of calibrated jets.

    Parameters
    ----------
    truth
        The reference.
    calibrations
        What is judged.
    bins
        Where the jets lie.

    Returns
    -------
    tuple of str
        One sentence or two each.
    """
    notes, jets = [], truth.jets
    if truth.metadata.kind == "toy":
        notes.append(f"{truth.name}: jets drawn from formulas, no simulation of physics.")
    outside = int((bins.of_all < 0).sum())
    if outside:
        notes.append(
            f"{outside:,} of {len(truth):,} jets lie outside of the bins of pT and |eta| and count nowhere."
        )
    counts = [effective_number(jets.weight[bins.of_pt == number]) for number in range(bins.n_pt)]
    if min(counts) < _FEW_PER_BIN:
        notes.append(
            f"The bin of pT with the fewest jets counts as {min(counts):.0f} jets of equal weight: what is "
            "worst of many bins is partly chance, so read it beside its error."
        )
    equal = effective_number(jets.weight)
    if equal < 0.5 * len(truth):
        notes.append(
            f"Weights differ: figures of all jets by weight are as sure as those of {equal:,.0f} jets of "
            "equal weight, and mostly of low pT."
        )
    for one in calibrations:
        below = int((one.jets.pt_gev <= 0.0).sum())
        if below:
            notes.append(f"{one.name}: {below:,} of {len(truth):,} jets have a calibrated pT of 0 or below.")
        model = {} if one.metadata is None else one.metadata.model
        if model.get("data_fingerprint") == truth.fingerprint:
            notes.append(f"{one.name}: was trained on these very jets; its figures flatter it.")
    return tuple(notes)
