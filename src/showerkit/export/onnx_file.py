"""Read exported files and run them with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.errors import CheckpointError
from showerkit.export.onnx_description import OnnxDescription
from showerkit.export.onnx_graph import require_onnx

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.export.exported_model import Arrays


class OnnxModel:
    """An exported model, run by ONNX Runtime on the processor.

    Parameters
    ----------
    content
        The file, or its bytes.
    threads
        Processor cores to use; 0: all.
    source
        Name of the file for messages, if `content` is bytes.

    Raises
    ------
    CheckpointError
        If the file is missing, damaged or no export of showerkit.
    MissingDependencyError
        If ONNX Runtime is not installed.
    """

    def __init__(self, content: Path | str | bytes, *, threads: int = 0, source: str | None = None) -> None:
        require_onnx("onnxruntime")
        import onnxruntime

        self.source = source or ("an ONNX file" if isinstance(content, bytes) else str(content))
        if not isinstance(content, bytes) and not Path(content).is_file():
            raise CheckpointError(self.source, got="no such file", expected="an exported model")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Its warnings would stand among a command's lines.
        options.log_severity_level = 3
        try:
            self.session: Any = onnxruntime.InferenceSession(
                content if isinstance(content, bytes) else str(content),
                options,
                providers=["CPUExecutionProvider"],
            )
        except _runtime_errors() as refused:
            reason = " ".join(str(refused).split())[:160]
            raise CheckpointError(
                self.source, got=reason, expected="a file that ONNX Runtime can read"
            ) from None
        try:
            properties = self.session.get_modelmeta().custom_metadata_map
        except UnicodeDecodeError:
            raise CheckpointError(
                self.source, got="a description that is no text", expected="a file that is as it was written"
            ) from None
        self.description = OnnxDescription.from_properties(properties, self.source)
        for kind, told, there in (
            ("inputs", self.description.inputs, self.session.get_inputs()),
            ("outputs", self.description.outputs, self.session.get_outputs()),
        ):
            names = [(one.name, one.width) for one in told]
            found = [(one.name, one.shape[1] if len(one.shape) == 2 else None) for one in there]
            if names != found:
                raise CheckpointError(f"{self.source}: {kind}", got=found, expected=f"{names} as described")

    def __call__(self, given: Arrays) -> dict[str, NDArray[Any]]:
        """Run the graph.

        Parameters
        ----------
        given
            Inputs by name, as the description has them, each of shape (N, width).

        Returns
        -------
        dict
            Outputs by name, each of shape (N, width).
        """
        names = [made.name for made in self.description.outputs]
        return dict(zip(names, self.session.run(names, dict(given)), strict=True))


def is_onnx(path: Path | str) -> bool:
    """Whether a path is that of an ONNX file, by its ending.

    Examples
    --------
    >>> is_onnx("electrons.onnx"), is_onnx("model.skm")
    (True, False)
    """
    return Path(path).suffix.lower() == ".onnx"


def _runtime_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises; its exceptions have no common base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    found = [getattr(state, name) for name in names if hasattr(state, name)]
    # Names in a damaged file need not be text.
    return (*found, RuntimeError, UnicodeDecodeError)
