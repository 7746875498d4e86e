"""What an evaluation of energies finds, where the truth about them is known in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from showerkit.data.energy_schema import EnergyFileMetadata
from showerkit.data.schema import FileMetadata
from showerkit.evaluate.bootstrap import BootstrapWeights
from showerkit.evaluate.edge_step import edge_step
from showerkit.evaluate.energy_candidate import judge_candidate
from showerkit.evaluate.energy_result import EnergyCandidate
from showerkit.evaluate.energy_sample import CandidateEnergies, TrueEnergies
from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
from showerkit.geometry import load_detector
from showerkit.typing import FloatArray

N = 20_000
REPLICAS = 100
DETECTOR = load_detector("toy-hcal")
EDGES = np.linspace(0.0, 10_000.0, 21)
CONFIG = EnergyEvaluationConfig(bootstrap=REPLICAS)
WEIGHTS = BootstrapWeights(1, REPLICAS).rows(0, N)
A, B, C = 0.3, 0.04, 0.08


def _truth(seed: int = 1) -> TrueEnergies:
    random = np.random.default_rng(seed)
    return TrueEnergies(
        name="truth",
        path=Path("truth.h5"),
        metadata=FileMetadata(generator="g", kind="geant4", detector=DETECTOR, seed=1),
        event_id=np.arange(N),
        energy_mev=random.uniform(20.0, 10_000.0, N),
        pdg=random.choice([11, 22], N),
    )


TRUTH = _truth()
NOISE = np.random.default_rng(2).normal(size=N)


def sample(
    energy: FloatArray, sigma: FloatArray | None = None, *, half: FloatArray | None = None
) -> CandidateEnergies:
    metadata = EnergyFileMetadata(
        detector=DETECTOR, model={"name": "m"}, shower_fingerprint="0", shower_generator="g"
    )
    return CandidateEnergies(
        name="m",
        path=Path("m.h5"),
        metadata=metadata,
        timing=None,
        energy_mev=energy,
        sigma_mev=sigma,
        low_mev=None if half is None else energy - half,
        high_mev=None if half is None else energy + half,
    )


def judged(
    one: CandidateEnergies, first: CandidateEnergies | None = None, names: dict[int, str] | None = None
) -> EnergyCandidate:
    return judge_candidate(one, first or one, TRUTH, EDGES, WEIGHTS, CONFIG, names or {})


def sigma_abc() -> FloatArray:
    gev = TRUTH.energy_mev / 1000.0
    return 1000.0 * np.sqrt(A**2 * gev + (B * gev) ** 2 + C**2)


def close(value: float, error: float, truth: float, sigmas: float = 4.0) -> bool:
    return abs(value - truth) < sigmas * error


def test_gaussian_of_known_terms() -> None:
    sigma = sigma_abc()
    found = judged(sample(TRUTH.energy_mev + sigma * NOISE, sigma, half=sigma))
    fit = found.fits["spread"]
    for number, truth in enumerate((A, B, C)):
        width = max(fit.high[number] - fit.values[number], fit.values[number] - fit.low[number])
        assert close(fit.values[number], width, truth)
    expected = np.sqrt(np.mean(sigma**2 / (TRUTH.energy_mev * 1000.0)))
    assert close(
        found.measures["resolution.spread"].value, found.measures["resolution.spread"].error, expected
    )
    assert found.measures["resolution.spread"].error == pytest.approx(expected / np.sqrt(2 * N), rel=0.4)
    pull = found.measures["pull.width"]
    assert close(pull.value, 1.0 / np.sqrt(2 * N), 1.0)
    assert pull.error == pytest.approx(1.0 / np.sqrt(2 * N), rel=0.4)
    share = found.measures["coverage.overall"]
    assert close(share.value, share.error, 100.0 * (2.0 * norm.cdf(1.0) - 1.0))
    for step in found.steps:
        assert abs(step.step_mev) < 4.0 * step.error_mev
    curve = found.curves["response"]
    assert (np.abs(curve.y - 1.0) < 4.5 * curve.error).all()


def test_intervals_of_known_coverage_are_found_in_every_bin() -> None:
    sigma = sigma_abc()
    half = norm.ppf(0.95) * sigma
    found = judged(sample(TRUTH.energy_mev + sigma * NOISE, sigma, half=half))
    curve = found.coverage["true"]
    expected = np.sqrt(0.9 * 0.1 / curve.events)
    assert (np.abs(curve.coverage - 0.9) < 4.0 * expected).all()
    assert found.measures["coverage.lowest"].value <= 90.0 <= found.measures["coverage.highest"].value


def test_ratios_have_the_errors_of_the_difference() -> None:
    sigma = sigma_abc()
    residual = sigma * NOISE
    first = sample(TRUTH.energy_mev + residual)
    # Every residual smaller by the same factor: the ratio is exact, though each width has an error.
    scaled = judged(sample(TRUTH.energy_mev + 0.87 * residual), first)
    for name in ("spread", "core"):
        assert scaled.measures[f"ratio.{name}"].value == pytest.approx(0.87, rel=1e-9)
        assert scaled.measures[f"ratio.{name}"].error < 1e-9
        assert scaled.measures[f"resolution.{name}"].error > 1e-4
    other = np.random.default_rng(3).normal(size=N)
    independent = judged(sample(TRUTH.energy_mev + 0.87 * sigma * other), first).measures["ratio.spread"]
    # Two independent widths of relative error 1/sqrt(2 N) each.
    assert independent.error == pytest.approx(0.87 / np.sqrt(N), rel=0.4)
    assert close(independent.value, independent.error, 0.87)


@pytest.mark.parametrize(("edge", "place"), [("lower", 0), ("upper", -1)])
def test_a_step_at_an_edge_is_found_where_it_is(edge: str, place: int) -> None:
    sigma = sigma_abc()
    low, high = (EDGES[0], EDGES[1]) if edge == "lower" else (EDGES[-2], EDGES[-1])
    inside = (low <= TRUTH.energy_mev) & (low < high) & (TRUTH.energy_mev <= high)
    size = 0.6 * float(sigma[inside].mean())
    drift = 50.0 + 0.03 * TRUTH.energy_mev
    found = judged(sample(TRUTH.energy_mev + drift + size * inside + sigma * NOISE))
    steps = {step.edge: step for step in found.steps}
    assert close(steps[edge].step_mev, steps[edge].error_mev, size)
    assert steps[edge].p_value < 1e-4
    assert steps[edge].over_spread == pytest.approx(0.6, abs=0.25)
    other = steps["upper" if edge == "lower" else "lower"]
    assert abs(other.step_mev) < 4.0 * other.error_mev


def test_p_values_of_no_step_are_uniform() -> None:
    random = np.random.default_rng(5)
    energy = np.arange(250.0, 10_000.0, 500.0)
    p_values = []
    for _ in range(300):
        error = np.sqrt(energy)
        measured = 0.02 * energy + error * random.normal(size=len(energy))
        replicas = measured + error * random.normal(size=(400, len(energy)))
        replicas[0] = measured
        step = edge_step(energy, replicas, error, "upper")
        assert step is not None
        p_values.append(step.p_value)
    # A uniform law: mean 1/2 with standard error 1/sqrt(12 n).
    assert abs(np.mean(p_values) - 0.5) < 4.0 / np.sqrt(12.0 * len(p_values))
    share = np.mean(np.array(p_values) < 0.1)
    assert abs(share - 0.1) < 4.0 * np.sqrt(0.09 / len(p_values))


def test_posterior_mean_is_drawn_inwards_given_truth_but_calibrated_given_prediction() -> None:
    width = 800.0
    seen = TRUTH.energy_mev + width * NOISE
    # The mean of a Gaussian cut off at both ends of the energies.
    low, high = (20.0 - seen) / width, (10_000.0 - seen) / width
    mean = seen + width * (norm.pdf(low) - norm.pdf(high)) / (norm.cdf(high) - norm.cdf(low))
    found = judged(sample(mean))
    curve = found.curves["given_prediction"]
    known = np.isfinite(curve.y)
    assert (np.abs(curve.y[known]) < 4.5 * curve.error[known]).all()
    bias = found.curves["bias_mev"]
    assert bias.y[-1] < -10.0 * bias.error[-1]
    assert bias.y[0] > 10.0 * bias.error[0]
    middle = slice(7, 13)
    assert (np.abs(bias.y[middle]) < 4.0 * bias.error[middle]).all()
    assert found.measures["calibration.excess"].value < found.measures["bias.excess"].value


def test_largest_bias_is_the_one_put_in() -> None:
    tiny = 5.0 * NOISE
    energy = TRUTH.energy_mev * np.where((TRUTH.energy_mev > 4000) & (TRUTH.energy_mev < 4500), 1.03, 1.0)
    found = judged(sample(energy + tiny)).measures
    assert close(found["bias.largest"].value, found["bias.largest"].error, 3.0)
    assert "4.2" in found["bias.largest"].label
    assert found["bias.excess"].value > 5.0
    clean = judged(sample(TRUTH.energy_mev + tiny)).measures
    assert clean["bias.excess"].value < 0.0


def test_particles_apart() -> None:
    scale = np.where(TRUTH.pdg == 11, 1.0, 0.8)
    width = np.where(TRUTH.pdg == 11, 0.3, 0.5)
    energy = scale * TRUTH.energy_mev + width * np.sqrt(1000.0 * TRUTH.energy_mev) * NOISE
    electron, photon = judged(sample(energy), names={11: "e-", 22: "gamma"}).particles
    assert electron.events + photon.events == N
    for particle, response in ((electron, 1.0), (photon, 0.8)):
        found = particle.measures["response"]
        assert close(found.value, found.error, response)
    spread = electron.measures["resolution.spread"]
    assert close(spread.value, spread.error, 0.3)


def test_inner_range_knows_nothing_of_the_outermost_bins() -> None:
    outer = (TRUTH.energy_mev < EDGES[1]) | (TRUTH.energy_mev > EDGES[-2])
    scaled = np.sqrt(1000.0 * TRUTH.energy_mev) * NOISE
    first = sample(TRUTH.energy_mev + 0.3 * scaled)
    found = judged(sample(TRUTH.energy_mev + np.where(outer, 5.0, 0.3) * scaled), first).measures
    inner = found["resolution.inner"]
    assert close(inner.value, inner.error, 0.3)
    assert found["ratio.inner"].value == pytest.approx(1.0, rel=1e-12)
    assert found["resolution.spread"].value > 1.0
