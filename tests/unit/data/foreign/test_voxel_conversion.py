"""Files of the CaloChallenge and of Par04 that others wrote: what they hold is kept, the rest asked for."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge
from showerkit.data.foreign.forms import find_form
from showerkit.data.foreign.options import ForeignOptions
from showerkit.data.foreign.unrolled_voxels import UnrolledVoxels
from showerkit.data.open_voxels import open_voxels
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerFile, ShowerWriter, read_showers
from showerkit.data.validation import violations
from showerkit.errors import ConfigurationError, FileFormatError
from showerkit.geometry.voxel_file import load_voxel_geometry
from showerkit.workflow.convert import convert


def made(n, cells, dtype=np.float32):
    random = np.random.default_rng(n)
    return random.uniform(1e3, 1e6, n).astype(dtype), random.gamma(0.1, 1.0, (n, cells)).astype(dtype)


def read_plain(path):
    with h5py.File(path) as file:
        return file["incident_energies"][:, 0], file["showers"][:]


@pytest.mark.parametrize("name", ["calochallenge-1-photons", "calochallenge-1-pions", "calochallenge-2"])
def test_data_sets_of_the_challenge_there_and_back(tmp_path, name):
    incident, energy = made(7, load_voxel_geometry(name).n_voxels)
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge(incident, energy)])
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5")
    assert violations(tmp_path / "ours.h5") == []
    convert(tmp_path / "ours.h5", tmp_path / "b.hdf5", to="calochallenge")
    back = read_plain(tmp_path / "b.hdf5")
    assert np.array_equal(back[0], incident)
    assert np.array_equal(back[1], energy)
    with open_voxels(tmp_path / "b.hdf5") as sample:
        assert (sample.form, sample.n_voxels) == ("CaloChallenge", energy.shape[1])
    # The voxels on the cells come back, too, and so do they by way of Par04's grid.
    for form in ("calochallenge", "par04"):
        convert(tmp_path / "ours.h5", tmp_path / form, to=form)
        convert(tmp_path / form, tmp_path / f"{form}.h5")
        assert (tmp_path / f"{form}.h5").read_bytes() == (tmp_path / "ours.h5").read_bytes()


def test_particles_of_the_challenge(tmp_path):
    incident, energy = made(3, 368)
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge(incident, energy)])
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5")
    showers = read_showers(tmp_path / "ours.h5")
    assert set(showers.incident.pdg) == {22}
    assert np.array_equal(showers.incident.momentum_mev[:, 2], incident)
    options = ForeignOptions(particle="pi+", kind="model")
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5", options=options, overwrite=True)
    with ShowerFile(tmp_path / "ours.h5") as file:
        incident_particles = file.read().incident
        assert file.metadata.kind == "model"
        assert file.metadata.settings["converted"]["file"] == "a.hdf5"
    assert set(incident_particles.pdg) == {211}
    mass = 139.57039
    total = np.hypot(np.linalg.norm(incident_particles.momentum_mev.astype(float), axis=1), mass)
    assert total - mass == pytest.approx(incident, rel=1e-6)


def test_deposits_scaled_to_the_incident_energy_are_valid(tmp_path):
    """Where a sampling fraction is divided out, more than the incident energy may be seen."""
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge([1000.0], np.full((1, 6480), 1.0))])
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5")
    assert read_showers(tmp_path / "ours.h5").total_mev[0] == 6480.0
    assert violations(tmp_path / "ours.h5") == []


def test_what_a_model_makes_becomes_voxels_again(tmp_path):
    """Such files say nothing of a conversion: the detector tells, or the user does."""
    for geometry, option in (("calochallenge-1-pions", None), ("own", str(tmp_path / "own.yaml"))):
        (tmp_path / "own.yaml").write_text(
            "name: own\nlayers:\n  - {radial_edges_mm: [0, 1, 2], angular_bins: 3}\n"
            "  - {radial_edges_mm: [0, 5]}\n"
        )
        unrolled = UnrolledVoxels(load_voxel_geometry(option or geometry))
        incident, energy = made(4, unrolled.geometry.n_voxels)
        metadata = FileMetadata(generator="net", kind="model", detector=unrolled.detector, seed=1)
        along = np.column_stack([np.zeros((4, 2)), incident])
        photons = IncidentParticles([22] * 4, incident, along, np.zeros((4, 3)))
        with ShowerWriter(tmp_path / "made.h5", metadata, overwrite=True) as writer:
            writer.append(Showers(photons, unrolled.to_cells(energy), np.arange(4)))
        options = ForeignOptions(geometry=option)
        convert(
            tmp_path / "made.h5", tmp_path / "a.hdf5", to="calochallenge", options=options, overwrite=True
        )
        assert np.array_equal(read_plain(tmp_path / "a.hdf5")[1], energy)
    with pytest.raises(FileFormatError, match="when unrolled"):
        convert(tmp_path / "made.h5", tmp_path / "b.h5", options=ForeignOptions(geometry="calochallenge-2"))


def test_cells_of_a_detector(tmp_path):
    incident, energy = made(5, 400)
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge(incident, energy)])
    options = ForeignOptions(detector="zdc-ecal", particle="e-")
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5", options=options)
    with ShowerFile(tmp_path / "ours.h5") as file:
        assert np.array_equal(file.read().energy_mev, energy)
        assert file.detector.name == "zdc-ecal"


def test_double_precision_is_rounded_and_told(tmp_path):
    from showerkit.progress import SilentProgress

    class Told(SilentProgress):
        lines: tuple[str, ...] = ()

        def note(self, message):
            self.lines = (*self.lines, message)

    incident, energy = made(3, 6480, np.float64)
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge(incident, energy)])
    told = Told()
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5", progress=told)
    assert len(told.lines) == 1
    assert "single precision" in told.lines[0]
    told = Told()
    narrow = energy.astype(np.float32).astype(np.float64)
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge(incident, narrow)], overwrite=True)
    convert(tmp_path / "a.hdf5", tmp_path / "ours.h5", progress=told, overwrite=True)
    assert told.lines == ()


def test_par04_there_and_back(tmp_path):
    random = np.random.default_rng(4)
    showers = random.gamma(0.1, 1.0, (6, 9, 16, 45)).astype(np.float32)
    theta, phi = random.uniform(1.0, 2.0, 6).astype("f4"), random.uniform(-3.0, 3.0, 6).astype("f4")
    with h5py.File(tmp_path / "LEMURS.h5", "w") as file:
        file["showers"], file["incident_energy"] = showers, random.uniform(1e3, 1e6, 6).astype("f4")
        file["incident_theta"], file["incident_phi"] = theta, phi
    options = ForeignOptions(particle="gamma")
    convert(tmp_path / "LEMURS.h5", tmp_path / "ours.h5", options=options)
    images = read_showers(tmp_path / "ours.h5").energy_mev.reshape(6, 45, 16, 9)
    assert np.array_equal(images, showers.transpose(0, 3, 2, 1))
    convert(tmp_path / "ours.h5", tmp_path / "back.h5", to="par04")
    with h5py.File(tmp_path / "back.h5") as file, h5py.File(tmp_path / "LEMURS.h5") as before:
        assert np.array_equal(file["showers"][:], showers)
        assert np.array_equal(file["incident_energy"][:], before["incident_energy"][:])
        # Directions are kept as momenta in single precision.
        assert file["incident_theta"][:] == pytest.approx(theta, abs=5e-7)
        assert file["incident_phi"][:] == pytest.approx(phi, abs=5e-7)
    with open_voxels(tmp_path / "back.h5") as sample:
        assert (sample.form, sample.shape) == ("Par04", (45, 16, 9))


@pytest.mark.parametrize(
    ("cells", "options", "error", "words"),
    [
        (77, {}, FileFormatError, "none of the CaloChallenge's"),
        (77, {"detector": "zdc-ecal", "particle": "e-"}, FileFormatError, "expected 400"),
        (77, {"geometry": "calochallenge-2"}, FileFormatError, "expected 6480"),
        (400, {"detector": "zdc-ecal"}, FileFormatError, "--particle"),
        (400, {"detector": "zdc-ecal", "particle": "electron"}, ConfigurationError, "unknown particle"),
        (400, {"detector": "zdc-ecal", "geometry": "calochallenge-2"}, ConfigurationError, "--geometry"),
        (6480, {"readout": "epic-zdc-ecal"}, ConfigurationError, "--readout"),
        (6480, {"primary": "first"}, ConfigurationError, "--primary"),
    ],
)
def test_what_does_not_fit(tmp_path, cells, options, error, words):
    incident, energy = made(2, cells)
    write_calochallenge(tmp_path / "a.hdf5", [as_calochallenge(incident, energy)])
    with pytest.raises(error, match=words) as caught:
        convert(tmp_path / "a.hdf5", tmp_path / "ours.h5", options=ForeignOptions(**options))
    assert "\n" not in str(caught.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.hdf5"]


def test_showers_changed_behind_the_back(tmp_path, photons, write_sample):
    convert(write_sample(photons(5)), tmp_path / "a.hdf5", to="calochallenge")
    with h5py.File(tmp_path / "a.hdf5", "a") as file:
        for name in ("showers", "incident_energies"):
            fewer = file[name][:3]
            del file[name]
            file[name] = fewer
    with pytest.raises(FileFormatError, match="remove the group 'showerkit'"):
        convert(tmp_path / "a.hdf5", tmp_path / "b.h5")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({"images": np.ones(3)}, "no known form"),
        ({"incident_energies": np.ones((2, 1))}, "'showers' is missing"),
    ],
)
def test_files_of_no_form(tmp_path, names, words):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, values in names.items():
            file[name] = values
    with pytest.raises(FileFormatError, match=words):
        convert(tmp_path / "a.h5", tmp_path / "b.h5")


def test_a_file_of_another_schema_is_named(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["schema"] = "showerkit-jets"
    with pytest.raises(FileFormatError, match="showerkit-jets"):
        find_form(tmp_path / "a.h5")
