"""Rows that share keys and values give, computed together, the bits that upstream's kernel gives them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers.attention_node import Attention
from thimble.engine.experts import ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine has no such kernel")


def attention(
    heads: int = 14,
    key_heads: int = 2,
    width: int = 128,
    tokens: int = 1,
    positions: int = 700,
    value_width: int | None = None,
    key_type: Type = Type.F16,
    value_type: Type = Type.F16,
    sinks: bool = False,
    max_bias: float = 0.0,
    softcap: float = 0.0,
) -> Attention:
    random = np.random.default_rng(7)

    def numbers(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return random.standard_normal(shape).astype(np.float32)

    seen = -np.arange(positions)[::-1] if max_bias else 0  # ALiBi has the distances in its mask
    mask = np.where(random.random((tokens, positions)) < 0.2, -np.inf, seen).astype(np.float16)
    mask[:, 192:256] = -np.inf  # whole blocks and tiles
    return Attention(
        2 * numbers(heads, tokens, width),
        numbers(key_heads, positions, width),
        numbers(key_heads, positions, value_width or width),
        mask,
        3 * numbers(heads) if sinks else None,
        key_type,
        value_type,
        max_bias,
        softcap,
    )


SHAPES = {
    "seven heads to one": attention(),
    "two heads to one": attention(heads=4),
    "more heads to one than go together": attention(heads=20, key_heads=1),
    "keys wider than values": attention(heads=16, key_heads=1, width=192, value_width=128),
    "keys as wide as DeepSeek's": attention(heads=5, key_heads=1, width=576, value_width=512),
    "a width that no kernel of ours takes": attention(width=80),
    "a batch below a tile": attention(heads=4, tokens=5, positions=200),
    "sinks": attention(sinks=True),
    "ALiBi": attention(max_bias=8.0),
    "a soft cap": attention(softcap=30.0),
    "F32": attention(key_type=Type.F32, value_type=Type.F32),
    "BF16": attention(key_type=Type.BF16, value_type=Type.BF16),
    "Q8_0": attention(key_type=Type.Q8_0, value_type=Type.Q8_0),
    "Q8_0 in a batch": attention(key_type=Type.Q8_0, value_type=Type.Q8_0, heads=4, tokens=33, positions=150),
    "F16 keys, Q4_0 values": attention(value_type=Type.Q4_0),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bits_are_those_of_upstreams_reference(shape: str) -> None:
    what = SHAPES[shape]
    assert np.array_equal(what.compute(threads=1, parts=1), what.compute(upstreams=True))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("parts", [2, 3])
def test_in_parts_the_bits_are_those_of_one_head_alone(threads: int, parts: int) -> None:
    what = attention(sinks=True)
    together = what.compute(threads, parts)
    alone = [what.head(head).compute(1, parts)[:, 0] for head in range(len(what.q))]
    assert np.array_equal(together, np.stack(alone, axis=1))


@pytest.mark.parametrize("tokens", [1, 20, 64, 150], ids=["one", "a batch", "a tile", "tiles and some"])
def test_the_numbers_are_attentions(tokens: int) -> None:
    what = attention(heads=6, tokens=tokens, positions=333)
    keys, values = (np.repeat(part.astype(np.float16).astype(np.float64), 3, axis=0) for part in (what.k, what.v))
    assert what.mask is not None
    scores = np.einsum("htd,hpd->htp", what.q, keys) * 128**-0.5 + what.mask
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
    expected = np.einsum("htp,hpd->thd", weights / weights.sum(axis=-1, keepdims=True), values)
    np.testing.assert_allclose(what.compute(2, 2), expected, atol=2e-2)  # one row is added up in 16 bits


def test_a_row_that_sees_nothing_is_zero() -> None:
    what = attention(positions=64)
    assert what.mask is not None
    what.mask[:] = -np.inf
    assert not what.compute().any()
