"""Checks a finished guide against what trained it, and writes the logits that the tests compare with.

    python -m assets.tiny.recipe.verify RUN-FOLDER GUIDE.gguf --data FOLDER [--reference OUT.npz]

- The engine's tokens of every text of the data are the tokenizer's.
- The F32 export has PyTorch's logits, computed by the engine.
- How far the shipped file is from them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from assets.tiny.recipe import checkpoint, export
from assets.tiny.recipe.conversations import Message, read, texts
from assets.tiny.recipe.guide import Guide
from assets.tiny.recipe.model import SmallThinker
from assets.tiny.recipe.vocabulary import Vocabulary
from tests.helpers import forced
from tests.helpers.closeness import divergence, relative_error

PROMPTS: Final = (
    "What is an expert?",
    "How do I change the memory limit?",
    (  # longer than the window
        "Tell me a story about a fox and a lighthouse. It should be short, it should have a good end, and there should "
        "be a boat in it, a storm, an old keeper who cannot sleep, a lamp that goes out, and somebody who brings the "
        "oil. The fox should be brave, the keeper should be kind, and nobody should get lost in the storm or be sad at "
        "the end of it. After that tell me how the memory limit is changed, and what an expert is."
    ),
)
_KEPT: Final = 8  # positions of each prompt, from its end
Floats = npt.NDArray[np.float32]


def logits(model: SmallThinker, tokens: Sequence[int]) -> Floats:
    """PyTorch's, after every token."""
    rows = torch.tensor([list(tokens)])
    with torch.no_grad():
        found, _ = model(rows, torch.zeros_like(rows), torch.arange(len(tokens)), 1)
    result: Floats = found.numpy()
    return result


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.verify", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("guide", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--reference", type=Path, default=None)
    given = parser.parse_args()
    model = checkpoint.model(given.folder / checkpoint.CHECKPOINT)
    vocabulary = Vocabulary.load(given.folder / checkpoint.VOCABULARY)
    with Guide(given.guide) as guide:
        said = sorted(set(texts(read(given.data))))
        other = [text for text in said if guide.tokens(text) != vocabulary.encode(text)]
    sys.stdout.write(f"texts whose tokens differ: {len(other)} of {len(said)} {other[:3]}\n")
    kept: dict[str, npt.NDArray[np.generic]] = {}
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "f32.gguf"
        export.write(exact, model, vocabulary, "F32")
        for number, prompt in enumerate(PROMPTS):
            tokens = vocabulary.prompt([Message("user", prompt)])
            expected = logits(model, tokens)
            f32 = forced.in_memory(exact, tokens, forced.Run())
            shipped = forced.in_memory(given.guide, tokens, forced.Run())
            sys.stdout.write(
                f"{len(tokens)} tokens: F32 {relative_error(f32, expected):.1e}, shipped file "
                f"{relative_error(shipped, expected):.3f} of the logits' spread at the worst token, "
                f"{divergence(shipped, expected):.1e} nats; the same likeliest token at "
                f"{np.mean(shipped.argmax(-1) == expected.argmax(-1)):.1%}\n"
            )
            kept[f"tokens_{number}"] = np.array(tokens, np.int32)
            kept[f"logits_{number}"] = expected[-_KEPT:].astype(np.float16)
    if given.reference:
        np.savez_compressed(given.reference, **kept)  # type: ignore[arg-type]
    sys.exit(1 if other else 0)


if __name__ == "__main__":
    main()
