"""``showerkit simulate-jets``: a sample of jets from Pythia 8 and FastJet, in one file."""

from __future__ import annotations

import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError
from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.jets.config import JetProcessConfig

if TYPE_CHECKING:
    from showerkit.workflow.jet_assembly import JetAssembly


def simulate_jets(
    process: JetProcessConfig | str,
    output: Path | str,
    *,
    n: int,
    seed: int = 1,
    workers: int | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Simulate jets with Pythia 8 and FastJet and write them to one file.

    The same settings and seed give the same file bit for bit, for any number of workers and after any
    interruption; fewer jets of the same seed are the first ones of more. Beside the output,
    ``<output>.timing.json`` says how long it took.

    Parameters
    ----------
    process
        What starts the jets, by name or with all settings.
    output
        The file to write.
    n
        Number of jets.
    seed
        The seed, at least 0.
    workers
        Number of worker processes; by default the number of processors.
    resume
        Whether to go on where an interrupted run of the same settings stopped, and to add the jets that a
        finished file of the same settings lacks.
    overwrite
        Whether to replace an existing file.
    progress
        Receives the progress.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ConfigurationError
        If a setting is out of range.
    MissingDependencyError
        If Pythia 8 or FastJet is not installed.
    DataError
        If the output exists or cannot be written.
    SimulationError
        If no jet passes the cuts, or workers die again and again over the same events.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.jet_file import read_jets
    >>> path = simulate_jets("w", Path(tempfile.mkdtemp()) / "w.h5", n=5, workers=1)
    >>> read_jets(path).particles.shape
    (5, 30, 3)
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.chunks import ChunkStore, remove_partial
    from showerkit.data.timing import write_timing
    from showerkit.simulate.worker_process import default_workers
    from showerkit.workflow.jet_assembly import JetAssembly, jet_metadata, jet_plan, kept_jets

    progress = progress or SilentProgress()
    for what, value, least in (("jets", n, 1), ("workers", workers, 1)):
        if value is not None and value < least:
            raise ConfigurationError(f"the number of {what}", got=value, expected=f"at least {least}")
    if isinstance(process, str):
        process = parse_config(JetProcessConfig, {"process": process}, source="simulate-jets")
    metadata = jet_metadata(process, seed)
    output = Path(output)
    goes_on = resume and output.is_file()
    if not goes_on:
        check_writable(output, overwrite=overwrite)
    kept = kept_jets(output, metadata, n, overwrite=overwrite) if goes_on else None
    plan = jet_plan(metadata)
    if kept is not None and kept.rows == n:
        remove_partial(output, plan)
        progress.note(f"{output} is finished already")
        return output
    store = ChunkStore(output, plan, resume=resume, overwrite=overwrite)
    assembly = JetAssembly(n, store, kept)
    progress.start(f"simulate jets ({process.process})", n, "jets")
    progress.advance(assembly.available)
    timing = (
        None
        if assembly.is_complete
        else _fill(assembly, process, seed, workers or default_workers(), progress)
    )
    assembly.write(output, metadata, overwrite=overwrite or kept is not None)
    if timing is not None:
        write_timing(output, generator=metadata.generator, **timing)
    store.remove()
    progress.finish()
    return output


def _fill(
    assembly: JetAssembly, process: JetProcessConfig, seed: int, workers: int, progress: Progress
) -> dict[str, Any]:
    """Simulate blocks until there are enough jets; return what the timing needs."""
    from showerkit.simulate.jets.client import simulate_blocks

    started, started_cpu = time.perf_counter(), time.process_time()
    in_workers_s = 0.0
    simulated = 0
    blocks = simulate_blocks(
        process,
        seed,
        (block for block in count(assembly.first_block) if block not in assembly.finished),
        workers=workers,
        log_dir=assembly.store.folder,
        note=progress.note,
    )
    with closing(blocks):
        for finished in blocks:
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
        "workers": workers,
    }
