"""What an answer consists of when its Markdown has been read: paragraphs, code, tables, rules, formulas.

No Qt here: the same text gives the same blocks in a test and in the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final, Literal

LINE_BREAK: Final = "\u2028"
"""A line break inside a paragraph."""
FORMULA: Final = "\ufffc"
"""Stands for a formula in a text; its source is in the span over it."""


class Style(IntFlag):
    """How a run of text looks."""

    PLAIN = 0
    STRONG = 1
    EMPHASIS = 2
    CODE = 4
    STRUCK = 8
    IMAGE = 16
    MATH = 32


@dataclass(frozen=True, slots=True)
class Span:
    """A styled run of a `Rich` text.

    Attributes:
        start, end: characters of the text, end excluded.
        style: how it looks.
        href: where it leads, http or https; "" for no link.
        tex: of a formula, its source; its one letter in the text is `FORMULA`.
    """

    start: int
    end: int
    style: Style
    href: str = ""
    tex: str = ""


@dataclass(frozen=True, slots=True)
class Rich:
    """Text with styles; line breaks are `LINE_BREAK`, formulas are `FORMULA`."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def copied(self, start: int, end: int) -> str:
        """A part of it as it is copied: formulas as TeX."""
        made, at = [], start
        for span in self.spans:
            if span.tex and start <= span.start < end:
                made += [self.text[at : span.start], f"${span.tex}$"]
                at = span.end
        return "".join([*made, self.text[at:end]]).replace(LINE_BREAK, "\n")


@dataclass(frozen=True, slots=True)
class Container:
    """A quote, or an item of a list, around a block.

    Attributes:
        kind: which of the two.
        number: tells neighbouring quotes and lists apart.
        tight: a list whose items stand close together.
    """

    kind: Literal["quote", "item"]
    number: int
    tight: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """What stands before an item of a list: a number with its delimiter, or a bullet.

    Attributes:
        text: "3." or ""; empty for a bullet.
        depth: of the bullets, from 0: they look different.
        first: of its list.
        done: for an item of a list of tasks ("[x] …"), whether it is done.
    """

    text: str = ""
    depth: int = 0
    first: bool = False
    done: bool | None = None


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph or heading.

    Attributes:
        rich: its words.
        level: 1…6 for a heading, 0 for a paragraph.
        path: the quotes and list items around it, outermost first.
        marker: what stands before it, when it is the first of an item.
    """

    rich: Rich
    level: int = 0
    path: tuple[Container, ...] = ()
    marker: Marker | None = None


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Code, as it is, without its last line break.

    Attributes:
        code: the text.
        language: first word after the fence, as it was written.
        closed: its end has come.
        path: the quotes and list items around it.
    """

    code: str
    language: str = ""
    closed: bool = True
    path: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table; the first row is its head.

    Attributes:
        rows: cells by row, all rows equally long.
        alignments: by column: "", "left", "center" or "right".
        path: the quotes and list items around it.
    """

    rows: tuple[tuple[Rich, ...], ...]
    alignments: tuple[str, ...]
    path: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleBlock:
    """A line across."""

    path: tuple[Container, ...] = ()


@dataclass(frozen=True, slots=True)
class MathBlock:
    """A formula on its own.

    Attributes:
        tex: its source.
        path: the quotes and list items around it.
    """

    tex: str
    path: tuple[Container, ...] = ()


Block = TextBlock | CodeBlock | TableBlock | RuleBlock | MathBlock


def plain(block: Block) -> str:
    """A block's words, as they are copied."""
    match block:
        case TextBlock():
            words = block.rich.copied(0, len(block.rich.text))
            bullet = (block.marker.text or "•") + " " if block.marker else ""
            return bullet + words
        case CodeBlock():
            return block.code
        case TableBlock():
            return "\n".join("\t".join(cell.copied(0, len(cell.text)) for cell in row) for row in block.rows)
        case MathBlock():
            return f"$$\n{block.tex}\n$$"
        case RuleBlock():
            return ""
