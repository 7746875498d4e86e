"""Make showers, jets or images with a trained model and write them to a file."""

from __future__ import annotations

import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.configuration import parse_config
from showerkit.errors import CheckpointError, ConfigurationError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.data.shower_file import ShowerFile
    from showerkit.export.onnx_description import OnnxDescription
    from showerkit.generate.generator import Generator
    from showerkit.progress import Progress
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.train.checkpoint import CheckpointMeta

#: Showers made and written at a time, which bounds the memory.
_AT_ONCE: Final = 4096


def generate(
    model: Path | str,
    output: Path | str,
    *,
    n: int | None = None,
    like: Path | str | None = None,
    of_class: str | None = None,
    seed: int = 1,
    with_mask: bool = False,
    allow_out_of_range: bool = False,
    solver: str | None = None,
    steps: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Make showers (or jets, or images) with a trained model and write a file, with a timing file beside it.

    Parameters
    ----------
    model
        A run directory, a model file, a shipped model's name or an exported ``.onnx`` file of showers.
    output
        The file to write.
    n
        Number of showers, of incident particles distributed as in the training; or of jets or images, of
        classes, numbers of particles and momenta distributed as there.
    like
        A shower file whose incident particles are used again, instead of `n`; with `n`, its first n. For jets
        or images a file whose classes, numbers of particles, pT and eta are used again.
    of_class
        Jets or images of this class alone, such as ``"t"`` or ``"8"``, with `n`.
    seed
        Seed of the incident particles and of what is drawn.
    with_mask
        Keep the probability of a hit for each cell of showers, too.
    allow_out_of_range
        Warn instead of refusing particles (or jets) unlike those of the training.
    solver, steps
        How the samples of a flow follow it: another method (``euler``, ``midpoint``, ``heun``, ``rk4``,
        ``adams-bashforth``, ``dormand-prince``) or number of steps than the model's own.
    overwrite
        Whether an existing file may be replaced.
    progress
        Where to report.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ConfigurationError
        If neither `n` nor `like` is given, the detectors differ, or the model has no such class or no solver.
    CheckpointError
        If the model cannot be read.
    OutOfRangeError
        If a particle is unlike those of the training.
    DataError
        If a file cannot be read or written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.data.shower_file import read_showers
    >>> read_showers(generate("zdc-ecal-gan", folder / "showers.h5", n=3)).energy_mev.shape
    (3, 400)
    """
    from showerkit.data.schema import FileMetadata
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.shower_writer import ShowerWriter
    from showerkit.data.timing import write_timing
    from showerkit.export.onnx_file import is_onnx
    from showerkit.export.onnx_generator import OnnxShowerGenerator
    from showerkit.generate.generator import shower_generator
    from showerkit.train.checkpoint import load_checkpoint
    from showerkit.train.cloud_checkpoint import is_cloud_model
    from showerkit.train.model_store import resolve_model

    progress = progress or SilentProgress()
    if n is None and like is None:
        raise ConfigurationError(
            "what to generate", expected="a number or a file to follow", mend="give -n or --like"
        )
    if n is not None and n < 1:
        raise ConfigurationError("number of showers or jets", got=n, expected="at least 1")
    file = resolve_model(model)
    if not is_onnx(file) and is_cloud_model(file):
        from showerkit.workflow.generate_clouds import generate_clouds

        return generate_clouds(
            file,
            output,
            n=n,
            like=like,
            of_class=of_class,
            seed=seed,
            allow_out_of_range=allow_out_of_range,
            solver=solver,
            steps=steps,
            overwrite=overwrite,
            progress=progress,
        )
    if of_class is not None:
        raise ConfigurationError(f"class {of_class}", got="a model that makes showers", mend="leave it out")
    generator: Generator | OnnxShowerGenerator
    generator = OnnxShowerGenerator(file) if is_onnx(file) else shower_generator(load_checkpoint(file))
    meta = generator.meta
    settings: dict[str, Any] = {"trained_on": meta.data_fingerprint}
    if solver is not None or steps is not None:
        settings["solver"] = choose_solver(generator, meta.name, solver, steps)
    began, began_cpu = time.perf_counter(), time.process_time()
    with ExitStack() as stack:
        if like is not None:
            reference = stack.enter_context(ShowerFile(like))
            _require_same_detector(meta, reference)
            total = len(reference) if n is None else min(n, len(reference))
            primaries = reference.metadata.settings.get("primaries")
            particles = _particles_of(reference, total)
        else:
            total = n or 0
            config = _primaries_of(meta)
            primaries = config.model_dump(mode="json", exclude_unset=True)
            particles = _sampled_particles(config, total, seed, meta)
        metadata = FileMetadata(
            generator=meta.name,
            kind="model",
            detector=meta.detector,
            seed=seed,
            versions={
                name: version(name)
                for name in ("showerkit", "onnxruntime" if is_onnx(file) else "torch", "numpy")
            },
            settings={"primaries": primaries, **settings},
        )
        writer = stack.enter_context(ShowerWriter(output, metadata, overwrite=overwrite))
        progress.start(f"generating with {meta.name}", total, "showers")
        for incident, ids in particles:
            writer.append(
                generator.generate(
                    incident, ids, seed, with_mask=with_mask, allow_out_of_range=allow_out_of_range
                )
            )
            progress.advance(len(ids))
        progress.finish()
    write_timing(
        output,
        generator=meta.name,
        n_showers=total,
        wall_s=time.perf_counter() - began,
        cpu_s=time.process_time() - began_cpu,
        workers=generator.threads,
    )
    return Path(output)


def choose_solver(generator: object, name: str, kind: str | None, steps: int | None) -> dict[str, Any]:
    """Let a generator follow its flow by another method or in another number of steps.

    Parameters
    ----------
    generator
        A trained generator; one of a flow has a `solver`.
    name
        The model's name, for the message.
    kind, steps
        See `generate`.

    Returns
    -------
    dict
        The solver, as plain values.

    Raises
    ------
    ConfigurationError
        If the model is no flow, or there is no such solver.
    """
    from showerkit.models.ode_solver_config import AdaptiveStepConfig, FixedStepConfig, chosen_solver

    now = getattr(generator, "solver", None)
    if not isinstance(now, FixedStepConfig | AdaptiveStepConfig):
        raise ConfigurationError(
            "solver or number of steps",
            got=f"model '{name}', which makes its output in one step",
            mend="leave it out",
        )
    jumps = getattr(generator, "jumps", None)
    if jumps is not None:
        raise ConfigurationError(
            "solver or number of steps",
            got=f"model '{name}', which was taught to go {jumps} step{'s' if jumps > 1 else ''} and no other",
            mend="leave it out, or ask the flow that it was taught by",
        )
    chosen = chosen_solver(now, kind=kind, steps=steps)
    generator.solver = chosen  # type: ignore[attr-defined]
    return chosen.model_dump(mode="json")


def _require_same_detector(meta: CheckpointMeta | OnnxDescription, reference: ShowerFile) -> None:
    if reference.detector != meta.detector:
        raise ConfigurationError(
            f"{reference.path}: detector",
            got=reference.detector.name,
            expected=f"{meta.detector.name} as model '{meta.name}' was trained on",
        )


def _particles_of(reference: ShowerFile, total: int) -> Iterator[tuple[IncidentParticles, NDArray[np.int64]]]:
    """Go through the incident particles of a file."""
    for start in range(0, total, _AT_ONCE):
        showers = reference.read(start, min(start + _AT_ONCE, total), optional=False)
        yield showers.incident, showers.event_id


def _primaries_of(meta: CheckpointMeta | OnnxDescription) -> PrimaryConfig:
    """Find the distributions of the incident particles that a model was trained on."""
    from showerkit.simulate.primaries import PrimaryConfig

    if meta.primaries is None:
        raise ConfigurationError(
            f"model '{meta.name}'",
            got="no settings of the incident particles it was trained on",
            mend="give a file to follow with --like",
        )
    values = dict(meta.primaries)
    if values.get("energies_gev") is not None:
        values.pop("energy_gev", None)
    return parse_config(PrimaryConfig, values, source=f"model '{meta.name}'", error=CheckpointError)


def _sampled_particles(
    config: PrimaryConfig, total: int, seed: int, meta: CheckpointMeta | OnnxDescription
) -> Iterator[tuple[IncidentParticles, NDArray[np.int64]]]:
    """Draw incident particles, numbered from 0."""
    for start in range(0, total, _AT_ONCE):
        ids = np.arange(start, min(start + _AT_ONCE, total), dtype=np.int64)
        yield config.sample(seed, ids, meta.detector), ids
