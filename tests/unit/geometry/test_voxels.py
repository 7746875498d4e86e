"""Descriptions of voxels: shipped ones, own ones, and the CaloChallenge's XML."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.errors import GeometryError
from showerkit.geometry.voxel_file import guess_voxel_geometry, load_voxel_geometry, voxel_geometry_names
from showerkit.geometry.voxels import VoxelLayer, voxel_positions

XML = """<Bins><Bin pid="22" name="photon">
  <Layer id="0" r_edges="0,5,10" n_bin_alpha="1" />
  <Layer id="1" r_edges="0" n_bin_alpha="1" />
  <Layer id="12" r_edges="0,100,200,400" n_bin_alpha="10" />
</Bin></Bins>"""


@pytest.mark.parametrize(
    ("name", "voxels", "numbers"),
    [
        ("calochallenge-1-photons", 368, (0, 1, 2, 3, 12)),
        ("calochallenge-1-pions", 533, (0, 1, 2, 3, 12, 13, 14)),
        ("calochallenge-2", 45 * 16 * 9, tuple(range(45))),
        ("calochallenge-3", 45 * 50 * 18, tuple(range(45))),
    ],
)
def test_shipped_geometries_have_the_published_voxels(name, voxels, numbers):
    geometry = load_voxel_geometry(name)
    assert (geometry.n_voxels, geometry.layer_numbers) == (voxels, numbers)
    assert guess_voxel_geometry(voxels) == geometry


def test_all_shipped_are_tested():
    assert len(voxel_geometry_names()) == 4


def test_thresholds_are_those_of_the_challenge():
    assert load_voxel_geometry("calochallenge-1-pions").threshold_mev == 1.0
    assert load_voxel_geometry("calochallenge-2").threshold_mev == 0.5e-3 / 0.033


@pytest.mark.parametrize("angular_bins", [2, 7, 16])
def test_positions_are_symmetric_and_lie_at_their_radius(angular_bins):
    layer = VoxelLayer(radial_edges_mm=(0.0, 1.0, 4.0), angular_bins=angular_bins)
    x, y, r = voxel_positions(layer)
    assert np.allclose(np.hypot(x, y), r)
    assert np.allclose([x.sum(), y.sum()], 0.0, atol=1e-12)
    assert r[:2].tolist() == [0.5, 2.5]  # rings run fastest


def test_xml_skips_layers_without_rings(tmp_path):
    path = tmp_path / "binning.xml"
    path.write_text(XML)
    geometry = load_voxel_geometry(path)
    assert (geometry.n_voxels, geometry.layer_numbers) == (2 + 30, (0, 12))
    assert geometry.each_layer[1].limit("centre_limit_mm") == 400.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + XML, "not allowed"),
        (XML[:60], "no valid XML"),
        (XML.replace("0,5,10", "0,5,x"), "could not convert"),
        (XML.replace("0,5,10", "0,5,5"), "rise from 0"),
        (XML.replace('n_bin_alpha="10"', ""), "n_bin_alpha"),
        (XML.replace("<Bins>", "<Bins><Bin></Bin>"), "2 elements"),
    ],
)
def test_wrong_xml_is_one_clear_line(tmp_path, text, words):
    path = tmp_path / "binning.xml"
    path.write_text(text)
    with pytest.raises(GeometryError, match=words) as caught:
        load_voxel_geometry(path)
    assert "\n" not in str(caught.value)


def test_own_yaml(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nlayers: [{radial_edges_mm: [0, 1, 2], angular_bins: 4, repeat: 2}]\n")
    assert load_voxel_geometry(path).regular_shape == (2, 4, 2)
    path.write_text(
        "name: mine\nlayers: [{radial_edges_mm: [0, 1], number: 2}, {radial_edges_mm: [0, 1], number: 1}]\n"
    )
    with pytest.raises(GeometryError, match="numbers rise"):
        load_voxel_geometry(path)


def test_unknown_name():
    with pytest.raises(GeometryError, match="did you mean 'calochallenge-2'"):
        load_voxel_geometry("calochalenge-2")
