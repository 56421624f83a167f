"""What a run leaves behind, so that it can be killed at any moment and go on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import torch

from assets.tiny.recipe.model import SmallThinker
from assets.tiny.recipe.shape import Shape

CHECKPOINT: Final = "checkpoint.pt"
VOCABULARY: Final = "tokenizer.json"


def save(path: Path, model: SmallThinker, optimizer: torch.optim.Optimizer, step: int, seconds: float) -> None:
    """Writes beside the last one first, so that there is always a whole one.

    Args:
        path: where.
        model, optimizer: of the run.
        step: steps done.
        seconds: of training so far.
    """
    state = {
        "shape": asdict(model.shape),
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "step": step,
        "seconds": seconds,
    }
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote."""
    read: dict[str, Any] = torch.load(path, weights_only=True)
    return read


def model(path: Path, products: torch.dtype = torch.float32) -> SmallThinker:
    """The model of a checkpoint."""
    read = load(path)
    made = SmallThinker(Shape(**read["shape"]), products)
    made.load_state_dict(read["model"])
    return made
