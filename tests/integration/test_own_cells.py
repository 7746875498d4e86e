"""Cells that are no regular grid, and GDML geometries, from Geant4 to the report."""

from __future__ import annotations

import json

import numpy as np
import pytest

from showerkit import read_showers
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import ShowerWriter
from showerkit.data.validation import violations
from showerkit.errors import GeometryError
from showerkit.evaluate.high_level_features import high_level_feature_names, high_level_features
from showerkit.evaluate.observables import shower_observables
from showerkit.geometry import Calorimeter, load_detector
from showerkit.geometry.gdml_file import write_gdml
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow import evaluate, profile, simulate, view

BRICKS = """
name: bricks
cells: [4, 4]
cell_mm: 20
frame: air
layers:
  - {material: silicon, thickness_mm: 0.5, cells: [8, 8], cell_mm: 9, pitch_mm: 10, missing: [[3, 3], [4, 4]],
     before: [{material: tungsten, thickness_mm: 3.5}]}
  - {material: pbwo4, thickness_mm: 60, row_shift_mm: 10, offset_mm: [-5, 0]}
"""
ELECTRONS = PrimaryConfig(energy_gev=(0.1, 0.3), theta_deg=(-10, 10))

#: A module of three crystals, tilted, turned and moved, somewhere in a large world.
TILTED = """<gdml><define><rotation name="tilt" x="20" y="-15" z="30" unit="deg"/></define>
<materials><material name="crystal"><D value="8.28" unit="g/cm3"/>
<fraction n="0.455" ref="Pb"/><fraction n="0.404" ref="W"/><fraction n="0.141" ref="O"/></material>
<material name="gas"><D value="0.0012" unit="g/cm3"/><fraction n="1" ref="N"/></material></materials>
<solids><box name="w" x="1000" y="1000" z="1000"/><box name="m" x="200" y="60" z="100"/>
<box name="c" x="20" y="20" z="80"/></solids>
<structure><volume name="crystal"><materialref ref="crystal"/><solidref ref="c"/></volume>
<volume name="module"><materialref ref="gas"/><solidref ref="m"/>
<physvol copynumber="4"><volumeref ref="crystal"/><position name="a" x="-60" y="10" z="0"/></physvol>
<physvol copynumber="7"><volumeref ref="crystal"/><position name="b" x="70" y="-15" z="0"/></physvol>
<physvol copynumber="9"><volumeref ref="crystal"/><position name="c" x="0" y="0" z="0"/></physvol></volume>
<volume name="world"><materialref ref="gas"/><solidref ref="w"/>
<physvol copynumber="2"><volumeref ref="module"/><position name="d" x="30" y="-40" z="100"/>
<rotationref ref="tilt"/></physvol></volume></structure>
<setup name="Default" version="1.0"><world ref="world"/></setup></gdml>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own-cells")
    (folder / "bricks.yaml").write_text(BRICKS)
    return folder


@pytest.fixture(scope="module")
def bricks(folder) -> Calorimeter:
    return load_detector(folder / "bricks.yaml")


@pytest.fixture(scope="module")
def simulated(folder, bricks):
    return simulate(bricks, folder / "bricks.h5", n=60, primaries=ELECTRONS, workers=1)


def test_deposits_are_in_cells_alone(simulated, bricks):
    assert violations(simulated) == []
    showers = read_showers(simulated)
    assert (showers.energy_mev[:, ~bricks.cell_map.present] == 0).all()
    # Crystals stop most of it. Silicon covers 0.81 of its plane but for two cells missing in the middle.
    layers = showers.energy_mev.reshape(60, 2, -1).sum(axis=2)
    assert (layers[:, 1] > 0).all()
    assert 0.4 < (layers[:, 0] > 0).mean() < 1.0
    assert 0.5 < layers[:, 1].sum() / showers.incident.energy_mev.sum() < 1.0


def test_deposits_are_where_the_particles_went(simulated, bricks):
    showers = read_showers(simulated)
    direction, entry = showers.incident.direction, showers.incident.entry_point_mm()
    # The crystal that the line of flight is in at the depth of one radiation length or two.
    at = np.column_stack([entry + 15.0 * direction[:, :2] / direction[:, 2:], np.full(60, 15.0)])
    expected = bricks.index_at(at)
    assert (showers.energy_mev.argmax(axis=1) == expected).mean() > 0.8


@pytest.mark.parametrize(
    "name",
    [
        "bricks",
        pytest.param("zdc-ecal", marks=pytest.mark.slow),
        pytest.param("toy-hcal", marks=pytest.mark.slow),
    ],
)
def test_the_same_shower_after_gdml(folder, bricks, simulated, name):
    calorimeter = bricks if name == "bricks" else load_detector(name)
    if name == "bricks":
        direct = read_showers(simulated)
    else:
        direct = read_showers(simulate(name, folder / f"{name}.h5", n=5, primaries=ELECTRONS, workers=1))
    _, beside = write_gdml(calorimeter, folder / f"{name}-written.gdml")
    n = len(direct)
    read_back = simulate(beside, folder / f"{name}-gdml.h5", n=n, primaries=ELECTRONS, workers=1)
    showers = read_showers(read_back)
    assert (showers.energy_mev == direct.energy_mev).all()
    if calorimeter.counts_charged_tracks:
        assert (showers.charged_tracks == direct.charged_tracks).all()


@pytest.mark.slow
def test_cells_of_a_tilted_module_are_where_geant4_has_them(folder):
    (folder / "tilted.gdml").write_text(TILTED)
    (folder / "tilted.yaml").write_text("name: tilted\ngdml: tilted.gdml\nsensitive: crystal\n")
    tilted = load_detector(folder / "tilted.yaml")
    cells = np.flatnonzero(tilted.cell_map.present)
    for cell in cells:
        x, y, _ = tilted.cell_positions_mm[cell]
        aimed = PrimaryConfig(energy_gev=0.1, position_mm=(float(x), float(y)))
        path = simulate(tilted, folder / f"tilted-{cell}.h5", n=5, primaries=aimed, workers=1)
        seen = read_showers(path).energy_mev
        assert seen.sum(axis=0).argmax() == cell
        assert seen[:, cell].sum() > 0.5 * seen.sum()


def test_observables_come_from_positions(bricks):
    energy = np.zeros((1, bricks.n_cells))
    brick = bricks.index_at(np.array([[0.0, 10.0, 30.0]]))
    small = bricks.index_at(np.array([[-5.0, 15.0, 3.75]]))
    energy[0, brick], energy[0, small] = 300.0, 100.0
    one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -200.0]])
    showers = Showers(one, energy, [0])
    seen = shower_observables(showers, bricks, 0.1)
    (bx, by, bz), (sx, sy, sz) = bricks.cell_positions_mm[[brick[0], small[0]]]
    assert seen.centre_x_mm[0] == pytest.approx(0.75 * bx + 0.25 * sx)
    assert seen.centre_y_mm[0] == pytest.approx(0.75 * by + 0.25 * sy)
    assert seen.depth_mm[0] == pytest.approx(0.75 * bz + 0.25 * sz)
    features = dict(
        zip(high_level_feature_names(bricks), high_level_features(showers, bricks)[0], strict=True)
    )
    assert features["layer_1_offset_x_mm"] == pytest.approx(bx)
    assert features["layer_0_offset_y_mm"] == pytest.approx(sy)
    # One of 62 silicon cells, one of 16 bricks.
    assert features["layer_0_hit_share"] == pytest.approx(1 / 62)
    assert features["layer_1_hit_share"] == pytest.approx(1 / 16)


def test_a_deposit_without_a_cell_is_a_violation(folder, bricks):
    path = folder / "nowhere.h5"
    energy = np.zeros((1, bricks.n_cells))
    energy[0, np.flatnonzero(~bricks.cell_map.present)[0]] = 1.0
    one = IncidentParticles([22], [1000.0], [[0.0, 0.0, 1000.0]], [[0.0, 0.0, -200.0]])
    metadata = FileMetadata(generator="example", kind="model", detector=bricks, seed=1)
    with ShowerWriter(path, metadata) as writer:
        writer.append(Showers(one, energy, [0]))
    (line,) = violations(path)
    assert "a deposit where no cell is" in line


def test_what_needs_a_grid_says_so(simulated):
    with pytest.raises(GeometryError, match=r"no regular grid.*shapes of showers"):
        profile(simulated)


def test_a_page_of_events_places_every_cell(folder, simulated, bricks):
    pytest.importorskip("plotly")
    page = view([simulated], folder / "page.html").read_text()
    own = json.loads(page[page.index('"own":') + 6 :].partition("}")[0] + "}")
    assert own["x"] == bricks.cell_map.position_mm[:, 0].round(3).tolist()
    assert own["halfY"] == (0.5 * bricks.cell_map.size_mm[:, 1]).round(3).tolist()


@pytest.mark.slow
def test_a_report_from_own_cells(folder, simulated, bricks):
    other = simulate(bricks, folder / "other.h5", n=60, primaries=ELECTRONS, seed=2, workers=1)
    page = evaluate(simulated, [other], folder / "report", bootstrap=10)
    metrics = json.loads((folder / "report" / "metrics.json").read_text())
    assert metrics["detector"] == "bricks"
    assert "Event images" in page.read_text()
