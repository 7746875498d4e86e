"""How fast an exported generator makes showers, beside PyTorch.

    python benchmarks/bench_export.py [--models NAME ...] [--exported NAME=FILE.onnx ...] [--geant4-ms MS]

Milliseconds a shower, random numbers drawn beforehand: what a simulation waits for. PyTorch runs the same
graph with the same inputs. With a file that Geant4 made (its timing file lies beside it) or its milliseconds
a shower on one core, the table tells how many times as fast a core is.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
#: Runs of one measurement last about so long; the fastest of three counts, since others use the machine, too.
SECONDS = 0.3


def fastest_ms(run: Callable[[], object], events: int) -> float:
    began = time.perf_counter()
    run()
    first = time.perf_counter() - began
    # What takes longer than a measurement is run twice in all, so that the whole ends within two minutes.
    if first > SECONDS:
        began = time.perf_counter()
        run()
        return 1e3 * min(first, time.perf_counter() - began) / events
    repeats = max(1, min(1000, int(SECONDS / max(first, 1e-6))))
    best = float("inf")
    for _ in range(3):
        began = time.perf_counter()
        for _ in range(repeats):
            run()
        best = min(best, (time.perf_counter() - began) / repeats)
    return 1e3 * best / events


def measure(
    name: str, batches: list[int], threads: list[int], files: dict[str, Path]
) -> list[dict[str, float | str]]:
    import numpy as np
    import torch

    from showerkit.export.exporters import exported_model
    from showerkit.export.onnx_file import OnnxModel
    from showerkit.train.model_store import resolve_model
    from showerkit.workflow import export

    exported = exported_model(resolve_model(name))
    graph = exported.graph.eval()
    rows: list[dict[str, float | str]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = files[name] if name in files else export(name, Path(folder) / "model.onnx")
        for count in threads:
            torch.set_num_threads(count)
            model = OnnxModel(file, threads=count)
            for events in batches:
                few = exported.sample(min(events, 500))
                repeats = -(-events // 500)
                given = {key: np.tile(values, (repeats, 1))[:events] for key, values in few.items()}
                arguments = [torch.from_numpy(given[one.name]) for one in exported.description.inputs]
                with torch.inference_mode():
                    in_torch = fastest_ms(lambda: graph(*arguments), events)  # noqa: B023
                in_onnx = fastest_ms(lambda: model(given), events)  # noqa: B023
                rows.append(
                    {
                        "model": name,
                        "threads": count,
                        "batch": events,
                        "torch_ms": in_torch,
                        "onnx_ms": in_onnx,
                    }
                )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["zdc-ecal-gan"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 100, 10_000])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument(
        "--exported", nargs="*", default=[], help="NAME=FILE.onnx of models that were exported before"
    )
    parser.add_argument("--geant4", type=Path, help="a file of Geant4's showers with its timing file")
    parser.add_argument("--geant4-ms", type=float, help="Geant4's milliseconds a shower on one core")
    options = parser.parse_args()
    geant4_ms = options.geant4_ms
    files = {name: Path(file) for name, file in (pair.split("=", 1) for pair in options.exported)}
    if options.geant4 is not None:
        from showerkit.data.timing import read_timing

        timing = read_timing(options.geant4)
        if timing is None:
            parser.error(f"{options.geant4} has no timing file beside it")
        geant4_ms = timing.ms_per_shower
    rows = [row for name in options.models for row in measure(name, options.batches, options.threads, files)]
    print(f"{'model':<22}{'cores':>6}{'batch':>8}{'PyTorch ms':>12}{'ONNX ms':>10}{'Geant4 / ONNX':>15}")
    for row in rows:
        # Per core: a shower costs Geant4 one core.
        ratio = None if geant4_ms is None else geant4_ms / (row["onnx_ms"] * row["threads"])
        row["geant4_over_onnx"] = ratio
        print(
            f"{row['model']:<22}{row['threads']:>6}{row['batch']:>8}{row['torch_ms']:>12.4f}"
            f"{row['onnx_ms']:>10.4f}{'-' if ratio is None else format(ratio, '.0f'):>15}"
        )
    RESULTS.mkdir(exist_ok=True)
    result = {
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "geant4_ms_per_shower": geant4_ms,
        "rows": rows,
    }
    (RESULTS / "export.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
