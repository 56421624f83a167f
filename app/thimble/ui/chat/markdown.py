"""Markdown to values that the conversation view draws: text with styles, code, tables, rules.

markdown-it-py reads the text; nothing of it is ever handed to an HTML engine, so that tags in an answer are words like
any others. Links keep their target only when it is http or https, and images are shown by their description. No Qt
here: the same text gives the same blocks in a test and in the window.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from thimble.ui.chat.math_rules import BLOCK, DISPLAY, INLINE, add_math
from thimble.ui.chat.rich_blocks import (
    FORMULA,
    LINE_BREAK,
    Block,
    CodeBlock,
    Container,
    Marker,
    MathBlock,
    Rich,
    RuleBlock,
    Span,
    Style,
    TableBlock,
    TextBlock,
    plain,
)

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_BARE_LINK = re.compile(r"https?://[^\s<>\"'`|\\^{}\[\]]+", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\] ")
_NO_INFO = re.compile(r"(`{3,}|~{3,}).*|\d+[.)]|!?\[.*")
"""What can stand in a text that shows no words: a fence's language, an item's number, a link without words."""
DEEPEST: Final = 60
"""Quotes and lists inside each other; more is a model caught in a loop."""
_AFTER_LINK: Final = ".,;:!?)*_~"
_OPENING: Final = 1
_CLOSING: Final = -1


@dataclass(frozen=True, slots=True)
class Group:
    """What one top-level block of Markdown became.

    Attributes:
        start, end: its lines, end excluded.
        blocks: what is drawn of it.
        refers: whether a link reference definition elsewhere could change it.
    """

    start: int
    end: int
    blocks: tuple[Block, ...]
    refers: bool


def make_parser() -> MarkdownIt:
    """A parser of what models write: CommonMark with tables and formulas, HTML as text."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST}).enable(["table", "strikethrough"])
    add_math(parser)
    return parser


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return make_parser()


def safe_href(href: str) -> str:
    """The target of a link that may be opened; "" for every other scheme, and for one that cannot be read."""
    try:
        parts = urlsplit(href)
    except ValueError:
        return ""
    return href if parts.scheme.lower() in {"http", "https"} and parts.netloc else ""


def parse_groups(text: str, references: dict[str, Any] | None = None) -> tuple[list[Group], dict[str, Any]]:
    """Reads Markdown.

    Args:
        text: with line breaks as "\\n".
        references: link reference definitions known from elsewhere; they come before the text's own.

    Returns:
        The top-level blocks in order, and all definitions.
    """
    env: dict[str, Any] = {"references": dict(references or {})}
    tokens = _parser().parse(text, env)
    lines = text.split("\n")
    groups: list[Group] = []
    begin = 0
    for index, token in enumerate(tokens):
        if token.level == 0 and token.nesting != _OPENING:
            part = tokens[begin : index + 1]
            begin = index + 1
            start, end = part[0].map or (0, 0)
            refers = token.type not in {"fence", "code_block", "hr", BLOCK} and any(
                "]" in line for line in lines[start:end]
            )
            blocks = _Walk(lines).blocks(part)
            if not any(plain(block).strip("• \n") for block in blocks):  # nested too deeply: no word is ever lost
                source = "\n".join(lines[start:end])
                if any(letter.isalnum() for letter in _NO_INFO.sub("", source)):
                    blocks = [TextBlock(Rich(source.replace("\n", LINE_BREAK)))]
            groups.append(Group(start, end, tuple(blocks), refers))
    return groups, env["references"]


def parse(text: str) -> list[Block]:
    """All blocks of a whole text."""
    groups, _ = parse_groups(text.replace("\r\n", "\n").replace("\r", "\n"))
    return [block for group in groups for block in group.blocks]


@dataclass(slots=True)
class _List:
    number: int
    ordered: bool
    count: int
    depth: int
    tight: bool = True
    first: bool = True


