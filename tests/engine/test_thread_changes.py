"""The number of threads may change in the middle of an answer: it changes no bit."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.decoding import Decoder, Logits
from tests.helpers.moe_models import Architecture, write_moe
from thimble.engine.experts import ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine cuts attention by threads")

PROMPT = [int(token) for token in np.random.default_rng(3).integers(0, 256, 600)]
CONTEXT = 1024
GREEDY = 60


def logits(path: Path, made_with: int, then: list[int] | None) -> Logits:
    """A prompt longer than what attention is cut for (512 tokens), and an answer.

    Args:
        path: the model.
        made_with: threads of the context.
        then: threads of its steps, in turns; None: no change.
    """
    with Decoder(path, threads=made_with, ubatch=100, context=CONTEXT) as decoder:
        threads = cycle(then or [made_with])
        out = []
        for at in range(0, len(PROMPT), 100):
            decoder.use_threads(next(threads))
            out.append(decoder.decode(PROMPT[at : at + 100]))
        for _ in range(GREEDY):
            decoder.use_threads(next(threads))
            out.append(decoder.decode([int(out[-1].argmax())]))
        return np.array(out)


@pytest.mark.parametrize("architecture", [Architecture.SMALLTHINKER, Architecture.GPT_OSS, Architecture.DEEPSEEK2])
@pytest.mark.parametrize("made_with", [2, 3])
def test_threads_that_change_between_tokens_change_no_bit(
    architecture: Architecture, made_with: int, tmp_path: Path
) -> None:
    path = write_moe(tmp_path / "moe.gguf", architecture)
    steady = logits(path, made_with, None)
    assert np.array_equal(logits(path, made_with, [1, 2, 1, 3, 4]), steady)
