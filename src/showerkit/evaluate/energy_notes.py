"""What a reader of an evaluation of energies must know to judge its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.data.energy_schema import approximate_physics

if TYPE_CHECKING:
    from showerkit.evaluate.energy_result import EnergyEvaluation

_FEW_PER_BIN: Final = 200


def energy_notes(result: EnergyEvaluation, fingerprint: str) -> tuple[str, ...]:
    """Collect the caveats of an evaluation of energies.

    Parameters
    ----------
    result
        The evaluation.
    fingerprint
        That of the reference's file.

    Returns
    -------
    tuple of str
        One sentence or two each.
    """
    notes = []
    reference = result.reference
    data = reference.metadata.physics_data
    if approximate_physics(data):
        notes.append(
            f"{reference.name}: simulated with approximate hadronic tables, not Geant4's official data "
            f"({data}); figures for hadrons are those of this approximation."
        )
    elif data is not None and "embedded" in data.lower():
        notes.append(
            f"{reference.name}: simulated with the embedded electromagnetic tables, not Geant4's official "
            "data."
        )
    per_bin = len(reference) / result.config.bins
    if per_bin < _FEW_PER_BIN:
        notes.append(
            f"Only {per_bin:.0f} events per energy bin on average: the curves are mostly statistics."
        )
    for candidate in result.candidates:
        sample = candidate.sample
        if sample.metadata.shower_fingerprint != fingerprint:
            notes.append(
                f"{candidate.name}: reconstructed from another file of showers, with the same events and "
                "energies."
            )
        if candidate.outside_range:
            notes.append(
                f"{candidate.name}: {candidate.outside_range} of {len(reference)} energies are reconstructed "
                "outside of the range of the true ones."
            )
        if sample.timing is None:
            notes.append(f"{candidate.name}: no timing file beside it, so that no time per shower is shown.")
    return tuple(notes)
