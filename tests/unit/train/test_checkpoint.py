from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from showerkit.errors import CheckpointError
from showerkit.geometry import load_detector
from showerkit.losses.energy_score_config import EnergyScoreConfig
from showerkit.losses.mask_value_config import MaskValueLossConfig
from showerkit.models.entry_window_config import EntryWindowConfig
from showerkit.models.mask_value_config import MaskValueConfig
from showerkit.models.registry import build_model
from showerkit.train.checkpoint import FORMAT, Checkpoint, CheckpointMeta, load_checkpoint, save_checkpoint


@pytest.fixture
def checkpoint() -> Checkpoint:
    config = MaskValueConfig(hidden=2)
    meta = CheckpointMeta(
        name="tiny",
        model=config,
        loss=MaskValueLossConfig(value_weight=200.0),
        condition_transform={
            "inputs": ["energy"],
            "normalisation": "s2",
            "offset": [1.0],
            "scale": [2e4],
        },
        energy_transform={"kind": "linear", "threshold_mev": 0.1, "scale_mev": 8000.0},
        detector=load_detector("zdc-ecal"),
        threshold_mev=0.1,
        valid_range={"energy": (1.0, 20000.0)},
        particles=(11,),
        seed=1,
        data_fingerprint="abc",
        n_train=1000,
    )
    return Checkpoint(meta, build_model(config, seed=1).state_dict())


def test_what_is_read_is_what_was_written(checkpoint: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "model.skm", checkpoint)
    again = load_checkpoint(tmp_path / "model.skm")
    assert again.meta == checkpoint.meta
    assert set(again.weights) == set(checkpoint.weights)
    for name, tensor in checkpoint.weights.items():
        assert torch.equal(again.weights[name], tensor)
    assert [path.name for path in tmp_path.iterdir()] == ["model.skm"]


def test_a_view_does_not_take_its_whole_storage_along(checkpoint: Checkpoint, tmp_path: Path) -> None:
    large = torch.zeros(10**6)
    save_checkpoint(tmp_path / "model.skm", replace(checkpoint, weights={"part": large[:10]}))
    assert (tmp_path / "model.skm").stat().st_size < 50_000


