"""Numbers that sum up what a detector saw of a jet, for methods that take tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.calibration_jets import CANDIDATE_CLASSES

if TYPE_CHECKING:
    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.typing import FloatArray

_CLASS_NAMES: Final = tuple(name.replace(" ", "_") for name in CANDIDATE_CLASSES)

#: Columns of `jet_variables`.
JET_VARIABLES: Final = (
    "log_pt",
    "abs_eta",
    "mass_over_pt",
    "rho_gev",
    "candidates",
    "leading_share",
    "dispersion",
    "width",
    *(f"share_of_{name}" for name in _CLASS_NAMES),
    *(f"number_of_{name}" for name in _CLASS_NAMES[:3]),
    "charged_width",
    "leading_charged_share",
)


def jet_variables(jets: CalibrationJets) -> FloatArray:
    r"""Compute variables of each jet.

    With shares :math:`z_i = p_{T i}/p_T` of the candidates and distances r from the axis in (eta, phi): the
    dispersion :math:`p_T D = \sqrt{\sum z_i^2}/\sum z_i`, the width :math:`\sum z_i r_i / \sum z_i`, shares
    and numbers by class, and width and leading share of those with charge.

    Parameters
    ----------
    jets
        N jets.

    Returns
    -------
    numpy.ndarray
        Columns of `JET_VARIABLES`, finite, shape (N, columns).

    Examples
    --------
    >>> from showerkit.data.calibration_jets import CalibrationJets
    >>> jet = CalibrationJets(
    ...     candidates=[[[20.0, 0.1, 3.0, 1.0, 0.0], [5.0, 0.1, 3.0, 0.0, 1.0]]], mask=[[True, True]],
    ...     true_pt_gev=[25.0], true_eta=[0.1], true_phi=[3.0], true_mass_gev=[4.0],
    ...     pt_gev=[25.0], eta=[0.1], phi=[3.0], mass_gev=[0.0],
    ...     flavour=[21], pile_up=[0.0], weight=[1.0], event_id=[0])
    >>> found = dict(zip(JET_VARIABLES, jet_variables(jet)[0].round(3).tolist(), strict=True))
    >>> found["leading_share"], found["share_of_photon"], found["candidates"], found["width"]
    (0.8, 0.2, 2.0, 0.0)
    """
    pt = np.maximum(jets.pt_gev.astype(np.float64), 1e-3)
    share = jets.candidates[:, :, 0] / pt[:, None]
    kind = jets.candidates[:, :, 4]
    away_phi = np.mod(jets.candidates[:, :, 2] - jets.phi[:, None] + np.pi, 2 * np.pi) - np.pi
    distance = np.hypot(jets.candidates[:, :, 1] - jets.eta[:, None], away_phi)
    charged = (jets.candidates[:, :, 3] != 0) & jets.mask
    of_class = [(kind == code) & jets.mask for code in CANDIDATE_CLASSES.values()]
    total = np.maximum(share.sum(axis=1), 1e-9)
    of_charged = np.where(charged, share, 0.0)
    columns = [
        np.log(pt),
        np.abs(jets.eta),
        jets.mass_gev / pt,
        jets.rho_gev,
        jets.n_candidates,
        share.max(axis=1, initial=0.0),
        np.sqrt((share**2).sum(axis=1)) / total,
        (share * distance).sum(axis=1) / total,
        *(np.where(there, share, 0.0).sum(axis=1) for there in of_class),
        *(there.sum(axis=1) for there in of_class[:3]),
        (of_charged * distance).sum(axis=1) / np.maximum(of_charged.sum(axis=1), 1e-9),
        of_charged.max(axis=1, initial=0.0),
    ]
    return np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
