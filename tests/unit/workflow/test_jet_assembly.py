"""Blocks of jets become one file, whatever order they came in."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.chunks import ChunkStore
from showerkit.data.jet_file import JetFile, JetFileMetadata, JetWriter, read_jets
from showerkit.data.jet_records import Jets
from showerkit.errors import DataError, SimulationError
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK
from showerkit.workflow.jet_assembly import JetAssembly, kept_jets
from showerkit.workflow.jet_forms import JetForm

METADATA = JetFileMetadata(generator="Pythia 8.317", kind="pythia8", process="g", constituents=3, seed=1)

FORM = JetForm(Jets, JetFile, JetWriter, "make the cuts wider")


def jets_of(block: int, n: int = 7) -> Jets:
    particles = np.full((n, 3, 3), block + 0.5) * [0.0, 0.0, 1.0]
    momenta = particles[..., [2, 0, 1]] * 1000
    ids = block * EVENTS_PER_BLOCK + np.arange(n)
    ones = np.ones(n)
    return Jets(particles, ones[:, None] * [1, 1, 1] > 0, ones * 0, ones * 1000, ones * 0, ones, ids, momenta)


def assembled(folder, order, n, sizes=(7, 0, 7, 7)):
    store = ChunkStore(folder / "a.h5", {}, resume=True)
    assembly = JetAssembly(n, store, None, FORM)
    for block in order:
        assembly.add(block, jets_of(block, sizes[block]))
    return assembly


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [2, 0, 1, 3]])
def test_order_does_not_matter(tmp_path, order):
    assembly = assembled(tmp_path, order, 10)
    assert assembly.is_complete
    assembly.write(tmp_path / "a.h5", METADATA, overwrite=False)
    assert read_jets(tmp_path / "a.h5").event_id.tolist() == [*range(7), 200, 201, 202]


def test_a_gap_is_waited_for(tmp_path):
    assembly = assembled(tmp_path, [0, 2, 3], 10)
    assert not assembly.is_complete
    assert assembly.available == 7
    assembly.add(1, jets_of(1))
    assert assembly.is_complete
    assert assembly.available == 10


def test_finished_blocks_are_gone_on_with(tmp_path):
    assembled(tmp_path, [0, 2], 10)
    again = JetAssembly(10, ChunkStore(tmp_path / "a.h5", {}, resume=True), None, FORM)
    assert again.finished == {0, 2}
    assert again.available == 7


def test_a_finished_file_grows_by_whole_blocks(tmp_path):
    path = tmp_path / "a.h5"
    assembled(tmp_path, [0, 1, 2], 10).write(path, METADATA, overwrite=False)
    kept = kept_jets(path, METADATA, 20, FORM, overwrite=False)
    assert (kept.rows, kept.next_block) == (7, 2)
    assembly = JetAssembly(20, ChunkStore(path, {"n": 1}, overwrite=True), kept, FORM)
    for block in (2, 3):
        assembly.add(block, jets_of(block))
    assert assembly.available == 20
    assembly.write(path, METADATA, overwrite=True)
    assert read_jets(path).event_id.tolist() == [*range(7), *range(200, 207), *range(300, 306)]


def test_other_files_are_not_gone_on_with(tmp_path):
    path = tmp_path / "a.h5"
    assembled(tmp_path, [0, 1, 2], 10).write(path, METADATA, overwrite=False)
    with pytest.raises(DataError, match="jets made with other settings"):
        kept_jets(path, METADATA.model_copy(update={"seed": 2}), 20, FORM, overwrite=False)
    with pytest.raises(DataError, match="got 10 jets; expected at most 5"):
        kept_jets(path, METADATA, 5, FORM, overwrite=False)
    assert kept_jets(path, METADATA, 5, FORM, overwrite=True) is None
    assert kept_jets(path, METADATA, 10, FORM, overwrite=False).rows == 10


def test_a_damaged_block_is_named(tmp_path):
    assembly = assembled(tmp_path, [0], 10)
    (assembly.store.folder / "0000000.npz").write_bytes(b"nonsense")
    with pytest.raises(DataError, match=r"0000000\.npz is damaged.*--resume"):
        JetAssembly(10, assembly.store, None, FORM)


def test_cuts_that_leave_nothing_are_told(tmp_path):
    assembly = JetAssembly(5, ChunkStore(tmp_path / "a.h5", {}), None, FORM)
    for block in range(19):
        assembly.add(block, jets_of(block, 0))
    with pytest.raises(SimulationError, match=r"2000 events without a jet.*make the cuts wider"):
        assembly.add(19, jets_of(19, 0))
