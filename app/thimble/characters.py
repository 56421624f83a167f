"""Text that can be stored and sent: Python's texts may hold halves of surrogate pairs, UTF-8 cannot."""

from __future__ import annotations


def whole(text: str) -> str:
    """Halves that stand together become their character, others U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def ends_in_half(text: str) -> bool:
    """Whether the other half of the last character may still come."""
    return "\ud800" <= text[-1:] <= "\udbff"
