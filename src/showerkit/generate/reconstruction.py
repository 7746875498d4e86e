"""Jets and images as an autoencoder gives them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from showerkit.data.cloud_features import jet_columns_of
from showerkit.data.cloud_sample import CloudSample
from showerkit.data.jet_records import Jets
from showerkit.data.sparse_images import SparseImages
from showerkit.errors import ConfigurationError, DataError
from showerkit.generate.clouds import CloudGenerator
from showerkit.models.convae import ConVAE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.cloud_sample import Clouds

_AT_ONCE: Final = 1024


class CloudReconstructor(CloudGenerator):
    """What a trained autoencoder makes of given clouds, by the means of their latent vectors.

    Parameters
    ----------
    checkpoint, device
        See `CloudGenerator`.
    """

    @property
    def encodes(self) -> bool:
        """Whether the network is an autoencoder; others have nothing to reconstruct from."""
        return isinstance(self.network, ConVAE)

    def blocks(self, path: Path | str, most: int) -> Iterator[Clouds]:
        """Read clouds of a sample as the network sees them, in pieces spread evenly over its files.

        Parameters
        ----------
        path
            A file or a folder of files.
        most
            About so many clouds, if the sample has more.

        Raises
        ------
        FileFormatError
            If a file is damaged.
        ConfigurationError
            If the model is of another kind than the clouds, or of more places.
        """
        with CloudSample(path, self.meta.features, places=self.places) as sample:
            pieces = sample.blocks
            pieces = pieces[pieces[:, 1] > pieces[:, 0]]
            wanted = min(len(pieces), max(1, round(most * len(pieces) / max(len(sample), 1))))
            for number in range(wanted):
                start, stop = pieces[int((number + 0.5) / wanted * len(pieces))].tolist()
                yield sample.read(start, min(stop, start + most))

    def points_of(self, clouds: Clouds) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Encode and decode clouds.

        Parameters
        ----------
        clouds
            N clouds of P places.

        Returns
        -------
        tuple of numpy.ndarray
            Features with the scaling taken back, shape (N, P, 3), and where there is a point, (N, P).

        Raises
        ------
        ConfigurationError
            If the network is no autoencoder.
        """
        network = self.network
        if not isinstance(network, ConVAE):
            raise ConfigurationError(f"model '{self.meta.name}'", got="no autoencoder", expected="a ConVAE")
        told = self.meta.condition(clouds.label, clouds.mask.sum(axis=1))
        scaled = self.meta.scaling(clouds.points.astype(np.float64), clouds.mask).astype(np.float32)
        found = np.zeros(clouds.points.shape)
        for start in range(0, len(clouds), _AT_ONCE):
            piece = slice(start, start + _AT_ONCE)
            given = (scaled[piece], clouds.mask[piece], told[piece])
            points, here, columns = (torch.from_numpy(values).to(self.device) for values in given)
            condition = columns if told.shape[1] else None
            with torch.inference_mode():
                mean, _ = network.encode(points, here, condition)
                made = network.decode(mean, condition)
            found[piece] = made.double().cpu().numpy()
        wanted = np.ones_like(clouds.mask) if self._draws_ghosts else clouds.mask
        mask = wanted & ~self._ghosts(found)
        return self.meta.scaling.inverse(found, mask), mask


def reconstructed_jets(reconstructor: CloudReconstructor, clouds: Clouds) -> tuple[Jets, Jets]:
    """Reconstruct jets; their type is the true one, and so are pT and eta unless the features are cartesian.

    Parameters
    ----------
    reconstructor
        The autoencoder.
    clouds
        N jets, as `CloudReconstructor.blocks` gives them.

    Returns
    -------
    tuple of Jets
        The true jets with the places that the network has, and the reconstructed ones: particles by falling
        pT, those below the model's threshold left out.

    Raises
    ------
    DataError
        If the clouds are images.
    """
    jets = clouds.jets
    if jets is None:
        raise DataError("clouds", got="images", expected="jets")
    points, mask = reconstructor.points_of(clouds)
    phi = np.zeros(len(jets))
    made = jet_columns_of(
        points, mask, reconstructor.meta.features, pt_gev=jets.pt_gev, eta=jets.eta, phi=phi
    )
    mask &= made["particles"][..., 2] * made["pt_gev"][:, None] > reconstructor.meta.drop_below
    particles, mask = _by_falling(made["particles"], mask)
    places = clouds.mask.shape[1]
    common: dict[str, Any] = {
        "jet_type": jets.jet_type,
        "mass_gev": jets.mass_gev,
        "event_id": jets.event_id,
    }
    true = Jets(
        particles=jets.particles[:, :places],
        mask=jets.mask[:, :places],
        pt_gev=jets.pt_gev,
        eta=jets.eta,
        **common,
    )
    made_pt, made_eta = (made[name].astype(np.float32) for name in ("pt_gev", "eta"))
    again = Jets(particles=particles.astype(np.float32), mask=mask, pt_gev=made_pt, eta=made_eta, **common)
    return true, again


def reconstructed_images(
    reconstructor: CloudReconstructor, clouds: Clouds
) -> tuple[SparseImages, SparseImages]:
    """Reconstruct images, points by falling intensity (see `reconstructed_jets`)."""
    points, mask = reconstructor.points_of(clouds)
    points[..., 2] = np.minimum(points[..., 2], 1.0)
    mask &= points[..., 2] > reconstructor.meta.drop_below
    points, mask = _by_falling(points, mask)
    shape = reconstructor.meta.image_shape or (1, 1)
    true = SparseImages(clouds.points, clouds.mask, clouds.label, shape)
    return true, SparseImages(points.astype(np.float32), mask, clouds.label, shape)


def _by_falling(
    points: NDArray[np.float64], mask: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Order points by the falling last feature, those that are none last and 0."""
    order = np.argsort(np.where(mask, -points[..., 2], np.inf), axis=1, kind="stable")
    mask = np.take_along_axis(mask, order, axis=1)
    return np.where(mask[:, :, None], np.take_along_axis(points, order[:, :, None], axis=1), 0.0), mask
