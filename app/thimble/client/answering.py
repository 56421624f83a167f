"""The settings of answers as a request takes them: the same for the window and the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thimble.settings import Settings


def answer_options(settings: Settings, model: str, own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What `ChatRequest` takes besides the messages and the context policy.

    Args:
        settings: global and per model.
        model: what the settings call the model that will answer.
        own: the conversation's own values, by setting key.
    """

    def value(key: str) -> Any:
        return settings.value(f"answers.{key}", model=model, conversation=own)

    form = str(value("form"))
    return {
        "temperature": float(value("temperature")),
        "repeat_penalty": float(value("repeat_penalty")),
        "max_tokens": int(value("max_tokens")),
        "seed": int(value("seed")) or None,
        "top_k": int(value("top_k")),
        "top_p": float(value("top_p")),
        "min_p": float(value("min_p")),
        "presence_penalty": float(value("presence_penalty")),
        "frequency_penalty": float(value("frequency_penalty")),
        "json_answer": form == "json",
        "grammar": str(value("grammar")).strip() if form == "grammar" else "",
        "thinking": {"on": True, "off": False}.get(str(value("thinking"))),
        "reasoning_budget": int(value("reasoning_budget")) or None,
    }
