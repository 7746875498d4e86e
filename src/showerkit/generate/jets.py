"""Jets from a trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from showerkit.data.cloud_features import jet_columns_of
from showerkit.data.jet_records import Jets
from showerkit.generate.clouds import CloudGenerator
from showerkit.generate.event_random import event_uniforms
from showerkit.losses.jet_kinematics import jet_pt_and_mass

if TYPE_CHECKING:
    from showerkit.generate.cloud_request import CloudRequest


class JetGenerator(CloudGenerator):
    """Jets from a trained network.

    Parameters
    ----------
    checkpoint, device
        See `CloudGenerator`.
    """

    def generate(
        self,
        request: CloudRequest,
        seed: int,
        *,
        first: int = 0,
        allow_out_of_range: bool = False,
    ) -> Jets:
        """Make one jet for each that is wanted.

        Particles are ordered by falling pT, and the mass is that of their sum. A particle of at most
        `drop_below` GeV is left out, so that a jet can have fewer than were asked for. The azimuth of the
        jets is drawn evenly; with cartesian features pT, eta and azimuth are those of the particles' sum.

        Parameters
        ----------
        request
            The jets that are wanted, N of them.
        seed
            Seed of what is drawn.
        first
            Row of the first of them: a jet depends on seed, row and what is wanted, not on the others.
        allow_out_of_range
            Warn instead of refusing jets unlike those of the training.

        Returns
        -------
        Jets
            N jets.

        Raises
        ------
        OutOfRangeError
            If a jet is unlike those of the training.
        """
        rows = np.arange(first, first + len(request), dtype=np.int64)
        points, mask = self.points(request, rows, seed, allow_out_of_range=allow_out_of_range)
        phi = 2.0 * np.pi * event_uniforms(seed, "azimuth", rows, 1)[:, 0]
        made = jet_columns_of(
            points, mask, self.meta.features, pt_gev=request.pt_gev, eta=request.eta, phi=phi
        )
        particles, momenta, pt_gev = made["particles"], made["momenta_gev"], made["pt_gev"]
        particle_pt = particles[..., 2] * pt_gev[:, None]
        mask &= particle_pt > self.meta.drop_below
        order = np.argsort(np.where(mask, -particle_pt, np.inf), axis=1, kind="stable")
        mask = np.take_along_axis(mask, order, axis=1)
        particles, momenta = (
            np.where(mask[:, :, None], np.take_along_axis(values, order[:, :, None], axis=1), 0.0)
            for values in (particles, momenta)
        )
        _, mass = jet_pt_and_mass(torch.from_numpy(particles), torch.from_numpy(mask), "relative")
        return Jets(
            np.asarray(particles, dtype=np.float32),
            mask,
            request.label.astype(np.int32),
            pt_gev.astype(np.float32),
            made["eta"].astype(np.float32),
            (mass.numpy() * pt_gev).astype(np.float32),
            request.event_id,
            np.asarray(momenta, dtype=np.float32),
        )
