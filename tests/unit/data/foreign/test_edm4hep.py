"""Hits and particles of EDM4hep files become showers of the right cells, energies and directions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from showerkit.data.foreign.options import ForeignOptions
from showerkit.data.foreign.readout import DetectorFrame, load_readout
from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.data.validation import violations
from showerkit.errors import ConfigurationError, FileFormatError
from showerkit.workflow.convert import convert

ANGLE = -0.025
#: The middle of the face of the ZDC's crystals, in mm.
FACE = np.array([35_702.0 * math.sin(ANGLE), 0.0, 35_702.0 * math.cos(ANGLE)])
NOWHERE = (0.0, 0.0, 0.0)
PHOTON = (1, 22, (10.0 * math.sin(ANGLE), 0.0, 10.0 * math.cos(ANGLE)), NOWHERE)


def crystal(ix, iy):
    """Cell id of a crystal as the geometry numbers them: from 1, iy first."""
    return 164 | (1 + 20 * ix + iy) << 10


def crystal_position(ix, iy):
    """Centre of a crystal in the experiment's frame, in mm."""
    local = np.array([(ix - 9.5) * 30.3, (iy - 9.5) * 30.3, 35.0])
    rotation = np.array(
        [[math.cos(ANGLE), 0.0, math.sin(ANGLE)], [0.0, 1.0, 0.0], [-math.sin(ANGLE), 0.0, math.cos(ANGLE)]]
    )
    return FACE + rotation @ local


def hit(ix, iy, energy_gev):
    return (crystal(ix, iy), energy_gev, crystal_position(ix, iy))


def fill(events):
    events.add([hit(3, 17, 2.0), hit(4, 17, 1.0)], [PHOTON, (0, 11, (0.1, 0.0, 0.0), NOWHERE)])
    events.add([], [(1, 2112, (0.0, 0.0, 41.0), (1.0, 2.0, 3.0))])
    events.add([hit(19, 0, 0.5), hit(19, 0, 0.25)], [(0, 11, (0.1, 0.0, 0.0), NOWHERE), PHOTON])
    return events


@pytest.mark.parametrize("table", ["write", "write_rntuple"])
def test_the_zdc_of_epic(tmp_path, events, table):
    path = getattr(fill(events), table)(tmp_path / "sim.edm4hep.root")
    convert(path, tmp_path / "zdc.h5")
    with ShowerFile(tmp_path / "zdc.h5") as file:
        assert file.detector.name == "zdc-ecal"
        assert file.metadata.settings["converted"]["readout"]["name"] == "epic-zdc-ecal"
        showers = file.read()
    images = showers.energy_mev.reshape(3, 20, 20)
    expected = np.zeros_like(images)
    expected[0, 17, 3], expected[0, 17, 4], expected[2, 0, 19] = 2000.0, 1000.0, 750.0
    assert images == pytest.approx(expected)
    incident = showers.incident
    assert incident.pdg.tolist() == [22, 2112, 22]
    assert incident.momentum_mev[0] == pytest.approx([0.0, 0.0, 10_000.0], abs=0.01)
    assert incident.entry_point_mm()[0] == pytest.approx([0.0, 0.0], abs=0.01)
    assert incident.position_mm[0] == pytest.approx([0.0, 0.0, -35_702.0])
    neutron = 939.5654194
    assert incident.energy_mev[1] == pytest.approx(math.hypot(41_000.0, neutron) - neutron, rel=1e-6)
    # Along z, 25 mrad from the detector's axis.
    assert incident.theta_rad[1] == pytest.approx(0.025)
    assert violations(tmp_path / "zdc.h5") == []


