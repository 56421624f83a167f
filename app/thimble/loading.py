"""The settings of a load as the engine takes them: the same for the window, the terminal and other programs."""

from __future__ import annotations

from pathlib import Path

from thimble.protocol import NO_PROJECTOR, LoadOptions
from thimble.settings import Settings


def load_options(settings: Settings, path: str | Path) -> LoadOptions:
    """How to load the model in this file.

    Args:
        settings: global and per model.
        path: its file; of a split model any part.
    """
    model = settings.model_key(path)
    return LoadOptions(
        context=settings.integer("engine.context", model=model),
        threads=settings.integer("engine.threads", model=model),
        memory_limit=settings.integer("engine.memory_limit", model=model),
        expert_cache=settings.integer("engine.expert_cache", model=model),
        cache_k=settings.text("engine.cache_k", model=model),
        cache_v=settings.text("engine.cache_v", model=model),
        approximate_head=settings.switch("engine.approximate_head", model=model),
        projector=settings.text("engine.projector", model=model)
        if settings.switch("engine.pictures", model=model)
        else NO_PROJECTOR,
        chat_template=settings.text("model.chat_template", model=model),
    )
