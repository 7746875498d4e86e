"""Changes of files that hold trained models."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from .mutation import Mutation, pick
from .tree_mutations import mutated_json

#: What hostile pickles would touch.
RAN = "/tmp/showerkit-fuzz-ran"


class _Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (os.system, (f"touch {RAN}",))


def _content(path: Path) -> Any:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _save(path: Path, content: Any) -> None:
    import torch

    torch.save(content, path)


def _description(path: Path, random: np.random.Generator) -> None:
    content = _content(path)
    content["meta"] = mutated_json(content["meta"], random)
    _save(path, content)


def _odd_tensors(random: np.random.Generator) -> Any:
    import torch

    choices = [
        lambda: torch.zeros(0), lambda: torch.zeros(3), lambda: torch.tensor(float("nan")),
        lambda: torch.full((2, 2), float("inf")), lambda: torch.zeros(2, dtype=torch.complex64),
        lambda: torch.zeros(2, dtype=torch.int64), lambda: torch.zeros(2, dtype=torch.bool),
        lambda: torch.zeros(1).expand(10**12), lambda: torch.zeros(1).expand(2**20, 2**20),
        lambda: torch.zeros(5, 5).to_sparse(), lambda: torch.zeros(2, device="meta"),
        lambda: torch.zeros(2, requires_grad=True), lambda: torch.nn.Parameter(torch.zeros(2)),
        lambda: torch.zeros(3, dtype=torch.bfloat16), lambda: torch.zeros(3, 0, 7),
        lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8), lambda: 3.0, lambda: None,
        lambda: torch.tensor([1e38, -1e38]), lambda: [1, 2], lambda: torch.zeros(3, dtype=torch.float64),
    ]  # fmt: skip
    return pick(random, choices)()


def _weights(path: Path, random: np.random.Generator) -> None:
    content = _content(path)
    section = "weights" if "weights" in content else "state_dict"
    weights = dict(content[section])
    name = pick(random, sorted(weights))
    action = int(random.integers(5))
    if action == 0:
        del weights[name]
    elif action == 1:
        weights["network.unknown"] = _odd_tensors(random)
    elif action == 2:
        weights[pick(random, ["", "a", f"{name}.x", 3, None])] = weights.pop(name)
    else:
        weights[name] = _odd_tensors(random)
    content[section] = weights
    _save(path, content)


def _other_content(path: Path, random: np.random.Generator) -> None:
    import torch

    content = _content(path)
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    choices: list[Any] = [
        None, 3, "text", [], {}, ["a"], torch.zeros(3), OrderedDict(), {"format": "showerkit-checkpoint-99"},
        {**content, "more": 1}, {k: v for k, v in content.items() if k != "meta"}, {3: 4}, ({},), b"bytes",
        {**content, "meta": 3}, {**content, "meta": b"{}"}, {**content, "weights": [1]}, {**content,
        "format": None},
        {**content, "weights": {}}, {**content, "meta": "[" * 100_000}, {**content, "weights": deep},
        {**content, "state_dict": 3}, {**content, "state_dict": {}, "epoch": "a"},
    ]  # fmt: skip
    _save(path, pick(random, choices))


def _code(path: Path, random: np.random.Generator) -> None:
    """Pickles that would run a command, in every wrapping that is read."""
    import torch

    content = _content(path)
    key = pick(random, sorted(content))
    hostile = {**content, key: _Evil()}
    action = int(random.integers(5))
    if action == 0:
        _save(path, hostile)
    elif action == 1:
        path.write_bytes(pickle.dumps(hostile, protocol=int(random.integers(2, 6))))
    elif action == 2:
        torch.save(hostile, path, _use_new_zipfile_serialization=False)
    elif action == 3:
        path.write_bytes(pickle.dumps(_Evil()))
    else:
        _rewrite(path, {"data.pkl": pickle.dumps(hostile, protocol=2)})


def _rewrite(path: Path, parts: dict[str, bytes], **options: Any) -> None:
    """Write the archive anew with other contents under the endings of these names."""
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, value in found.items():
            given = [new for ending, new in parts.items() if name.endswith(ending)]
            archive.writestr(name, given[0] if given else value)


def _archive(path: Path, random: np.random.Generator) -> None:
    """Other records in the archive: outside of its folder, compressed, missing, enormous."""
    action = int(random.integers(5))
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    name = pick(random, sorted(found))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if action == 0 else zipfile.ZIP_STORED) as archive:
        for known, value in found.items():
            if action == 1 and known == name:
                continue
            changed = f"../../{known}" if action == 2 else known
            if action == 3 and known == name:
                archive.writestr(zipfile.ZipInfo(known), bytes(2**27), zipfile.ZIP_DEFLATED)
                continue
            if action == 4 and known == name:
                value = random.bytes(len(value))
            archive.writestr(changed, value)


def _python_arrays(path: Path, random: np.random.Generator) -> None:
    """Arrays of Python objects, and headers that say more than there is, in a chunk of a simulation."""
    import io

    with np.load(path) as file:
        found = {name: file[name] for name in file.files}
    name = pick(random, sorted(found))
    action = int(random.integers(6))
    buffer = io.BytesIO()
    if action == 0:
        np.savez_compressed(path, **{**found, name: np.array([_Evil(), None], dtype=object)})
        path.with_name(f"{path.name}.npz").unlink(missing_ok=True)
    elif action == 1:
        np.savez_compressed(path, **{key: value for key, value in found.items() if key != name})
    elif action == 2:
        odd = [np.zeros(0), np.zeros((3, 3, 3)), np.array("text"), np.full(4, np.nan), found[name][..., None]]
        np.savez_compressed(path, **{**found, name: pick(random, odd)})
    else:
        shape = pick(
            random, ["(1000000000000,)", "(4611686018427387904, 4)", "(-3,)", "(3", "(True,)", "(1e9,)"]
        )
        kind = pick(random, ["<f4", "|O", "<U99999999", "<i8"])
        text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}"
        head = text.encode().ljust(117) + b"\n"
        buffer.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(64))
        _rewrite(path, {f"{name}.npy": buffer.getvalue()})


def _onnx_description(path: Path, random: np.random.Generator) -> None:
    import onnx

    model = onnx.load(path)
    properties = list(model.metadata_props)
    long = [one for one in properties if one.value.startswith("{")] or properties
    one = pick(random, long)
    one.value = (
        mutated_json(one.value, random) if one.value.startswith("{") else pick(random, ["", "a", "-1"])
    )
    if random.random() < 0.1:
        model.metadata_props.remove(one)
    onnx.save(model, path)


def _onnx_graph(path: Path, random: np.random.Generator) -> None:
    import onnx

    model = onnx.load(path)
    graph = model.graph
    action = int(random.integers(6))
    if action == 0:
        del graph.node[int(random.integers(len(graph.node)))]
    elif action == 1:
        graph.node[int(random.integers(len(graph.node)))].op_type = pick(
            random, ["Nothing", "Loop", "Relu", ""]
        )
    elif action == 2:
        put = graph.initializer[int(random.integers(len(graph.initializer)))]
        put.dims[:] = pick(random, [[2**40], [-1], [0], [3, 3, 3], [2**62, 4]])
    elif action == 3:
        given = graph.input[int(random.integers(len(graph.input)))].type.tensor_type
        given.elem_type = int(random.integers(0, 20))
    elif action == 4:
        put = graph.initializer[int(random.integers(len(graph.initializer)))]
        put.ClearField("raw_data")
        put.data_location = onnx.TensorProto.EXTERNAL
        where = pick(random, ["../../../../../etc/passwd", "/etc/passwd", "nowhere.bin", path.name])
        for key, value in (("location", where), ("offset", "0"), ("length", str(2**40))):
            entry = put.external_data.add()
            entry.key, entry.value = key, value
    else:
        model.opset_import[0].version = int(pick(random, [0, 1, 999, 2**31 - 1]))
    path.write_bytes(model.SerializeToString())


MODEL_MUTATIONS = [
    *[Mutation("description", _description)] * 3,
    *[Mutation("weights", _weights)] * 2,
    Mutation("other content", _other_content),
    Mutation("archive", _archive),
    Mutation("code", _code, must_fail=True),
]
STATE_MUTATIONS = [
    Mutation("weights", _weights),
    Mutation("archive", _archive),
    Mutation("code", _code, must_fail=True),
]
CHUNK_MUTATIONS = [Mutation("arrays", _python_arrays)]
ONNX_MUTATIONS = [Mutation("description", _onnx_description), Mutation("graph", _onnx_graph)]

__all__ = ["CHUNK_MUTATIONS", "MODEL_MUTATIONS", "ONNX_MUTATIONS", "RAN", "STATE_MUTATIONS"]
