"""GDML geometries: cells are found where the tree puts them, and hostile files are refused."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from showerkit.configuration import parse_config
from showerkit.errors import GeometryError
from showerkit.geometry import Calorimeter, load_detector
from showerkit.geometry.gdml_file import write_gdml
from showerkit.geometry.gdml_volumes import GdmlVolumes
from showerkit.geometry.gdml_xml import GdmlArithmetic, parse_gdml

FILE = """<gdml>
<define>{define}</define>
<materials><material name="glass"><D value="2.5"/><fraction n="1" ref="Si"/></material></materials>
<solids>
  <box name="world-box" x="2" y="2" z="2" lunit="m"/>
  <box name="module-box" x="100" y="100" z="50" lunit="mm"/>
  {solid}
</solids>
<structure>
  <volume name="crystal0x7f"><materialref ref="glass"/><solidref ref="crystal-solid"/>
    <auxiliary auxtype="SensDet" auxvalue="calo"/></volume>
  <volume name="module"><materialref ref="glass"/><solidref ref="module-box"/>{crystals}</volume>
  <volume name="world"><materialref ref="glass"/><solidref ref="world-box"/>{modules}</volume>
</structure>
<setup name="Default" version="1.0"><world ref="world"/></setup>
</gdml>"""
BOX = '<box name="crystal-solid" x="10" y="20" z="40" lunit="mm"/>'


def placed(name, x, y, z, copy=None, more=""):
    number = "" if copy is None else f' copynumber="{copy}"'
    at = f'<position name="p" x="{x}" y="{y}" z="{z}" unit="mm"/>'
    return f'<physvol{number}><volumeref ref="{name}"/>{at}{more}</physvol>'


TWO_CRYSTALS = placed("crystal0x7f", -20, 0, 0, 0) + placed("crystal0x7f", 20, 0, 0, 1)
TWO_MODULES = placed("module", 0, 0, 0, 3) + placed("module", 0, 0, 60, 5)


def text(define="", solid=BOX, crystals=TWO_CRYSTALS, modules=TWO_MODULES):
    return FILE.format(define=define, solid=solid, crystals=crystals, modules=modules)


def detector(folder, **parts):
    (folder / "calo.gdml").write_text(text(**parts))
    return load_detector(folder / "calo.gdml")


def test_cells_are_where_the_tree_puts_them(tmp_path):
    calo = detector(tmp_path)
    assert (calo.name, calo.shape) == ("calo", (2, 1, 2))
    # From the middle of all cells in x and y, and the front of the first in z.
    assert calo.cell_positions_mm.tolist() == [[-20, 0, 20], [20, 0, 20], [-20, 0, 80], [20, 0, 80]]
    assert (calo.cell_map.size_mm == [10, 20, 40]).all()
    assert calo.gdml.face_mm == (0, 0, -20)
    assert calo.layer_edges_mm.tolist() == [[0, 40], [60, 100]]
    (volume,) = calo.gdml_cells.volumes
    assert (volume.name, volume.depths[1:]) == ("crystal0x7f", (1, 0))
    # Module 3 and 5, crystal 0 and 1.
    assert volume.keys.tolist() == [6, 7, 10, 11]
    assert volume.places.tolist() == [0, 1, 2, 3]


def test_a_placed_rotation_turns_what_is_inside(tmp_path):
    turned = placed("module", 0, 0, 0, 0, '<rotation name="r" z="90" unit="deg"/>')
    calo = detector(tmp_path, modules=turned)
    assert calo.shape == (1, 2, 1)
    assert np.allclose(calo.cell_positions_mm, [[0, -20, 20], [0, 20, 20]])
    assert np.allclose(calo.cell_map.size_mm, [20, 10, 40])
    # GDML rotates the frame: a crystal at +x of a module turned by 90 degrees is at -y of the world.
    places = GdmlVolumes(text(modules=turned), "t").places(("crystal0x7f",))[0]
    at = dict(zip(places.copies[:, 0].tolist(), places.centre_mm.tolist(), strict=True))
    assert np.allclose(at[1], [0, -20, 0])


def test_replicas_are_numbered_along_their_axis(tmp_path):
    rows = (
        '<replicavol number="5"><volumeref ref="crystal0x7f"/><replicate_along_axis><direction x="1"/>'
        '<width value="1" unit="cm"/><offset value="0" unit="cm"/></replicate_along_axis></replicavol>'
    )
    calo = detector(tmp_path, crystals=rows, modules=placed("module", 0, 0, 0))
    assert calo.cell_positions_mm[:, 0].tolist() == [-20, -10, 0, 10, 20]


def test_names_units_and_expressions_are_understood(tmp_path):
    define = (
        '<constant name="n" value="2"/><quantity name="d" type="length" value="n*1.5" unit="cm"/>'
        '<variable name="s" value="sqrt(4) + 3^2 - 1"/>'
        '<position name="far" x="d" y="-s" z="0.1*m" unit="mm"/>'
    )
    far = '<physvol><volumeref ref="module"/><positionref ref="far"/></physvol>'
    calo = detector(tmp_path, define=define, modules=far)
    assert calo.gdml.face_mm == (30, -10, 80)


@pytest.mark.parametrize(
    ("solid", "size"),
    [
        (
            '<tube name="crystal-solid" rmax="7" z="40" deltaphi="360" aunit="deg" lunit="mm"/>',
            [14, 14],
        ),
        ('<trd name="crystal-solid" x1="10" x2="20" y1="8" y2="6" z="40" lunit="mm"/>', [20, 8]),
        ('<cone name="crystal-solid" rmax1="3" rmax2="5" z="40" lunit="mm"/>', [10, 10]),
        (
            (
                '<polyhedra name="crystal-solid" numsides="6" lunit="mm"><zplane rmax="6" z="-20"/>'
                '<zplane rmax="6" z="20"/></polyhedra>'
            ),
            [12 / math.cos(math.pi / 6)] * 2,
        ),
        (
            (
                '<xtru name="crystal-solid" lunit="mm"><twoDimVertex x="-3" y="-2"/>'
                '<twoDimVertex x="3" y="-2"/>'
                '<twoDimVertex x="0" y="4"/><section zOrder="0" zPosition="-20" xOffset="0" yOffset="0" '
                'scalingFactor="1"/><section zOrder="1" zPosition="20" xOffset="0" yOffset="0" '
                'scalingFactor="2"/></xtru>'
            ),
            [12, 12],
        ),
    ],
)
def test_other_solids_are_known_by_the_box_around_them(tmp_path, solid, size):
    calo = detector(tmp_path, solid=solid)
    assert np.allclose(calo.cell_map.size_mm, [*size, 40])


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"crystals": placed("crystal0x7f", -20, 0, 0) * 2}, "same copy numbers"),
        ({"crystals": placed("nothing", 0, 0, 0)}, "unknown volume 'nothing'"),
        ({"crystals": placed("module", 0, 0, 0)}, "within itself|no place"),
        ({"modules": ""}, "no place in the world"),
        ({"crystals": '<paramvol><volumeref ref="crystal0x7f"/></paramvol>'}, "paramvol"),
        ({"crystals": placed("crystal0x7f", 0, 0, 0, 0, '<scale x="-1" y="1" z="1"/>')}, "reflection"),
        ({"crystals": placed("crystal0x7f", "__import__('os')", 0, 0, 0)}, "expression"),
        ({"crystals": placed("crystal0x7f", "9^9^9^9", 0, 0, 0)}, "expression"),
        ({"crystals": placed("crystal0x7f", "x.y", 0, 0, 0)}, "expression"),
        ({"crystals": placed("crystal0x7f", "(" * 400, 0, 0, 0)}, "expression"),
        ({"crystals": placed("crystal0x7f", 0, 0, 0, -1)}, "whole number"),
        ({"solid": '<torus name="crystal-solid"/>'}, "torus"),
        ({"solid": '<box name="crystal-solid" x="0" y="1" z="1"/>'}, "size of 0"),
        ({"define": '<loop for="n" to="9" step="1"/>'}, "loop"),
        ({"modules": '<physvol><file name="/etc/passwd"/></physvol>'}, "<file>"),
    ],
)
def test_what_is_not_supported_is_named_in_one_line(tmp_path, parts, told):
    with pytest.raises(GeometryError, match=told) as error:
        detector(tmp_path, **parts)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE gdml [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE gdml SYSTEM "http://127.0.0.1/x.dtd">',
        '<!DOCTYPE gdml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)
def test_entities_are_refused(tmp_path, head):
    (tmp_path / "evil.gdml").write_text(head + text())
    with pytest.raises(GeometryError, match="document type or entities"):
        load_detector(tmp_path / "evil.gdml")


ENCODINGS = [
    f"<?xml version='1.0' encoding='{name}'?><gdml/>" for name in ("x", "utf-7", "utf-16", "shift-jis")
]


def test_cells_too_far_away_to_have_a_thickness_are_named(tmp_path):
    far = placed("module", 0, 0, 0, 3) + placed("module", 0, 0, "99999999999999999999", 5)
    with pytest.raises(GeometryError, match=r"calo\.gdml"):
        detector(tmp_path, modules=far)


@pytest.mark.parametrize(
    "broken", ["", "no xml", "<gdml>", "<other/>", "<gdml/>", "<a>" * 100, "\0", *ENCODINGS]
)
def test_broken_files_are_named(tmp_path, broken):
    (tmp_path / "broken.gdml").write_text(broken)
    with pytest.raises(GeometryError, match=r"broken\.gdml"):
        load_detector(tmp_path / "broken.gdml")


def test_arithmetic_knows_nothing_but_arithmetic():
    element = parse_gdml("<gdml/>", "t")
    arithmetic = GdmlArithmetic(None, "t")
    assert arithmetic.expression("2*(3+4)^2/7 - sin(pi/2)", element) == pytest.approx(13.0)
    for hostile in (
        "open('x')",
        "[1]",
        "(lambda: 1)()",
        "a.b",
        "'x'",
        "1 if 1 else 2",
        "f()",
        "1e999",
        "0/0",
    ):
        with pytest.raises(GeometryError):
            arithmetic.expression(hostile, element)


@pytest.mark.parametrize("name", ["zdc-ecal", "toy-hcal", "zdc-ecal-segmented"])
def test_a_detector_written_as_gdml_has_the_same_cells(tmp_path, name):
    calorimeter = load_detector(name)
    _, beside = write_gdml(calorimeter, tmp_path / "out.gdml")
    again = load_detector(beside)
    assert again.shape == calorimeter.shape
    assert np.allclose(again.cell_positions_mm, calorimeter.cell_positions_mm, atol=1e-9)
    assert np.allclose(again.cell_map.size_mm[:, 0], calorimeter.cell_x_mm)
    assert np.allclose(again.layer_edges_mm, calorimeter.layer_edges_mm)
    assert (again.pitch_x_mm, again.gun_distance_mm) == (calorimeter.pitch_x_mm, calorimeter.gun_distance_mm)
    assert again.counts_charged_tracks == calorimeter.counts_charged_tracks


def test_it_comes_back_from_json_and_does_not_contradict_itself(tmp_path):
    calo = detector(tmp_path)
    stored = json.loads(calo.model_dump_json())
    assert parse_config(Calorimeter, stored, source="t") == calo
    with pytest.raises(GeometryError, match="as in the GDML text"):
        parse_config(Calorimeter, {**stored, "cells_x": 7}, source="t", error=GeometryError)
    stored["gdml"]["text"] = "<gdml/>"
    with pytest.raises(GeometryError, match="GDML text that can be read"):
        parse_config(Calorimeter, stored, source="t", error=GeometryError)


def test_the_yaml_beside_says_what_is_read_out(tmp_path):
    (tmp_path / "calo.gdml").write_text(text())
    file = tmp_path / "calo.yaml"
    file.write_text(
        "name: own\ngdml: calo.gdml\nsensitive: crystal\nface_mm: [0, 0, -30]\ngun_distance_mm: 50\n"
    )
    calo = load_detector(file)
    assert calo.cell_positions_mm[0].tolist() == [-20, 0, 30]
    file.write_text("name: own\ngdml: calo.gdml\nsensitive: cristal\n")
    with pytest.raises(GeometryError, match="did you mean 'crystal'"):
        load_detector(file)
    file.write_text("name: own\ngdml: calo.gdml\ngun_distance_mm: 5000\n")
    with pytest.raises(GeometryError, match="gun_distance_mm"):
        load_detector(file)
    file.write_text("name: own\ngdml: other.gdml\n")
    with pytest.raises(GeometryError, match="cannot be read"):
        load_detector(file)


def test_materials_are_geant4s_business(tmp_path):
    calo = detector(tmp_path)
    for name in ("depth_x0", "moliere_radius_mm", "sampling_fraction"):
        with pytest.raises(GeometryError, match="Geant4 alone knows"):
            getattr(calo, name)
