"""A file of matched jets as a calibration sees it: divided, in batches, described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.calibration_batches import CalibrationBatches
from showerkit.errors import DataError
from showerkit.reconstruct.energy_measurement import joined
from showerkit.reconstruct.jet_errors import calibrate_jet_errors
from showerkit.reconstruct.jet_response import corrected_jets, fit_jet_response
from showerkit.train.jet_energy_checkpoint import JetEnergyMeta
from showerkit.train.jet_energy_training import JetEnergyBatches
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.data.splits import Part, SplitConfig
    from showerkit.reconstruct.energy_measurement import MeasuredEnergies
    from showerkit.reconstruct.jet_measurement import JetMeasurement
    from showerkit.train.jet_baseline_recipe import JetBaselineRecipe
    from showerkit.train.jet_energy_recipe import JetEnergyRecipe
    from showerkit.typing import FloatArray

#: Jets that are read at once.
_BLOCK: Final = 4096
_VALIDATION_BATCH: Final = 1024
#: Jets by which sigma is fitted anew, and the response is corrected.
_SOME_JETS: Final = 200_000


class CalibrationSample:
    """The parts of a sample of jets.

    Parameters
    ----------
    file
        The sample.
    split
        How it is divided.
    environment
        What is known of the surroundings and of the sample.
    pt_range_gev
        Take jets with a true pT in this range only; None: all, and the range is that of the training part.

    Raises
    ------
    DataError
        If the training part is empty, or all its jets have one true pT.
    """

    def __init__(
        self,
        file: CalibrationJetFile,
        split: SplitConfig,
        environment: Mapping[str, Any],
        pt_range_gev: tuple[float, float] | None = None,
    ) -> None:
        self.file, self.split, self.environment = file, split, environment
        self.pt_range_gev = pt_range_gev
        true, weight, seen, flavour = [np.zeros(0)], [np.zeros(0)], [np.zeros((0, 4))], [np.zeros(0, int)]
        for jets in self.jets("train"):
            true.append(jets.true_pt_gev.astype(np.float64))
            weight.append(jets.weight)
            flavour.append(jets.flavour)
            seen.append(np.stack([jets.pt_gev, np.abs(jets.eta), jets.pile_up, jets.rho_gev], axis=1))
        self.true_gev, self.weight = np.concatenate(true), np.concatenate(weight)
        self.flavour = np.concatenate(flavour)
        told = np.concatenate(seen)
        if len(told) == 0:
            raise DataError(f"{file.path}: training part", got="no jets", expected="at least one")
        self.valid_range = {
            name: (float(low), float(high))
            for name, low, high in zip(
                ("pt_gev", "abs_eta", "pile_up", "rho_gev"), told.min(axis=0), told.max(axis=0), strict=True
            )
        }
        ends = pt_range_gev or (float(self.true_gev.min()), float(self.true_gev.max()))
        self.low_gev, self.high_gev = ends
        if self.low_gev >= self.high_gev:
            raise DataError(
                f"{file.path}: true pT", got=f"{self.low_gev:g} GeV alone", expected="a range to learn from"
            )

    @property
    def n_train(self) -> int:
        """Jets of the training part."""
        return len(self.true_gev)

    def jets(self, part: Part) -> Iterator[CalibrationJets]:
        """Go through a part, in the order of the file."""
        for jets in self.file.iterate(_BLOCK):
            chosen = self.split.selects(part, jets.event_id)
            if self.pt_range_gev is not None:
                low, high = self.pt_range_gev
                chosen = chosen & (jets.true_pt_gev >= low) & (jets.true_pt_gev <= high)
            if chosen.any():
                yield jets[chosen]

    def batches(
        self,
        recipe: JetEnergyRecipe,
        part: Part,
        epoch: Callable[[], int] = lambda: 0,
        *,
        epoch_jets: int | None = None,
    ) -> JetEnergyBatches:
        """Give batches of a part for a network; those for training are shuffled."""
        training, trains = recipe.training, part == "train"
        if trains and epoch_jets is None:
            epoch_jets = training.epoch_jets
        return JetEnergyBatches(
            CalibrationBatches(
                self.file.path,
                batch_size=training.batch_size if trains else max(_VALIDATION_BATCH, training.batch_size),
                split=self.split,
                part=part,
                pt_range_gev=self.pt_range_gev,
                seed=training.seed,
                shuffle=trains,
                buffer_events=recipe.data.shuffle_buffer,
                epoch_events=epoch_jets
                if epoch_jets is not None
                else training.epoch_jets
                if trains
                else None,
            ),
            epoch,
        )

    def some_batches(self, recipe: JetEnergyRecipe) -> JetEnergyBatches:
        """Give batches of some jets of the training part."""
        return self.batches(recipe, "train", epoch_jets=_SOME_JETS)

    def describe(
        self,
        recipe: JetEnergyRecipe | JetBaselineRecipe,
        measurement: JetMeasurement,
        metrics: Mapping[str, float],
        *,
        by_heart: bool = False,
        **of_kind: Any,
    ) -> JetEnergyMeta:
        """Correct the response of a measurement if asked for, calibrate its errors, and describe it.

        Responses are corrected by training and calibration jets; by the latter alone if the measurement knows
        the former `by_heart`: it draws them towards their true pT, and would seem less biased than it is.

        Raises
        ------
        DataError
            If there are too few calibration jets.
        """
        measured, true_mev, eta = self._measured(measurement, "calibration")
        response = None
        if recipe.response is not None:
            parts = [(measured, true_mev, eta)]
            if not by_heart:
                parts.append(self._measured(measurement, "train", _SOME_JETS))
            response = fit_jet_response(
                recipe.response,
                np.concatenate([part[0].energy_mev for part in parts]),
                np.concatenate([part[1] for part in parts]),
                np.concatenate([part[2] for part in parts]),
            )
            measured = corrected_jets(response, measured, eta)
        errors = calibrate_jet_errors(recipe.intervals, measured, true_mev, eta)
        ratio = measured.energy_mev / true_mev
        return JetEnergyMeta(
            name=recipe.name,
            description=recipe.description,
            model=recipe.model,
            response=response,
            errors=errors,
            pt_low_gev=self.low_gev,
            pt_high_gev=self.high_gev,
            valid_range=self.valid_range,
            sample=dict(self.file.metadata.settings),
            data_fingerprint=self.environment["data_fingerprint"],
            n_train=self.n_train,
            n_calibration=len(true_mev),
            metrics={
                **metrics,
                "calibration_response": float(ratio.mean()),
                "calibration_rms_response": float(ratio.std()),
            },
            versions=self.environment["versions"],
            **of_kind,
        )

    def _measured(
        self, measurement: JetMeasurement, part: Part, most: int | None = None
    ) -> tuple[MeasuredEnergies, FloatArray, FloatArray]:
        """Measure a part, or its first jets, and give the true pT in MeV and the measured eta beside."""
        found, true, eta, number = [], [], [], 0
        for jets in self.jets(part):
            found.append(measurement(jets))
            true.append(MEV_PER_GEV * jets.true_pt_gev.astype(np.float64))
            eta.append(jets.eta.astype(np.float64))
            number += len(jets)
            if most is not None and number >= most:
                break
        if not found:
            raise DataError(f"{self.file.path}: {part} part", got="no jets", expected="some hundred")
        return joined(found), np.concatenate(true), np.concatenate(eta)
