"""Make jets or sparse images with a trained model and write them to a file."""

from __future__ import annotations

import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.data.image_file import ImageFile, ImageWriter
    from showerkit.data.jet_file import JetFile, JetWriter
    from showerkit.generate.cloud_request import CloudRequest
    from showerkit.generate.images import ImageGenerator
    from showerkit.generate.jets import JetGenerator
    from showerkit.progress import Progress
    from showerkit.train.cloud_checkpoint import CloudMeta

#: Clouds made and written at a time, which bounds the memory.
_AT_ONCE: Final = 4096


def generate_clouds(
    model: Path,
    output: Path | str,
    *,
    n: int | None,
    like: Path | str | None,
    of_class: str | None,
    seed: int,
    allow_out_of_range: bool,
    solver: str | None,
    steps: int | None,
    overwrite: bool,
    progress: Progress,
) -> Path:
    """Make jets or sparse images with a trained model (see `showerkit.workflow.generate`).

    Parameters
    ----------
    model
        The model file.
    output
        The file to write.
    n, like, of_class, seed, allow_out_of_range, solver, steps, overwrite, progress
        See `showerkit.workflow.generate`.

    Returns
    -------
    pathlib.Path
        The file written.
    """
    from showerkit.data.timing import write_timing
    from showerkit.generate.cloud_request import only_class
    from showerkit.generate.images import ImageGenerator
    from showerkit.generate.jets import JetGenerator
    from showerkit.train.cloud_checkpoint import load_cloud_checkpoint

    checkpoint = load_cloud_checkpoint(model)
    meta = checkpoint.meta
    makes_jets = meta.content == "jets"
    generator: Any = (JetGenerator if makes_jets else ImageGenerator).from_checkpoint(checkpoint)
    settings: dict[str, Any] = {"trained_on": meta.data_fingerprint}
    if solver is not None or steps is not None:
        from showerkit.workflow.generate import choose_solver

        settings["solver"] = choose_solver(generator, meta.name, solver, steps)
    classes = meta.condition.classes
    if of_class is not None:
        place = _place_of(meta, of_class, like)
        generator.population, classes = only_class(generator.population, place), (classes[place],)
    began, began_cpu = time.perf_counter(), time.process_time()
    with ExitStack() as stack:
        reference: JetFile | ImageFile | None = None
        total = n or 0
        if like is not None:
            reference = _open(meta, like)
            stack.callback(reference.close)
            total = len(reference) if n is None else min(n, len(reference))
        writer: Any = stack.enter_context(
            _writer(meta, classes, generator.places, output, seed, settings, overwrite)
        )
        progress.start(f"generating with {meta.name}", total, meta.content)
        for first, request in _requests(generator, reference, total, seed):
            writer.append(
                generator.generate(request, seed, first=first, allow_out_of_range=allow_out_of_range)
            )
            progress.advance(len(request))
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


def _place_of(meta: CloudMeta, of_class: str, like: Path | str | None) -> int:
    """Find a class by the name of its jets or by what images show, as a place among the model's classes."""
    from showerkit.data.jet_records import JET_TYPES

    if like is not None:
        raise ConfigurationError(
            f"class {of_class}",
            got=f"also {like}, which has classes of its own",
            mend="leave one of them out",
        )
    names = {code: name for name, code in JET_TYPES.items()} if meta.content == "jets" else {}
    known = [names.get(code, str(code)) for code in meta.condition.classes]
    if of_class not in known:
        raise ConfigurationError(
            f"class '{of_class}'",
            got="none of the model's",
            expected="one of " + ", ".join(known) + f", which model '{meta.name}' makes",
        )
    return known.index(of_class)


def _open(meta: CloudMeta, like: Path | str) -> JetFile | ImageFile:
    from showerkit.data.image_file import ImageFile, is_image_file
    from showerkit.data.jet_file import JetFile

    if is_image_file(like) != (meta.content == "images"):
        raise ConfigurationError(
            f"{like}",
            got="another kind of file",
            expected=f"a file of {meta.content}, which model '{meta.name}' makes",
        )
    return ImageFile(like) if meta.content == "images" else JetFile(like)


def _requests(
    generator: JetGenerator | ImageGenerator, reference: JetFile | ImageFile | None, total: int, seed: int
) -> Iterator[tuple[int, CloudRequest]]:
    """Give what is wanted, portion by portion, with the row of the first."""
    from showerkit.generate.cloud_request import CloudRequest

    for start in range(0, total, _AT_ONCE):
        stop = min(start + _AT_ONCE, total)
        if reference is None:
            yield start, generator.draw(np.arange(start, stop, dtype=np.int64), seed)
        else:
            yield start, CloudRequest.like(reference.read(start, stop), start)


def _writer(
    meta: CloudMeta,
    classes: tuple[int, ...],
    places: int,
    output: Path | str,
    seed: int,
    settings: dict[str, Any],
    overwrite: bool,
) -> JetWriter | ImageWriter:
    from showerkit.data.image_file import ImageFileMetadata, ImageWriter
    from showerkit.data.jet_file import JetFileMetadata, JetWriter
    from showerkit.data.jet_records import JET_TYPES

    versions = {name: version(name) for name in ("showerkit", "torch", "numpy")}
    if meta.image_shape is not None:
        rows, columns = meta.image_shape
        of_images = ImageFileMetadata(
            generator=meta.name,
            kind="model",
            n_points=places,
            rows=rows,
            columns=columns,
            seed=seed,
            versions=versions,
            settings=settings,
        )
        return ImageWriter(output, of_images, overwrite=overwrite)
    names = {code: name for name, code in JET_TYPES.items()}
    of_jets = JetFileMetadata(
        generator=meta.name,
        kind="model",
        process=",".join(names[code] for code in classes),
        constituents=places,
        seed=seed,
        versions=versions,
        settings=settings,
    )
    return JetWriter(output, of_jets, overwrite=overwrite)
