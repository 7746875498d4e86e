"""The step of an EPiC layer's particles, with a gradient of its own that seldom goes over memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.autograd.function import once_differentiable
from torch.nn.functional import leaky_relu

if TYPE_CHECKING:
    from torch import Tensor

#: Slope of the activation below 0.
LEAK = 0.01


class EpicStep(torch.autograd.Function):
    r"""Update particles from what their cloud tells them, and sum the new features over true particles.

    .. math:: y_i = \phi(x_i + V_2\,\phi(V_1 x_i + u) + b), \quad \Sigma = \sum_i w_i y_i

    with leaky ReLU phi and u the same for all particles of a cloud. These sums over particles are as dear as
    the matrix products if each addition, activation and pooling is a pass of its own; here what follows a
    product is done in place, and one product adds what would be added after it.

    Examples
    --------
    >>> x, u, weight = torch.ones(2 * 3, 4), torch.zeros(2, 4), torch.ones(2, 1, 3)
    >>> y, total = EpicStep.apply(x, u, weight, torch.eye(4), torch.eye(4), torch.zeros(4))
    >>> y[0].tolist(), total[0].tolist()
    ([2.0, 2.0, 2.0, 2.0], [6.0, 6.0, 6.0, 6.0])
    """

    @staticmethod
    def forward(
        ctx: Any, local: Tensor, told: Tensor, weight: Tensor, first: Tensor, second: Tensor, bias: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Update and sum.

        Parameters
        ----------
        ctx
            Keeps what the gradient needs.
        local
            Features x of all particles of all clouds, shape (B P, h).
        told
            What each cloud tells, u, shape (B, h).
        weight
            1 for true particles and 0 elsewhere, shape (B, 1, P).
        first, second, bias
            V_1 and V_2, shape (h, h), and b, shape (h,).

        Returns
        -------
        tuple of torch.Tensor
            y, shape (B P, h), and the sums, shape (B, h).
        """
        clouds, hidden = told.shape
        inner = torch.mm(local, first.t())
        inner.view(clouds, -1, hidden).add_(told[:, None, :])
        leaky_relu(inner, LEAK, inplace=True)
        out = torch.addmm(local, inner, second.t()).add_(bias)
        leaky_relu(out, LEAK, inplace=True)
        total = torch.bmm(weight, out.view(clouds, -1, hidden)).squeeze(1)
        ctx.save_for_backward(local, weight, inner, out, first, second)
        ctx.set_materialize_grads(False)
        return out, total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, of_out: Tensor | None, of_total: Tensor | None) -> tuple[Tensor | None, ...]:
        """Give the gradients of particles, of what they are told and of the matrices."""
        local, weight, inner, out, first, second = ctx.saved_tensors
        clouds, hidden = len(weight), out.shape[1]
        if of_total is None:
            if of_out is None:
                return (None,) * 6
            gradient = of_out
        else:
            share = weight.transpose(1, 2) * of_total[:, None, :]
            gradient = share.view(-1, hidden)
            if of_out is not None:
                gradient.add_(of_out)
        gradient = torch.ops.aten.leaky_relu_backward(gradient, out, LEAK, True)
        of_inner = torch.mm(gradient, second)
        torch.ops.aten.leaky_relu_backward.grad_input(of_inner, inner, LEAK, True, grad_input=of_inner)
        return (
            torch.addmm(gradient, of_inner, first),
            of_inner.view(clouds, -1, hidden).sum(dim=1),
            None,
            torch.mm(of_inner.t(), local),
            torch.mm(gradient.t(), inner),
            gradient.sum(dim=0),
        )
