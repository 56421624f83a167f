"""How models mark what they think before they answer, by the chat templates of known models."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

TAGS: Final = MappingProxyType(
    {
        "<think>": "</think>",  # DeepSeek R1, Qwen 3, GLM, SmolLM 3; harmony's analysis comes so, too
        "<thinking>": "</thinking>",  # Reflection, Llama-3 fine-tunes
        "<thought>": "</thought>",  # EXAONE Deep
        "<seed:think>": "</seed:think>",  # Seed-OSS
        "[THINK]": "[/THINK]",  # Magistral
        "<|START_THINKING|>": "<|END_THINKING|>",  # Command A Reasoning
    }
)
"""Opening tag → closing tag. They count only at the beginning of an answer: later they are what it talks about."""


def opening_of(text: str) -> str:
    """The tag with which a text begins; "" for none."""
    return next((tag for tag in TAGS if text.startswith(tag)), "")


def may_open(text: str) -> bool:
    """Whether a text may become the beginning of a tag with what still comes."""
    return any(tag.startswith(text) for tag in TAGS)


def split_thoughts(text: str) -> tuple[str, str]:
    """What a model thought, and what it says; a thought that does not end is all there is."""
    begin = text.lstrip()
    opening = opening_of(begin)
    if not opening:
        return "", text
    thought, _, said = begin[len(opening) :].partition(TAGS[opening])
    return thought.strip(), said.lstrip("\n")
