"""SmallThinker in PyTorch, for training: the architecture of the paper (arXiv 2507.20984) at any size.

- The router reads a layer's input before attention and before any norm; sigmoid, the best `used`, shares that add to 1.
- Experts are ReLU-gated: down(relu(gate · x) * up · x).
- Every fourth layer, from the first on, has full attention and no positions; the others rotary ones and a window.
- Heads share keys and values in groups, norms are RMS norms, the embeddings are the output matrix.

Matrices are multiplied in bfloat16 where the machine is faster that way, the residual stream and routers stay float32.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from assets.tiny.recipe.balance import balance_loss
from assets.tiny.recipe.experts import Experts
from assets.tiny.recipe.shape import Shape


class SmallThinker(nn.Module):
    """The whole model.

    Args:
        shape: sizes.
        products: type in which matrices are multiplied.
        dropout: share of what attention and experts say that is left out in training.
    """

    def __init__(self, shape: Shape, products: torch.dtype = torch.float32, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.products = products
        self.embeddings = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.05)
        self.layers = nn.ModuleList(Layer(shape, number, products, dropout) for number in range(shape.layers))
        self.norm = nn.Parameter(torch.ones(shape.width))

    def forward(
        self, tokens: Tensor, documents: Tensor, wanted: Tensor, balance_rows: int, unseen: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Logits of the tokens asked for, and the balance loss.

        Args:
            tokens: [rows, length].
            documents: [rows, length]; tokens see those of their own document only; -1 for padding.
            wanted: positions in the flattened tokens.
            balance_rows: see `balance_loss`.
            unseen: [rows, length]; tokens whose embedding is zero.

        Returns:
            [wanted, vocabulary], and the mean balance loss of the layers.
        """
        x, balance = self.hidden(tokens, documents, balance_rows, unseen)
        x = f.rms_norm(x.index_select(0, wanted), (self.shape.width,), self.norm, self.shape.epsilon)
        return (x.to(self.products) @ self.embeddings.to(self.products).t()).float(), balance

    def hidden(
        self, tokens: Tensor, documents: Tensor, balance_rows: int, unseen: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """What the last layer gives, [tokens, width], and the balance loss."""
        rows, length = tokens.shape
        masks = _masks(documents, self.shape.window, self.products)
        turns = _rotations(length, self.shape, self.products)
        valid = documents.reshape(-1) >= 0
        x = f.embedding(tokens.reshape(-1), self.embeddings)
        if unseen is not None:
            x = x * (~unseen).reshape(-1, 1)
        balance = x.new_zeros(())
        for number, layer in enumerate(self.layers):
            everything = self.shape.sees_everything(number)
            chosen, shares, scores = layer.route(x)
            balance = balance + balance_loss(scores, chosen, balance_rows, valid)
            x = layer(x, rows, masks[0] if everything else masks[1], None if everything else turns, chosen, shares)
        return x, balance / self.shape.layers


class Layer(nn.Module):
    """Attention and experts."""

    def __init__(self, shape: Shape, number: int, products: torch.dtype, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.products = products
        self.dropout = dropout
        width, inner = shape.width, shape.heads * shape.head_size
        narrow = shape.kv_heads * shape.head_size
        out = 0.5 * (2 * shape.layers) ** -0.5  # of matrices that write to the residual stream
        self.attention_norm = nn.Parameter(torch.ones(width))
        self.query_key_value = nn.Parameter(torch.randn(inner + 2 * narrow, width) * width**-0.5)
        self.attention_output = nn.Parameter(torch.randn(width, inner) * out * inner**-0.5)
        self.expert_norm = nn.Parameter(torch.ones(width))
        # what routers read is no norm's output: it is small in the first layer
        self.router = nn.Parameter(torch.randn(shape.experts, width) * (0.3 if number == 0 else 0.05))
        self.gate_up = nn.Parameter(torch.randn(shape.experts, 2 * shape.hidden, width) * width**-0.5)
        self.down = nn.Parameter(torch.randn(shape.experts, width, shape.hidden) * out * shape.hidden**-0.5)

    def route(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The experts of each token and their shares, [tokens, used], and all sigmoids, [tokens, experts]."""
        scores = torch.sigmoid(x @ self.router.t())
        best, chosen = scores.topk(self.shape.used, dim=1)
        return chosen, best / best.sum(1, keepdim=True), scores

    def forward(
        self,
        x: Tensor,
        rows: int,
        mask: Tensor,
        turns: tuple[Tensor, Tensor] | None,
        chosen: Tensor,
        shares: Tensor,
    ) -> Tensor:
        """[tokens, width] to the same."""
        normed = f.rms_norm(x, (self.shape.width,), self.attention_norm, self.shape.epsilon).to(self.products)
        x = x + f.dropout(self._attention(normed, rows, mask, turns), self.dropout, self.training)
        normed = f.rms_norm(x, (self.shape.width,), self.expert_norm, self.shape.epsilon).to(self.products)
        gate_up, down = self.gate_up.to(self.products), self.down.to(self.products)
        said: Tensor = Experts.apply(normed, gate_up, down, chosen, shares.to(self.products))
        return x + f.dropout(said, self.dropout, self.training)

    def _attention(self, x: Tensor, rows: int, mask: Tensor, turns: tuple[Tensor, Tensor] | None) -> Tensor:
        of = self.shape
        tokens = len(x)
        all_heads = (x @ self.query_key_value.to(self.products).t()).view(rows, tokens // rows, -1, of.head_size)
        query, key, value = all_heads.transpose(1, 2).split([of.heads, of.kv_heads, of.kv_heads], dim=1)
        if turns is not None:
            query, key = _rotate(query, *turns), _rotate(key, *turns)
        # written out: on a CPU its backward takes half the time of the fused one's
        shared = rows * of.kv_heads  # heads that share keys lie one behind the other
        query = (query * of.head_size**-0.5).reshape(shared, -1, of.head_size)
        key, value = (each.reshape(shared, -1, of.head_size) for each in (key, value))
        scores = torch.bmm(query, key.transpose(1, 2)).view(rows, of.heads, -1, tokens // rows)
        seen = torch.softmax(scores.add_(mask), dim=-1).view(shared, -1, tokens // rows)
        mixed = torch.bmm(seen, value).view(rows, of.heads, -1, of.head_size)
        mixed = mixed.transpose(1, 2).reshape(tokens, -1)
        return mixed @ self.attention_output.to(self.products).t()


def _masks(documents: Tensor, window: int, kind: torch.dtype) -> tuple[Tensor, Tensor]:
    """What is added to attention's scores, [rows, 1, length, length]: of full layers, and of window layers."""
    place = torch.arange(documents.shape[1])
    distance = place[:, None] - place[None, :]
    same = documents[:, :, None] == documents[:, None, :]
    near = (distance >= 0) & (distance < window)

    def added(visible: Tensor) -> Tensor:
        return torch.zeros(visible.shape, dtype=kind).masked_fill_(~visible, -torch.inf).unsqueeze(1)

    return added(same & (distance >= 0)), added(same & near)


def _rotations(length: int, shape: Shape, kind: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosines and sines, [length, head size]. Only differences of positions count, so rows of several documents may
    count through."""
    half = shape.head_size // 2
    speeds = shape.rope_base ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.outer(torch.arange(length, dtype=torch.float64), speeds).repeat(1, 2)
    return angles.cos().to(kind), angles.sin().to(kind)


def _rotate(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """The two halves of a head make the pairs."""
    first, second = x.chunk(2, dim=-1)
    return x * cosines + torch.cat([-second, first], dim=-1) * sines