def test_ids_and_positions_agree(tmp_path, events):
    """The shipped numbering and frame are those of one geometry: both find the same cells."""
    random = np.random.default_rng(1)
    for _ in range(20):
        events.add([hit(*random.integers(0, 20, 2), 1.0) for _ in range(5)], [PHOTON])
    path = events.write(tmp_path / "a.root")
    by_position = tmp_path / "positions.yaml"
    frame = load_readout("epic-zdc-ecal").frame
    by_position.write_text(
        "name: by-position\ncollection: EcalFarForwardZDCHits\ndetector: zdc-ecal\ncells: {kind: positions}\n"
        f"frame: {{origin_mm: {list(frame.origin_mm)}, rotation_rad: {list(frame.rotation_rad)}}}\n"
    )
    convert(path, tmp_path / "ids.h5")
    convert(path, tmp_path / "positions.h5", options=ForeignOptions(readout=str(by_position)))
    found = [read_showers(tmp_path / name).energy_mev for name in ("ids.h5", "positions.h5")]
    assert found[0].sum() == pytest.approx(100_000.0)
    assert np.array_equal(found[0], found[1])


OWN = """
name: mine
collection: EcalHits
detector: mine-detector.yaml
id: system:8,layer:8,x:32:-16,y:-16
cells:
  kind: fields
  x: {field: x, first: -1}
  y: {field: y, first: 1, reversed: true}
  layer: {field: layer, first: 1}
"""
DETECTOR = (
    "name: small\ncells: [3, 2]\ncell_mm: [10, 12]\nlayers: [{material: lyso, thickness_mm: 4, repeat: 4}]\n"
)


def own_id(layer, x, y):
    return 7 | layer << 8 | (x & 0xFFFF) << 32 | (y & 0xFFFF) << 48


def test_an_own_readout(tmp_path, events):
    (tmp_path / "mine.yaml").write_text(OWN)
    (tmp_path / "mine-detector.yaml").write_text(DETECTOR)
    events.add([(own_id(1, -1, 1), 1.0, NOWHERE), (own_id(4, 1, 0), 2.0, NOWHERE)], [PHOTON])
    path = events.write(tmp_path / "a.root", "EcalHits")
    convert(path, tmp_path / "ours.h5", options=ForeignOptions(readout=str(tmp_path / "mine.yaml")))
    images = read_showers(tmp_path / "ours.h5").energy_mev.reshape(4, 2, 3)
    assert (images[0, 0, 0], images[3, 1, 2], images.sum()) == (1000.0, 2000.0, 3000.0)


def test_a_layer_of_the_id_and_a_position_across(tmp_path, events):
    (tmp_path / "mine-detector.yaml").write_text(DETECTOR)
    (tmp_path / "mine.yaml").write_text(
        "name: mine\ncollection: EcalHits\ndetector: mine-detector.yaml\nid: system:8,layer:8\n"
        "cells: {kind: positions, layer: {field: layer}}\nframe: {origin_mm: [100, 0, 1000]}\n"
    )
    events.add([(7 | 2 << 8, 1.0, (91.0, 5.0, 1009.0))], [PHOTON])
    path = events.write(tmp_path / "a.root", "EcalHits")
    convert(path, tmp_path / "ours.h5", options=ForeignOptions(readout=str(tmp_path / "mine.yaml")))
    images = read_showers(tmp_path / "ours.h5").energy_mev.reshape(4, 2, 3)
    assert images[2, 1, 0] == 1000.0


def test_a_folder_of_files_is_one_sample(tmp_path, events):
    for name in ("b.root", "a.root"):
        fill(events).write(tmp_path / name)
    convert(tmp_path, tmp_path / "ours.h5")
    assert read_showers(tmp_path / "ours.h5").event_id.tolist() == list(range(9))


def test_which_primary(tmp_path, events):
    slow = (1, 22, (0.0, 0.0, 1.0), NOWHERE)
    events.add([hit(0, 0, 1.0)], [slow, PHOTON])
    path = events.write(tmp_path / "a.root")
    with pytest.raises(FileFormatError, match=r"got 2 primary particles.*--primary first"):
        convert(path, tmp_path / "ours.h5")
    for which, energy in (("first", 1000.0), ("most-energetic", 10_000.0)):
        convert(path, tmp_path / "ours.h5", options=ForeignOptions(primary=which), overwrite=True)
        assert read_showers(tmp_path / "ours.h5").incident.energy_mev[0] == pytest.approx(energy)