@dataclass(slots=True)
class _Walk:
    """Walks the tokens of one top-level block."""

    lines: Sequence[str]
    made: list[Block] = field(default_factory=list)
    path: tuple[Container, ...] = ()
    lists: list[_List] = field(default_factory=list)
    marker: Marker | None = None
    numbers: int = 0

    def blocks(self, tokens: Sequence[Token]) -> list[Block]:
        level = 0
        index = 0
        while index < len(tokens):
            token = tokens[index]
            match token.type:
                case "blockquote_open":
                    self.numbers += 1
                    self._flush_marker()
                    self.path += (Container("quote", self.numbers),)
                case "blockquote_close":
                    self.path = self.path[:-1]
                case "bullet_list_open" | "ordered_list_open":
                    self._open_list(tokens, index)
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                case "list_item_open":
                    self._open_item(token)
                case "list_item_close":
                    self._flush_marker()
                    self.path = self.path[:-1]
                case "heading_open":
                    level = int(token.tag[1])
                case "heading_close":
                    level = 0
                case "inline":
                    self._inline(token.children or [], level)
                case "math_block":
                    self._flush_marker()
                    self.made.append(MathBlock(token.content, self.path))
                case "fence" | "code_block":
                    self._code(token)
                case "hr":
                    self._flush_marker()
                    self.made.append(RuleBlock(self.path))
                case "table_open":
                    end = next(i for i in range(index, len(tokens)) if tokens[i].type == "table_close")
                    self._table(tokens[index:end])
                    index = end
            index += 1
        return self.made

    def _inline(self, tokens: Sequence[Token], level: int) -> None:
        """Words; formulas that want to stand on their own do so."""
        begin = 0
        for index, token in enumerate(tokens):
            if token.type == DISPLAY and token.level == 0 and not level:
                if _has_words(tokens[begin:index]):
                    self._words(_rich(_trimmed(tokens[begin:index])), level)
                self._flush_marker()
                self.made.append(MathBlock(token.content, self.path))
                begin = index + 1
        if not begin or _has_words(tokens[begin:]):
            self._words(_rich(_trimmed(tokens[begin:]) if begin else tokens), level)

    def _words(self, rich: Rich, level: int) -> None:
        marker = self._take_marker()
        task = _TASK.match(rich.text) if marker is not None and not marker.text else None
        if marker is not None and task is not None and not any(span.start < task.end() for span in rich.spans):
            marker = replace(marker, done=task.group(1) != " ")
            cut = task.end()
            spans = tuple(replace(span, start=span.start - cut, end=span.end - cut) for span in rich.spans)
            rich = Rich(rich.text[cut:], spans)
        self.made.append(TextBlock(rich, level, self.path, marker))

    def _take_marker(self) -> Marker | None:
        marker, self.marker = self.marker, None
        return marker

    def _flush_marker(self) -> None:
        """An item that has no words of its own still has its marker."""
        if self.marker is not None:
            self.made.append(TextBlock(Rich(), 0, self.path, self._take_marker()))

    def _open_list(self, tokens: Sequence[Token], index: int) -> None:
        token = tokens[index]
        self._flush_marker()
        self.numbers += 1
        ordered = token.type == "ordered_list_open"
        start = int(token.attrs.get("start", 1)) if ordered else 0
        bullets = sum(not entry.ordered for entry in self.lists)
        # Paragraphs of a tight list are hidden: the first one at the items' own level tells.
        level = token.level + 2
        tight = True
        for later in tokens[index + 1 :]:
            if later.level <= token.level:
                break
            if later.type == "paragraph_open" and later.level == level:
                tight = later.hidden
                break
        self.lists.append(_List(self.numbers, ordered, start, bullets, tight))

    def _open_item(self, token: Token) -> None:
        entry = self.lists[-1]
        text = f"{entry.count}{token.markup or '.'}" if entry.ordered else ""
        self.marker = Marker(text, 0 if entry.ordered else entry.depth, entry.first)
        entry.count += 1
        entry.first = False
        self.path += (Container("item", entry.number, entry.tight),)

    def _code(self, token: Token) -> None:
        self._flush_marker()
        closed = True
        if token.type == "fence" and token.map:
            start, end = token.map
            last = self.lines[min(end, len(self.lines)) - 1].strip(" \t>")
            closed = end - start > 1 and len(last) >= len(token.markup) and set(last) == {token.markup[0]}
        language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
        self.made.append(CodeBlock(token.content.removesuffix("\n"), language, closed, self.path))

    def _table(self, tokens: Sequence[Token]) -> None:
        self._flush_marker()
        rows: list[tuple[Rich, ...]] = []
        cells: list[Rich] = []
        alignments: list[str] = []
        for token, following in pairwise(tokens):
            if token.type in {"th_open", "td_open"}:
                if token.type == "th_open":
                    alignments.append(str(token.attrs.get("style", "")).removeprefix("text-align:"))
                cells.append(_rich(following.children or []))
        width = max(1, len(alignments))
        rows = [tuple(cells[i : i + width]) for i in range(0, len(cells), width)]
        self.made.append(TableBlock(tuple(rows), tuple(alignments), self.path))