class Evil:
    """Would write a file if it were ever unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (self.target,))  # type: ignore[return-value]


def test_code_in_a_file_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    torch.save({"format": FORMAT, "meta": Evil(ran), "weights": {}}, tmp_path / "by_torch.skm")
    (tmp_path / "by_pickle.skm").write_bytes(pickle.dumps(Evil(ran)))
    for name in ("by_torch.skm", "by_pickle.skm"):
        with pytest.raises(CheckpointError, match="damaged or of another kind"):
            load_checkpoint(tmp_path / name)
    assert not ran.exists()


@pytest.mark.parametrize("keep", [0, 1, 100, 2000, -1])
def test_a_truncated_file_is_named(keep: int, checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "model.skm"
    save_checkpoint(path, checkpoint)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match=r"model\.skm: got a file that is damaged"):
        load_checkpoint(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.skm", tmp_path):
        with pytest.raises(CheckpointError, match="no such file"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (["a list"], "another kind"),
        ({"state_dict": {}}, "another kind"),
        ({"format": "showerkit-checkpoint-99", "meta": "{}", "weights": {}}, "checkpoint-99"),
        ({"format": FORMAT, "meta": 3, "weights": {}}, "no text"),
        ({"format": FORMAT, "meta": "{", "weights": {}}, "no JSON"),
        ({"format": FORMAT, "meta": "[]", "weights": {}}, "no mapping"),
        ({"format": FORMAT, "meta": "{}", "weights": {}}, "is missing"),
    ],
)
def test_foreign_contents_are_named(content: object, message: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "model.skm")
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(tmp_path / "model.skm")


def test_wrong_parts_are_named(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "model.skm"
    meta = json.loads(checkpoint.meta.model_dump_json())
    torch.save({"format": FORMAT, "meta": json.dumps({**meta, "model": {"hiden": 2}}), "weights": {}}, path)
    with pytest.raises(CheckpointError, match=r"model\.hiden.*did you mean 'hidden'"):
        load_checkpoint(path)
    torch.save({"format": FORMAT, "meta": json.dumps(meta), "weights": {"a": 1}}, path)
    with pytest.raises(CheckpointError, match="no tensors by name"):
        load_checkpoint(path)
    torch.save({"format": FORMAT, "meta": json.dumps(meta), "weights": {"a": torch.tensor(torch.nan)}}, path)
    with pytest.raises(CheckpointError, match="weights 'a': got NaN"):
        load_checkpoint(path)


def test_a_missing_folder_is_made(checkpoint: Checkpoint, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "none" / "model.skm", checkpoint)
    assert load_checkpoint(tmp_path / "none" / "model.skm").meta == checkpoint.meta


def test_a_file_in_the_place_of_the_folder_is_one_error(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "none").write_text("a file")
    with pytest.raises(CheckpointError, match="room for a file"):
        save_checkpoint(tmp_path / "none" / "model.skm", checkpoint)


def of_windows(checkpoint: Checkpoint) -> Checkpoint:
    """Give the same description about a generator of windows."""
    config = EntryWindowConfig(cells_across=3, random_inputs=2, hidden=4, hidden_layers=1)
    changed = {
        "model": config,
        "loss": EnergyScoreConfig(cells=2.0),
        "condition_transform": {"mean": [1.0], "width": [0.0]},
        "energy_transform": {},
    }
    meta = checkpoint.meta.model_copy(update=changed)
    return Checkpoint(meta, build_model(config, seed=1).state_dict())


def test_a_generator_of_windows_is_read_as_it_was_written(checkpoint: Checkpoint, tmp_path: Path) -> None:
    windows = of_windows(checkpoint)
    save_checkpoint(tmp_path / "model.skm", windows)
    again = load_checkpoint(tmp_path / "model.skm")
    assert again.meta == windows.meta
    assert again.meta.settings(EntryWindowConfig, EnergyScoreConfig) == (
        windows.meta.model,
        windows.meta.loss,
    )
    assert {name: tensor.shape for name, tensor in again.weights.items()} == {
        name: tensor.shape for name, tensor in windows.weights.items()
    }


@pytest.mark.parametrize("without", [(), ("model",), ("loss",), ("model", "loss")])
def test_files_from_before_there_were_families_load(
    without: tuple[str, ...], checkpoint: Checkpoint, tmp_path: Path
) -> None:
    meta = json.loads(checkpoint.meta.model_dump_json())
    for section in without:
        assert meta[section].pop("kind") == "mask-value"
    path = tmp_path / "model.skm"
    torch.save({"format": FORMAT, "meta": json.dumps(meta), "weights": checkpoint.weights}, path)
    assert load_checkpoint(path).meta == checkpoint.meta


@pytest.mark.parametrize(
    ("section", "settings", "message"),
    [
        ("model", {"kind": "entry-windw"}, r"'model\.kind': got 'entry-windw'.*did you mean 'entry-window'"),
        ("model", {"kind": 3}, r"'model\.kind': got '?3"),
        ("model", {"kind": ["mask-value"]}, r"'model\.kind'"),
        ("model", {"kind": None}, r"'model\.kind'"),
        ("model", 3, "'model': got 3; expected a section with a key 'kind'"),
        ("model", {"kind": "entry-window", "hiden": 3}, r"'model\.hiden'.*did you mean 'hidden'"),
        ("model", {"kind": "entry-window"}, "loss.kind 'energy-score' .not 'mask-value'. with model.kind"),
        ("loss", {"kind": "energy-scor"}, r"'loss\.kind': got 'energy-scor'.*did you mean 'energy-score'"),
        ("loss", {"kind": "energy-score"}, "loss.kind 'mask-value' .not 'energy-score'. with model.kind"),
        ("loss", {"kind": "energy-score", "cels": 1.0}, r"'loss\.cels'.*did you mean 'cells'"),
    ],
)
def test_wrong_kinds_are_one_clear_error(
    section: str, settings: object, message: str, checkpoint: Checkpoint, tmp_path: Path
) -> None:
    meta = {**json.loads(checkpoint.meta.model_dump_json()), section: settings}
    path = tmp_path / "model.skm"
    torch.save({"format": FORMAT, "meta": json.dumps(meta), "weights": {}}, path)
    with pytest.raises(CheckpointError, match=rf"model\.skm.*{message}") as caught:
        load_checkpoint(path)
    assert "\n" not in str(caught.value)


def test_settings_of_another_family_are_refused(checkpoint: Checkpoint) -> None:
    model, loss = checkpoint.meta.settings(MaskValueConfig, MaskValueLossConfig)
    assert (model.hidden, loss.value_weight) == (2, 200.0)
    with pytest.raises(CheckpointError, match=r"'tiny': got one of kind 'mask-value'; expected .*'entry-w"):
        checkpoint.meta.settings(EntryWindowConfig, EnergyScoreConfig)
