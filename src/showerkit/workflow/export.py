"""``showerkit export``: a trained model as one file that ONNX Runtime runs anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from showerkit.progress import Progress

#: Events by which a graph is traced; more than one, or their number would be taken for a constant.
_TRACED: Final = 3


def export(
    model: Path | str,
    output: Path | str,
    *,
    solver: str | None = None,
    steps: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a trained model as an ONNX file that describes itself, checked against the model in PyTorch.

    Parameters
    ----------
    model
        A run directory, a model file or a shipped model's name.
    output
        The file to write, ending in ``.onnx``.
    solver, steps
        Of a flow: another method (``euler``, ``midpoint``, ``heun``, ``rk4``, ``adams-bashforth``) or number
        of steps than the model's own, which the file then holds.
    overwrite
        Whether an existing file may be replaced.
    progress
        Where to report, among others what the check found.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    CheckpointError
        If the model cannot be read.
    ConfigurationError
        If the output does not end in ``.onnx``.
    ExportError
        If models of its family cannot be exported, a solver is named for one that is no flow, or the file
        does not give what the model gives.
    DataError
        If the file exists already or cannot be written.
    MissingDependencyError
        If a package for ONNX files is not installed.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.errors import ConfigurationError
    >>> try:
    ...     export("zdc-ecal-gan", folder / "electrons.pt")
    ... except ConfigurationError as error:
    ...     print(error)
    name of the exported file: got electrons.pt; expected one ending in .onnx
    """
    from showerkit.data.atomic_file import check_writable, replacing, write_error
    from showerkit.errors import ConfigurationError
    from showerkit.export.exporters import exported_model
    from showerkit.export.onnx_file import OnnxModel, is_onnx
    from showerkit.export.onnx_graph import onnx_bytes, require_onnx
    from showerkit.export.parity import check_parity
    from showerkit.train.model_store import resolve_model

    progress = progress or SilentProgress()
    output = Path(output)
    if not is_onnx(output):
        raise ConfigurationError("name of the exported file", got=output.name, expected="one ending in .onnx")
    check_writable(output, overwrite=overwrite)
    require_onnx("onnx", "onnxscript", "onnxruntime")
    import torch

    exported = exported_model(resolve_model(model), solver=solver, steps=steps)
    given = exported.sample(_TRACED)
    progress.start(f"exporting {exported.description.name}", 2, "steps")
    arguments = tuple(torch.from_numpy(given[one.name]) for one in exported.description.inputs)
    content = onnx_bytes(exported.graph, arguments, exported.description)
    progress.advance(1)
    parity = check_parity(OnnxModel(content, source=str(output)), exported)
    progress.advance(1)
    try:
        with replacing(output) as partial:
            partial.write_bytes(content)
    except OSError as failed:
        raise write_error(output, failed) from None
    progress.finish()
    left_out = f", {parity.undecided} left out in which rounding decides" if parity.undecided else ""
    progress.note(
        f"checked on {parity.events} events{left_out}: deviates from PyTorch by at most {parity.largest:.1e}"
    )
    return output