def _has_words(tokens: Sequence[Token]) -> bool:
    return any(
        token.type not in {"softbreak", "hardbreak"} and (token.content.strip() or token.nesting) for token in tokens
    )


def _trimmed(tokens: Sequence[Token]) -> Sequence[Token]:
    """Without line breaks and blanks at both ends."""
    breaks = {"softbreak", "hardbreak"}
    kept = [i for i, token in enumerate(tokens) if token.type not in breaks and (token.content or token.nesting)]
    if not kept:
        return []
    made = list(tokens[kept[0] : kept[-1] + 1])
    if made[0].type == "text":
        made[0] = made[0].copy(content=made[0].content.lstrip())
    if made[-1].type == "text":
        made[-1] = made[-1].copy(content=made[-1].content.rstrip())
    return made


_STYLES: Final = {"strong": Style.STRONG, "em": Style.EMPHASIS, "s": Style.STRUCK}


class _RichMaker:
    """Collects runs of text."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._spans: list[Span] = []
        self._length = 0

    def add(self, text: str, style: Style, href: str = "") -> None:
        if not text:
            return
        start, end = self._length, self._length + len(text)
        self._text.append(text)
        self._length = end
        if style or href:
            last = self._spans[-1] if self._spans else None
            if (
                last
                and (last.end, last.style, last.href) == (start, style, href)
                and not style & (Style.CODE | Style.MATH)
            ):
                self._spans[-1] = Span(last.start, end, style, href)
            else:
                self._spans.append(Span(start, end, style, href))

    def add_formula(self, tex: str, style: Style) -> None:
        """One letter that stands for a formula."""
        self._text.append(FORMULA)
        self._spans.append(Span(self._length, self._length + 1, style | Style.MATH, tex=tex))
        self._length += 1

    def add_words(self, text: str, style: Style) -> None:
        """Text in which bare addresses become links."""
        at = 0
        for found in _BARE_LINK.finditer(text) if "://" in text else ():
            address = found.group().rstrip(_AFTER_LINK)
            if safe_href(address):
                self.add(text[at : found.start()], style)
                self.add(address, style, address)
                at = found.start() + len(address)
        self.add(text[at:], style)

    def rich(self) -> Rich:
        return Rich("".join(self._text), tuple(self._spans))


def _rich(tokens: Sequence[Token]) -> Rich:
    made = _RichMaker()
    depths = dict.fromkeys(_STYLES, 0)
    hrefs: list[str] = []
    for token in tokens:
        style = Style.PLAIN
        for name, depth in depths.items():
            if depth:
                style |= _STYLES[name]
        href = hrefs[-1] if hrefs else ""
        name = token.type.removesuffix("_open").removesuffix("_close")
        if name in depths:
            depths[name] += token.nesting
        elif name == "link":
            if token.nesting == _OPENING:
                hrefs.append(safe_href(str(token.attrs.get("href", ""))))
            else:
                hrefs.pop()
        elif token.type in {"softbreak", "hardbreak"}:
            made.add(LINE_BREAK, style, href)
        elif token.type in {INLINE, DISPLAY}:
            made.add_formula(token.content, style)
        elif token.type == "code_inline":
            made.add(token.content, style | Style.CODE, href)
        elif token.type == "image":
            made.add(token.content or str(token.attrs.get("title", "")), style | Style.IMAGE, href)
        elif hrefs:
            made.add(token.content, style, href)
        else:
            made.add_words(token.content, style)
    return made.rich()
