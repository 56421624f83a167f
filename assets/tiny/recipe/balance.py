"""Load balance of the experts: the usual loss, and the one over groups of tokens.

Both are Switch Transformer's, experts · Σ (share of uses · mean probability); what differs is over which tokens the
uses are counted. The usual one counts in each micro-batch, here one row of one kind of text, and so asks every kind of
text to use all experts alike. SmallThinker's counts over a group of data-parallel ranks, here all rows of a batch, and
lets an expert belong to a kind of text.
"""

from __future__ import annotations

import torch
from torch import Tensor


def balance_loss(scores: Tensor, chosen: Tensor, rows: int, valid: Tensor) -> Tensor:
    """The loss of one layer: 1 where the load is even, up to experts ÷ used where a few experts have it all.

    Args:
        scores: the router's sigmoids [tokens, experts].
        chosen: [tokens, used].
        rows: into how many groups of equal length the tokens are cut; 1: one group.
        valid: [tokens], zero for padding.
    """
    experts = scores.shape[1]
    weights = valid.to(scores.dtype).view(rows, -1, 1)
    uses = torch.zeros_like(scores).scatter_(1, chosen, 1.0).view(rows, -1, experts)
    probability = (scores / scores.sum(1, keepdim=True)).view(rows, -1, experts)
    count = weights.sum(1).clamp_min(1.0)
    share = (uses * weights).sum(1) / count / chosen.shape[1]
    mean = (probability * weights).sum(1) / count
    return experts * (share * mean).sum(1).mean()
