"""Samples of jets that are interrupted, shrunk and grown: no finished block is lost or made again."""

from __future__ import annotations

import numpy as np
import pytest

from showerkit.data.calibration_file import CalibrationJetFile, CalibrationJetWriter
from showerkit.data.calibration_jets import CalibrationJets
from showerkit.data.calibration_schema import CalibrationFileMetadata
from showerkit.data.unfinished_sample import partial_folder
from showerkit.errors import DataError
from showerkit.simulate.jets.blocks import FinishedBlock
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK
from showerkit.workflow.jet_forms import JetForm
from showerkit.workflow.jet_sample import SampleRequest, make_sample

FORM = JetForm(CalibrationJets, CalibrationJetFile, CalibrationJetWriter, "nothing")
#: Jets of a block: every other event has one.
A_BLOCK = EVENTS_PER_BLOCK // 2


class Notes:
    def __init__(self):
        self.notes = []

    def start(self, what, total, unit):
        pass

    def advance(self, done):
        pass

    def finish(self):
        pass

    def note(self, message):
        self.notes.append(message)


def block_of_jets(block):
    event_id = block * EVENTS_PER_BLOCK + np.arange(0, EVENTS_PER_BLOCK, 2)
    n = len(event_id)
    pt = 30.0 + event_id % 97
    candidates = np.zeros((n, 2, 5))
    candidates[..., 0] = pt[:, None] / 2
    return CalibrationJets(
        candidates, np.ones((n, 2), dtype=bool), true_pt_gev=pt,
        true_eta=np.zeros(n), true_phi=np.zeros(n), true_mass_gev=np.ones(n), pt_gev=pt, eta=np.zeros(n),
        phi=np.zeros(n), mass_gev=np.ones(n), flavour=np.full(n, 21), pile_up=np.zeros(n), weight=np.ones(n),
        event_id=event_id,
    )  # fmt: skip


class Making:
    """Makes blocks of jets at once, notes their numbers, and is interrupted after some."""

    def __init__(self, most=10**9):
        self.made, self._most = [], most

    def __call__(self, blocks, *, runner, log_dir, note):
        for block in blocks:
            if len(self.made) == self._most:
                raise KeyboardInterrupt
            self.made.append(block)
            yield FinishedBlock(block, block_of_jets(block), 0.0)


def sample(path, n, *, most=10**9, seed=1, resume=True, progress=None):
    """Make a sample; give the numbers of the blocks made for it."""
    metadata = CalibrationFileMetadata(generator="toy", kind="toy", process="qcd", constituents=2, seed=seed)
    request = SampleRequest(path, n, workers=1, resume=resume, overwrite=False)
    making = Making(most)
    try:
        make_sample(request, metadata, FORM, making, "jets", progress or Notes())
    except KeyboardInterrupt:
        assert len(making.made) == most
    return making.made


@pytest.fixture
def whole(tmp_path):
    """Bytes of samples that were never interrupted."""

    def content(n):
        path = tmp_path / f"whole-{n}.h5"
        if not path.exists():
            sample(path, n, resume=False)
        return path.read_bytes()

    return content


def test_an_unfinished_extension_outlives_asking_for_what_is_there(tmp_path, whole):
    path, progress = tmp_path / "a.h5", Notes()
    assert sample(path, 4 * A_BLOCK) == [0, 1, 2, 3]
    # The last block counts as cut where the file ends.
    assert sample(path, 20 * A_BLOCK, most=9) == list(range(3, 12))
    assert sample(path, 4 * A_BLOCK, progress=progress) == []
    assert path.read_bytes() == whole(4 * A_BLOCK)
    folder = partial_folder(path)
    assert progress.notes == [
        f"{path} is finished already",
        f"{folder} of an unfinished run is kept; go on with it by -n {20 * A_BLOCK} --resume",
    ]
    assert sample(path, 20 * A_BLOCK) == list(range(12, 20))
    assert path.read_bytes() == whole(20 * A_BLOCK)
    assert not folder.exists()


def test_blocks_of_a_larger_run_make_a_smaller_one_and_stay(tmp_path, whole):
    path, progress = tmp_path / "a.h5", Notes()
    sample(path, 20 * A_BLOCK, most=9)
    for n in (3 * A_BLOCK - 7, 8 * A_BLOCK):
        assert sample(path, n, progress=progress) == []
        assert path.read_bytes() == whole(n)
        assert f"-n {20 * A_BLOCK} --resume" in progress.notes[-1]
    assert sample(path, 20 * A_BLOCK) == list(range(9, 20))
    assert path.read_bytes() == whole(20 * A_BLOCK)
    assert not partial_folder(path).exists()


def test_a_larger_goal_takes_the_blocks_over(tmp_path, whole):
    path = tmp_path / "a.h5"
    sample(path, 5 * A_BLOCK, most=2)
    assert sample(path, 6 * A_BLOCK, most=2) == [2, 3]
    assert sample(path, 5 * A_BLOCK) == [4]
    assert sample(path, 6 * A_BLOCK) == [5]
    assert path.read_bytes() == whole(6 * A_BLOCK)
    assert not partial_folder(path).exists()


def test_what_a_killed_run_left_beside_its_file_goes(tmp_path, monkeypatch):
    path = tmp_path / "a.h5"
    with monkeypatch.context() as patched:
        patched.setattr("showerkit.data.chunks.ChunkStore.finish", lambda store: store._give_up_claim())
        sample(path, 3 * A_BLOCK)
    assert partial_folder(path).exists()
    progress = Notes()
    assert sample(path, 3 * A_BLOCK, progress=progress) == []
    assert progress.notes == [f"{path} is finished already"]
    assert not partial_folder(path).exists()


def test_a_folder_that_does_not_say_its_goal_is_kept(tmp_path):
    path, progress = tmp_path / "a.h5", Notes()
    sample(path, A_BLOCK)
    sample(path, 3 * A_BLOCK, most=1)
    (partial_folder(path) / "goal.json").write_text("{")
    sample(path, A_BLOCK, progress=progress)
    assert progress.notes[-1].endswith("is kept; delete it if no more is wanted")
    assert partial_folder(path).exists()


def test_blocks_of_other_settings_are_refused_and_stay(tmp_path):
    path = tmp_path / "a.h5"
    sample(path, A_BLOCK)
    content = path.read_bytes()
    path.unlink()
    sample(path, 3 * A_BLOCK, most=2, seed=2)
    left = sorted(partial_folder(path).glob("*.npz"))
    path.write_bytes(content)
    for n in (A_BLOCK, 2 * A_BLOCK):
        with pytest.raises(DataError, match=r"partial: 'seed' differs: got 1; expected 2 as when"):
            sample(path, n)
    assert path.read_bytes() == content
    assert sorted(partial_folder(path).glob("*.npz")) == left
    assert len(left) == 2
