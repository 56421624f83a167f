r"""Formulas in Markdown: `\(…\)` and `$…$` within a line, `\[…\]` and `$$…$$` on their own.

A dollar is a sign of money more often than not: `$…$` is a formula only when nothing speaks for an amount.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

INLINE: Final = "math_inline"
DISPLAY: Final = "math_display"
BLOCK: Final = "math_block"
_PAIRS: Final = (("\\[", "\\]", DISPLAY), ("$$", "$$", DISPLAY), ("\\(", "\\)", INLINE), ("$", "$", INLINE))
_LONGEST: Final = 4000
_MOST_LINES: Final = 80
_AFTER_BLOCK: Final = " \t.,;:"


def add_math(parser: MarkdownIt) -> None:
    """Teaches a parser the four forms."""
    parser.inline.ruler.before("escape", "math", _inline)
    parser.block.ruler.before("fence", BLOCK, _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _inline(state: StateInline, silent: bool) -> bool:
    source, start = state.src, state.pos
    if source[start] not in "\\$":
        return False
    for opening, closing, kind in _PAIRS:
        if not source.startswith(opening, start):
            continue
        begin = start + len(opening)
        end = source.find(closing, begin, begin + _LONGEST)
        content = source[begin:end] if end >= 0 else ""
        if not content.strip() or (opening == "$" and not _is_formula(source, start, end)):
            return False
        if not silent:
            token = state.push(kind, "math", 0)
            token.content = content.strip()
            token.markup = opening
        state.pos = end + len(closing)
        return True
    return False


def _is_formula(source: str, start: int, end: int) -> bool:
    """Whether the dollars at these two places stand around a formula."""
    content = source[start + 1 : end]
    before, after = source[start - 1 : start], source[end + 1 : end + 2]
    if content[0].isspace() or content[-1].isspace() or content[-1] == "\\" or "\n" in content or "`" in content:
        return False
    return not (before.isalnum() or before == "$" or after.isalnum() or after == "$")


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.is_code_block(first):
        return False
    opening = _line(state, first)[:2]
    if opening not in {"\\[", "$$"}:
        return False
    closing = "\\]" if opening == "\\[" else "$$"
    parts: list[str] = []
    for number in range(first, min(last, first + _MOST_LINES)):
        text = _line(state, number)
        if number > first and state.sCount[number] < state.blkIndent:
            return False
        text = text[2:] if number == first else text
        end = text.find(closing)
        if end < 0:
            parts.append(text)
            continue
        rest = text[end + 2 :]
        content = "\n".join([*parts, text[:end]]).strip()
        if rest.strip(_AFTER_BLOCK) or not content:
            return False
        if not silent:
            state.line = number + 1
            token = state.push(BLOCK, "math", 0)
            token.content = content
            token.block = True
            token.markup = opening
            token.map = [first, state.line]
        return True
    return False


def open_formula(lines: Sequence[str]) -> int | None:
    """The line in which a formula on its own has begun whose end has not come yet; None when there is none.

    Args:
        lines: the beginning of a text that grows.
    """
    number = 0
    while number < len(lines):
        text = lines[number].lstrip(" \t>")
        closing = {"\\[": "\\]", "$$": "$$"}.get(text[:2])
        if closing is not None and closing not in text[2:]:
            last = min(len(lines), number + _MOST_LINES)
            end = next((n for n in range(number + 1, last) if closing in lines[n]), None)
            if (end is None and last == len(lines)) or end == len(lines) - 1:  # words behind its end undo it
                return number
            number = end if end is not None else number
        number += 1
    return None


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
