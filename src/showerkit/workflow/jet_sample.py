"""Make one file of simulated jets, of whatever kind: blocks on workers, resumed, grown, timed."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from showerkit.data.atomic_file import check_writable
from showerkit.data.chunks import ChunkStore
from showerkit.data.timing import write_timing
from showerkit.data.unfinished_sample import tidy_partial
from showerkit.errors import ConfigurationError
from showerkit.workflow.chunk_runners import check_workers, chunk_runner
from showerkit.workflow.jet_assembly import JetAssembly, kept_jets
from showerkit.workflow.jet_forms import JetsT, jet_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from showerkit.progress import Progress
    from showerkit.simulate.chunk_runner import ChunkRunner
    from showerkit.simulate.cluster.settings import ClusterConfig
    from showerkit.simulate.jets.blocks import FinishedBlock
    from showerkit.workflow.jet_forms import JetForm


class Blocks(Protocol[JetsT]):
    """Simulates blocks of events."""

    def __call__(
        self,
        blocks: Iterable[int],
        *,
        runner: ChunkRunner,
        log_dir: Path,
        note: Callable[[str], None],
    ) -> Generator[FinishedBlock[JetsT], None, None]:
        """Give the jets of blocks as they finish."""


@dataclass(frozen=True)
class SampleRequest:
    """Where a sample goes and how large it is.

    Parameters
    ----------
    output
        The file to write.
    n
        Number of jets.
    workers
        Number of worker processes, or None for the number of processors.
    resume
        Whether to go on with an interrupted run, or to add jets to a finished file.
    overwrite
        Whether to replace an existing file.
    cluster
        Simulate on a cluster by Dask instead of with `workers` on this machine.
    """

    output: Path
    n: int
    workers: int | None
    resume: bool
    overwrite: bool
    cluster: ClusterConfig | None = None


def make_sample(
    request: SampleRequest,
    metadata: Any,
    form: JetForm[JetsT],
    blocks: Blocks[JetsT],
    what: str,
    progress: Progress,
) -> Path:
    """Simulate jets and write them to one file.

    Parameters
    ----------
    request
        Where it goes and how many jets there are.
    metadata
        What the file says about itself, all that decides the jets.
    form
        What kind of jets they are.
    blocks
        Simulates them.
    what
        What is done, for the progress.
    progress
        Receives the progress.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ConfigurationError
        If a number is out of range.
    DataError
        If the output exists or cannot be written.
    SimulationError
        If no jet passes the cuts, or workers die again and again over the same events.
    """
    output, n = request.output, request.n
    if n < 1:
        raise ConfigurationError("the number of jets", got=n, expected="at least 1")
    check_workers(request.workers, request.cluster)
    goes_on = request.resume and output.is_file()
    if not goes_on:
        check_writable(output, overwrite=request.overwrite)
    kept = kept_jets(output, metadata, n, form, overwrite=request.overwrite) if goes_on else None
    plan = jet_plan(metadata)
    if kept is not None and kept.rows == n:
        kept_folder = tidy_partial(output, plan, goal=n)
        progress.note(f"{output} is finished already")
        if kept_folder is not None:
            progress.note(kept_folder)
        return output
    with chunk_runner(request.workers, request.cluster, progress) as runner:
        store = ChunkStore(output, plan, resume=request.resume, overwrite=request.overwrite, goal=n)
        assembly = JetAssembly(n, store, kept, form)
        progress.start(what, n, "jets")
        progress.advance(assembly.available)
        timing = None if assembly.is_complete else _fill(assembly, blocks, runner, progress)
    assembly.write(output, metadata, overwrite=request.overwrite or kept is not None)
    if timing is not None:
        write_timing(output, generator=metadata.generator, **timing)
    kept_folder = store.finish()
    if kept_folder is not None:
        progress.note(kept_folder)
    progress.finish()
    return output


def _fill(
    assembly: JetAssembly[JetsT], blocks: Blocks[JetsT], runner: ChunkRunner, progress: Progress
) -> dict[str, Any]:
    """Simulate blocks until there are enough jets; return what the timing needs."""
    started, started_cpu = time.perf_counter(), time.process_time()
    in_workers_s = 0.0
    simulated = 0
    results = blocks(
        (block for block in count(assembly.first_block) if block not in assembly.finished),
        runner=runner,
        log_dir=assembly.store.folder,
        note=progress.note,
    )
    with closing(results):
        for finished in results:
            before = assembly.available
            assembly.add(finished.block, finished.jets)
            in_workers_s += finished.cpu_s
            simulated += len(finished.jets)
            progress.advance(assembly.available - before)
            if assembly.is_complete:
                break
    return {
        "n_showers": simulated,
        "wall_s": time.perf_counter() - started,
        # The events' own time and that of writing them, without Pythia's start.
        "cpu_s": in_workers_s + time.process_time() - started_cpu,
        "workers": runner.workers,
    }
