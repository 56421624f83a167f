"""The experts of one layer as one differentiable operation: tokens sorted by expert, one product each.

Every expert's rows are filled up to a multiple of a block, so that the same few shapes come again and again: oneDNN
compiles its products for each new shape, which takes longer than the product.

Written out forward and backward, because PyTorch's gather has a scatter as its backward, which on a CPU adds row after
row. Here every token has the same number of experts, so both directions are gathers.
"""

from __future__ import annotations

from typing import Any, Final

import torch
from torch import Tensor

_BLOCK: Final = 128


class Experts(torch.autograd.Function):
    """down(relu(gate · x) * up · x), weighted and summed over a token's experts."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gate_up: Tensor, down: Tensor, chosen: Tensor, shares: Tensor) -> Tensor:
        """`x` [tokens, width], `gate_up` [experts, 2 · hidden, width], `down` [experts, width, hidden], `chosen` and
        `shares` [tokens, used]; [tokens, width]."""
        tokens, used = chosen.shape
        flat = chosen.reshape(-1)
        counts = torch.bincount(flat, minlength=len(down))
        filled = (counts + _BLOCK - 1) // _BLOCK * _BLOCK
        ends = filled.cumsum(0)
        order = torch.argsort(flat, stable=True)
        behind = ends - filled - (counts.cumsum(0) - counts)  # how far an expert's rows move to make room
        place = torch.empty_like(order)
        place[order] = torch.arange(len(order)) + behind.repeat_interleave(counts)
        total = int(ends[-1])
        source = torch.zeros(total, dtype=order.dtype)
        source[place] = torch.arange(len(order)) // used
        weights = shares.new_zeros(total)  # zero for what only fills up
        weights[place] = shares.reshape(-1)
        rows = x.index_select(0, source)
        both = rows.new_empty(len(rows), gate_up.shape[1])
        for expert, (first, last) in enumerate(_slices(ends.tolist())):
            torch.mm(rows[first:last], gate_up[expert].t(), out=both[first:last])
        gate, up = both.chunk(2, dim=1)
        inner = torch.relu(gate) * up
        said = torch.empty_like(rows)
        for expert, (first, last) in enumerate(_slices(ends.tolist())):
            torch.mm(inner[first:last], down[expert].t(), out=said[first:last])
        by_token = said.index_select(0, place).view(tokens, used, -1)
        ctx.save_for_backward(rows, both, inner, by_token, gate_up, down, shares, weights, source, place)
        ctx.ends = ends.tolist()
        return torch.bmm(shares.unsqueeze(1), by_token).squeeze(1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """Of everything but `chosen`."""
        (grad,) = gradients
        rows, both, inner, by_token, gate_up, down, shares, weights, source, place = ctx.saved_tensors
        tokens, used = shares.shape
        grad_shares = torch.bmm(by_token, grad.unsqueeze(2)).squeeze(2)
        grad_said = grad.index_select(0, source) * weights.unsqueeze(1)
        grad_inner = torch.empty_like(inner)
        grad_down = torch.zeros_like(down)
        for expert, (first, last) in enumerate(_slices(ctx.ends)):
            if first < last:
                torch.mm(grad_said[first:last], down[expert], out=grad_inner[first:last])
                torch.mm(grad_said[first:last].t(), inner[first:last], out=grad_down[expert])
        gate, up = both.chunk(2, dim=1)
        on = torch.relu(gate)
        grad_both = torch.cat([grad_inner * up * (gate > 0), grad_inner * on], dim=1)
        grad_rows = torch.empty_like(rows)
        grad_gate_up = torch.zeros_like(gate_up)
        for expert, (first, last) in enumerate(_slices(ctx.ends)):
            if first < last:
                torch.mm(grad_both[first:last], gate_up[expert], out=grad_rows[first:last])
                torch.mm(grad_both[first:last].t(), rows[first:last], out=grad_gate_up[expert])
        grad_x = torch.bmm(
            grad.new_ones(tokens, 1, used), grad_rows.index_select(0, place).view(tokens, used, -1)
        ).squeeze(1)
        return grad_x, grad_gate_up, grad_down, None, grad_shares


def _slices(ends: list[int]) -> list[tuple[int, int]]:
    """First row and the one behind the last, of each expert."""
    return list(zip([0, *ends[:-1]], ends, strict=True))
