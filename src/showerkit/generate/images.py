"""Sparse images from a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.data.sparse_images import SparseImages
from showerkit.generate.clouds import CloudGenerator

if TYPE_CHECKING:
    from showerkit.generate.cloud_request import CloudRequest


class ImageGenerator(CloudGenerator):
    """Sparse images from a trained network.

    Parameters
    ----------
    checkpoint, device
        See `showerkit.generate.clouds.CloudGenerator`.
    """

    def generate(
        self,
        request: CloudRequest,
        seed: int,
        *,
        first: int = 0,
        allow_out_of_range: bool = False,
    ) -> SparseImages:
        """Make one image for each that is wanted; see `showerkit.generate.jets.JetGenerator.generate`.

        Points are ordered by falling intensity, which is held to 1; one of at most `drop_below` is left out.
        """
        rows = np.arange(first, first + len(request), dtype=np.int64)
        points, mask = self.points(request, rows, seed, allow_out_of_range=allow_out_of_range)
        points[..., 2] = np.minimum(points[..., 2], 1.0)
        mask &= points[..., 2] > self.meta.drop_below
        order = np.argsort(np.where(mask, -points[..., 2], np.inf), axis=1, kind="stable")
        mask = np.take_along_axis(mask, order, axis=1)
        points = np.where(mask[:, :, None], np.take_along_axis(points, order[:, :, None], axis=1), 0.0)
        shape = self.meta.image_shape or (1, 1)
        return SparseImages(points.astype(np.float32), mask, request.label, shape)
