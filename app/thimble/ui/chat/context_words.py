"""What an answer says about a context that was too short."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from thimble.protocol import StopReason, Timings
from thimble.ui import figures

translate = QCoreApplication.translate


def context_words(timings: Timings | None) -> str:
    """One or two sentences, with tokens counted; "" when the context was long enough."""
    if timings is None or not timings.context:
        return ""
    sentences = []
    context = figures.count(timings.context)
    if timings.dropped_messages:
        words = (
            translate("Message", "The oldest message ({1} tokens) was left out and the rest was read again.")
            if timings.dropped_messages == 1
            else translate("Message", "The {0} oldest messages ({1} tokens) were left out and the rest was read again.")
        )
        room = translate("Message", "The context of {0} tokens has no room for all of this chat.").format(context)
        left_out = words.format(figures.count(timings.dropped_messages), figures.count(timings.dropped_tokens))
        sentences.append(f"{room} {left_out}")
    if timings.stop_reason == StopReason.CONTEXT_FULL:
        sentences.append(
            translate(
                "Message",
                "The answer ends here because the context is full: {0} tokens of the chat and {1} of the answer.",
            ).format(figures.count(timings.prompt_tokens), figures.count(timings.generated_tokens))
        )
    return " ".join(sentences)
