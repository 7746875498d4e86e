"""A sample of showers as a measurement of energies sees it: divided, in batches, described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.cell_batches import CellBatches
from showerkit.data.condition_transform import INPUT_NAMES, condition_values
from showerkit.data.energy_schema import approximate_physics
from showerkit.data.running_moments import RunningMoments
from showerkit.data.sample_blocks import rows_at_once
from showerkit.errors import DataError
from showerkit.reconstruct.energy_calibration import calibrate_errors
from showerkit.reconstruct.energy_measurement import joined
from showerkit.reconstruct.response_correction import CorrectedMeasurement, fit_response_correction
from showerkit.train.energy_batches import EnergyBatches
from showerkit.train.energy_checkpoint import EnergyMeta
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from showerkit.data.records import Showers
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import Part, SplitConfig
    from showerkit.reconstruct.energy_measurement import EnergyMeasurement, MeasuredEnergies
    from showerkit.train.energy_baseline_recipe import EnergyBaselineRecipe
    from showerkit.train.energy_recipe import EnergyRecipe
    from showerkit.typing import FloatArray

_VALIDATION_BATCH: Final = 512


class EnergySample:
    """The parts of a sample, and what is known of its incident particles.

    Parameters
    ----------
    file
        The sample.
    split
        How it is divided.
    environment
        What is known of the surroundings and of the sample.

    Raises
    ------
    DataError
        If the training part is empty, or all its energies are the same.
    """

    def __init__(self, file: ShowerFile, split: SplitConfig, environment: Mapping[str, Any]) -> None:
        self.file = file
        self.split = split
        self.environment = environment
        moments, particles = RunningMoments(len(INPUT_NAMES)), set[int]()
        for start in range(0, len(file), 2**16):
            incident, event_id = file.read_incident(start, min(start + 2**16, len(file)))
            incident = incident[split.selects("train", event_id)]
            moments.update(condition_values(incident, INPUT_NAMES))
            particles.update(np.unique(incident.pdg).tolist())
        self.n_train = moments.count
        self.particles = tuple(sorted(particles))
        if self.n_train == 0:
            raise DataError(f"{file.path}: training part", got="no events", expected="at least one")
        self.ranges = {
            name: (float(low), float(high))
            for name, low, high in zip(INPUT_NAMES, moments.low, moments.high, strict=True)
        }
        self.low_gev, self.high_gev = self._energy_range()
        if self.low_gev >= self.high_gev:
            raise DataError(
                f"{file.path}: energies",
                got=f"{self.low_gev:g} GeV alone",
                expected="a range of energies to learn from",
            )

    def _energy_range(self) -> tuple[float, float]:
        """The range that the energies were drawn from, if it is known, or else that of the sample."""
        low, high = (end / MEV_PER_GEV for end in self.ranges["energy"])
        primaries = self._primaries() or {}
        match primaries.get("energy_gev"):
            case [int() | float() as begin, int() | float() as end] if not primaries.get("energies_gev"):
                return min(low, float(begin)), max(high, float(end))
        return low, high

    def _primaries(self) -> dict[str, Any] | None:
        """Settings of the incident particles, if they are known."""
        primaries = self.file.metadata.settings.get("primaries")
        return primaries if isinstance(primaries, dict) else None

    def batches(
        self, recipe: EnergyRecipe, part: Part, epoch: Callable[[], int] = lambda: 0
    ) -> EnergyBatches:
        """Give batches of a part for a network; those for training are shuffled and varied."""
        training, trains = recipe.training, part == "train"
        showers = CellBatches(
            self.file.path,
            recipe.model.inputs,
            batch_size=training.batch_size if trains else max(_VALIDATION_BATCH, training.batch_size),
            split=self.split,
            part=part,
            augmentation=recipe.augmentation if trains else None,
            seed=training.seed,
            shuffle=trains,
            buffer_events=recipe.data.shuffle_buffer,
            epoch_events=training.epoch_showers if trains else None,
        )
        return EnergyBatches(showers, epoch)

    def showers(self, part: Part) -> Iterator[Showers]:
        """Go through a part, in the order of the file."""
        rows = rows_at_once(self.file.cells)
        for start in range(0, len(self.file), rows):
            showers = self.file.read(start, min(start + rows, len(self.file)))
            showers = showers[self.split.selects(part, showers.event_id)]
            if len(showers):
                yield showers

    def describe(
        self,
        recipe: EnergyRecipe | EnergyBaselineRecipe,
        measurement: EnergyMeasurement,
        metrics: Mapping[str, float],
        **of_kind: Any,
    ) -> EnergyMeta:
        """Correct the response of a measurement if asked for, calibrate its errors, and describe it.

        Parameters
        ----------
        recipe
            What it was trained by.
        measurement
            The measurement.
        metrics
            Final figures of the training.
        of_kind
            What `EnergyMeta` has of a network or of a baseline alone.

        Returns
        -------
        EnergyMeta
            The description.

        Raises
        ------
        DataError
            If there are too few calibration events.
        """
        measured, true_mev = self._measured(measurement, "calibration")
        response = None
        if recipe.response is not None:
            seen, its_true_mev = self._measured(measurement, "train")
            response = fit_response_correction(
                np.concatenate([seen.energy_mev, measured.energy_mev]),
                np.concatenate([its_true_mev, true_mev]),
                knots=recipe.response.knots,
            )
            measured = CorrectedMeasurement(measurement, response).apply(measured)
        errors = calibrate_errors(measured, true_mev, recipe.intervals)
        residual = measured.energy_mev - true_mev
        return EnergyMeta(
            name=recipe.name,
            description=recipe.description,
            model=recipe.model,
            response=response,
            resolution=errors.resolution,
            sigma_scale=errors.sigma_scale,
            intervals=errors.intervals.to_dict(),
            detector=self.file.detector,
            energy_low_gev=self.low_gev,
            energy_high_gev=self.high_gev,
            primaries=self._primaries(),
            valid_range=self.ranges,
            particles=self.particles,
            physics_data=self.file.metadata.physics_data,
            approximate_physics=approximate_physics(self.file.metadata.physics_data),
            data_fingerprint=self.environment["data_fingerprint"],
            n_train=self.n_train,
            n_calibration=len(true_mev),
            metrics={
                **metrics,
                "calibration_bias_mev": float(residual.mean()),
                "calibration_rms_error_mev": float(np.sqrt(np.mean(residual**2))),
            },
            versions=self.environment["versions"],
            **of_kind,
        )

    def _measured(self, measurement: EnergyMeasurement, part: Part) -> tuple[MeasuredEnergies, FloatArray]:
        """Measure a part, and give its true energies in MeV beside."""
        found, true = [], []
        for showers in self.showers(part):
            found.append(measurement(showers))
            true.append(showers.incident.energy_mev.astype(np.float64))
        if not found:
            raise DataError(f"{self.file.path}: {part} part", got="no events", expected="some hundred")
        return joined(found), np.concatenate(true)