@pytest.mark.parametrize(
    ("hits", "particles", "leave_out", "words"),
    [
        ([hit(0, 0, 1.0)], [], (), "got 0 primary particles"),
        ([(164 | 401 << 10, 1.0, NOWHERE)], [PHOTON], (), "one of the 400 cells"),
        ([(164, 1.0, NOWHERE)], [PHOTON], (), "one of the 400 cells"),
        ([hit(0, 0, math.nan)], [PHOTON], (), "got nan"),
        ([hit(0, 0, -1.0)], [PHOTON], (), "got -1000"),
        ([hit(0, 0, 1.0)], [(1, 22, (math.inf, 0.0, 0.0), NOWHERE)], (), "NaN or infinity"),
        ([hit(0, 0, 1.0)], [PHOTON], ("MCParticles.PDG",), "no column 'MCParticles.PDG'"),
        ([hit(0, 0, 1.0)], [PHOTON], ("EcalFarForwardZDCHits.cellID",), "hits of 0 shipped readouts"),
        ([hit(0, 0, 1.0)], [PHOTON], ("EcalFarForwardZDCHits.energy",), "no column"),
    ],
)
def test_damaged_events(tmp_path, events, hits, particles, leave_out, words):
    events.add(hits, particles)
    path = events.write(tmp_path / "a.root", leave_out=leave_out)
    with pytest.raises(FileFormatError, match=words) as caught:
        convert(path, tmp_path / "ours.h5")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ours.h5").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("field: x,", "field: z,"), "no field 'z'"),
        (("x:32:-16", "x:12:-16"), "bits of its own"),
        (("kind: fields", "kind: guess"), "guess"),
        (("collection: EcalHits", "collection: ../Hits"), "collection"),
        (("mine-detector", "no-detector"), "no-detector"),
        (("name: mine", "nmae: mine"), "did you mean 'name'"),
    ],
)
def test_wrong_readouts(tmp_path, events, change, words):
    (tmp_path / "mine.yaml").write_text(OWN.replace(*change))
    events.add([], [PHOTON])
    path = events.write(tmp_path / "a.root", "EcalHits")
    with pytest.raises(Exception, match=words) as caught:
        convert(path, tmp_path / "ours.h5", options=ForeignOptions(readout=str(tmp_path / "mine.yaml")))
    assert "\n" not in str(caught.value)


def test_unknown_readout():
    with pytest.raises(ConfigurationError, match="did you mean 'epic-zdc-ecal'"):
        load_readout("epic-zdc-eca")


def test_frames_turn_about_x_first():
    frame = DetectorFrame(origin_mm=(1.0, 2.0, 3.0), rotation_rad=(math.pi / 2, 0.0, math.pi / 2))
    # x turns y into z and z into -y; then z turns x into y and y into -x.
    assert frame.matrix() @ [0.0, 0.0, 1.0] == pytest.approx([1.0, 0.0, 0.0])
    assert frame.positions(np.array([[5.0, 2.0, 3.0]]))[0] == pytest.approx([0.0, 0.0, 4.0])


def test_damaged_root_files(tmp_path, events):
    whole = fill(events).write(tmp_path / "a.root").read_bytes()
    random = np.random.default_rng(1)
    broken = tmp_path / "broken.root"
    cases = [whole[:4], whole[:100], whole[: len(whole) // 2], b"root" + bytes(500)]
    for _ in range(4):
        flipped = bytearray(whole)
        for place in random.integers(4, len(whole), 30):
            flipped[place] ^= int(random.integers(1, 256))
        cases.append(bytes(flipped))
    refused = []
    for case in cases:
        broken.write_bytes(case)
        try:
            convert(broken, tmp_path / "ours.h5", overwrite=True)
        except (FileFormatError, ConfigurationError) as error:
            refused.append(str(error))
    assert len(refused) >= 4
    assert all("\n" not in line for line in refused)
