"""Markdown to blocks: what an answer may contain, and what it may not do."""

from __future__ import annotations

import pytest

from thimble.ui.chat.markdown import parse, safe_href
from thimble.ui.chat.rich_blocks import (
    LINE_BREAK,
    Block,
    CodeBlock,
    RuleBlock,
    Span,
    Style,
    TableBlock,
    TextBlock,
    plain,
)


def texts(source: str) -> list[TextBlock]:
    return [block for block in parse(source) if isinstance(block, TextBlock)]


def only(source: str) -> Block:
    (block,) = parse(source)
    return block


def test_a_paragraph_knows_its_styles() -> None:
    block = only("a **b** *c* `d` ~~e~~")
    assert isinstance(block, TextBlock)
    assert block.rich.text == "a b c d e"
    assert block.rich.spans == (
        Span(2, 3, Style.STRONG),
        Span(4, 5, Style.EMPHASIS),
        Span(6, 7, Style.CODE),
        Span(8, 9, Style.STRUCK),
    )


def test_styles_inside_each_other_add_up() -> None:
    (block,) = texts("***both***")
    assert block.rich.spans == (Span(0, 4, Style.STRONG | Style.EMPHASIS),)


def test_a_line_break_in_a_paragraph_stays_a_line_break() -> None:
    (block,) = texts("one\ntwo")
    assert block.rich.text == f"one{LINE_BREAK}two"


@pytest.mark.parametrize("level", range(1, 7))
def test_a_heading_has_its_level(level: int) -> None:
    (block,) = texts("#" * level + " Title")
    assert (block.level, block.rich.text) == (level, "Title")


def test_items_of_an_ordered_list_count_from_its_start() -> None:
    markers = [block.marker.text for block in texts("7. a\n8. b\n9. c") if block.marker]
    assert markers == ["7.", "8.", "9."]


def test_bullets_know_how_deep_they_are() -> None:
    depths = [block.marker.depth for block in texts("- a\n  - b\n    - c") if block.marker]
    assert depths == [0, 1, 2]


def test_a_second_paragraph_of_an_item_has_no_marker_but_its_place() -> None:
    first, second = texts("- a\n\n  b")
    assert second.marker is None
    assert second.path == first.path


def test_an_item_without_words_still_has_its_marker() -> None:
    assert [block.marker is not None for block in texts("-\n- b")] == [True, True]


def test_a_list_whose_items_stand_close_is_told_from_a_loose_one() -> None:
    assert texts("- a\n- b")[0].path[-1].tight
    assert not texts("- a\n\n- b")[0].path[-1].tight


@pytest.mark.parametrize(("source", "done"), [("- [ ] a", False), ("- [x] a", True), ("- [X] a", True), ("- a", None)])
def test_an_item_of_a_list_of_tasks_says_whether_it_is_done(source: str, done: bool | None) -> None:
    (block,) = texts(source)
    assert block.marker is not None
    assert (block.marker.done, block.rich.text) == (done, "a")


def test_code_inside_a_list_is_a_block_of_code_at_the_items_place() -> None:
    first, code, last = parse("1. do\n   ```sh\n   ls\n   ```\n2. done")
    assert isinstance(code, CodeBlock)
    assert (code.code, code.language) == ("ls", "sh")
    assert code.path == first.path
    assert isinstance(last, TextBlock)


def test_code_is_kept_as_it_is() -> None:
    block = only("```python\n  x = '<b>'\n\n\ty\n```")
    assert isinstance(block, CodeBlock)
    assert block.code == "  x = '<b>'\n\n\ty"


@pytest.mark.parametrize(
    ("source", "closed"),
    [("```\na\n```", True), ("```\na", False), ("```", False), ("> ```\n> a\n> ```", True), ("~~~\n```\n", False)],
)
def test_code_knows_whether_its_end_has_come(source: str, closed: bool) -> None:
    block = only(source)
    assert isinstance(block, CodeBlock)
    assert block.closed is closed


def test_a_table_has_rows_and_alignments() -> None:
    block = only("| a | **b** | c |\n|:--|--:|:-:|\n| 1 | 2 | 3 |\n| 4 |")
    assert isinstance(block, TableBlock)
    assert [[cell.text for cell in row] for row in block.rows] == [["a", "b", "c"], ["1", "2", "3"], ["4", "", ""]]
    assert block.alignments == ("left", "right", "center")


def test_quotes_stand_inside_each_other() -> None:
    outer, inner = texts("> a\n>\n> > b")
    assert [container.kind for container in outer.path] == ["quote"]
    assert [container.kind for container in inner.path] == ["quote", "quote"]


def test_a_rule_is_a_rule() -> None:
    assert only("---") == RuleBlock()


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=http://e.org/x.png onerror=alert(1)>",
        "a <b>bold</b> word",
        "<!-- hidden -->",
        "<a href='file:///etc/passwd'>x</a>",
        "<style>* { color: red }</style>",
    ],
)
def test_html_is_shown_as_the_words_it_is(source: str) -> None:
    (block,) = texts(source)
    assert block.rich.text.replace(LINE_BREAK, "\n").startswith(source[:6])
    assert not any(span.href for span in block.rich.spans if "http://e.org" not in span.href)


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "file:///etc/passwd",
        "data:text/html,<b>",
        "vbscript:x",
        "smb://host/share",
        "relative/path",
        "//host/path",
        "mailto:a@b.c",
        "http:",
        "\x01javascript:alert(1)",
    ],
)
def test_only_web_addresses_become_links(target: str) -> None:
    assert safe_href(target) == ""
    for block in texts(f"[x](<{target}>) ![y](<{target}>)"):
        assert not any(span.href for span in block.rich.spans)


@pytest.mark.parametrize(
    "source", ["[x](https://e.org/a)", "<https://e.org/a>", "https://e.org/a.", "[x]\n\n[x]: https://e.org/a"]
)
def test_web_addresses_become_links(source: str) -> None:
    assert [span.href for block in texts(source) for span in block.rich.spans] == ["https://e.org/a"]


def test_an_address_that_cannot_be_read_is_no_link() -> None:
    assert safe_href("http://[") == ""


def test_an_image_is_its_description() -> None:
    (block,) = texts("![a *lamp*](https://e.org/x.png)")
    assert "lamp" in block.rich.text
    assert [span.style for span in block.rich.spans] == [Style.IMAGE]


def test_a_bare_address_inside_code_is_no_link() -> None:
    (block,) = texts("`https://e.org`")
    assert block.rich.spans == (Span(0, 13, Style.CODE),)


def test_what_is_copied_of_a_block_reads_as_text() -> None:
    blocks = parse("1. one\n\n| a | b |\n|---|---|\n| c | d |\n\n---\n\n```\ncode\n```")
    assert [plain(block) for block in blocks] == ["1. one", "a\tb\nc\td", "", "code"]


def test_deep_nesting_is_survived() -> None:
    for source in ("> " * 500 + "deep", "- " * 500 + "deep", "[" * 2000 + "*" * 2000 + "deep"):
        assert "deep" in "".join(plain(block) for block in parse(source))
