"""The step of EPiC's particles: the equation it says, and its gradient against finite differences."""

from __future__ import annotations

import torch
from torch.nn.functional import leaky_relu

from showerkit.models.epic_step import LEAK, EpicStep


def _inputs(dtype: torch.dtype) -> tuple[torch.Tensor, ...]:
    random = torch.Generator().manual_seed(5)
    shapes = ((3 * 4, 5), (3, 5), (5, 5), (5, 5), (5,))
    local, told, first, second, bias = (
        torch.randn(shape, generator=random, dtype=dtype).requires_grad_() for shape in shapes
    )
    weight = (torch.arange(4) < torch.tensor([[4], [2], [0]])).to(dtype)[:, None, :]
    return local, told, weight, first, second, bias


def test_step_is_its_equation() -> None:
    local, told, weight, first, second, bias = _inputs(torch.float64)
    out, total = EpicStep.apply(local, told, weight, first, second, bias)
    inner = leaky_relu(local @ first.T + told.repeat_interleave(4, dim=0), LEAK)
    expected = leaky_relu(local + inner @ second.T + bias, LEAK)
    torch.testing.assert_close(out, expected)
    torch.testing.assert_close(total, (weight.transpose(1, 2) * expected.view(3, 4, 5)).sum(dim=1))
    assert total[2].abs().max() == 0.0


def test_gradients_are_those_of_finite_differences() -> None:
    assert torch.autograd.gradcheck(EpicStep.apply, _inputs(torch.float64))


def test_gradients_where_only_one_result_is_used() -> None:
    for which in (0, 1):

        def one(*inputs: torch.Tensor, which: int = which) -> torch.Tensor:
            return EpicStep.apply(*inputs)[which]

        assert torch.autograd.gradcheck(one, _inputs(torch.float64))


def test_what_particles_know_is_not_changed() -> None:
    inputs = _inputs(torch.float32)
    before = [each.detach().clone() for each in inputs]
    out, total = EpicStep.apply(*inputs)
    (out.sum() + total.sum()).backward()
    for each, old in zip(inputs, before, strict=True):
        assert torch.equal(each.detach(), old)
