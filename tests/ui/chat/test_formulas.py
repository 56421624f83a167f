"""Formulas: what counts as one, how it is drawn, what is copied, and what is no TeX."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from pytestqt.qtbot import QtBot

from thimble.ui.app_context import AppContext
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.blocks import MathItem, TextItem
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.incremental import Incremental
from thimble.ui.chat.markdown import parse
from thimble.ui.chat.rich_blocks import MathBlock, TextBlock, plain
from thimble.ui.chat.rich_layout import Look
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.theme import Theme


def formulas(text: str) -> list[str]:
    """TeX of all formulas, those on their own in brackets."""
    found = []
    for block in parse(text):
        if isinstance(block, MathBlock):
            found.append(f"[{block.tex}]")
        elif isinstance(block, TextBlock):
            found += [span.tex for span in block.rich.spans if span.tex]
    return found


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        (r"Euler: \(e^{i\pi}+1=0\) and $x^2$.", [r"e^{i\pi}+1=0", "x^2"]),
        ("$$E=mc^2$$", ["[E=mc^2]"]),
        ("before\n\\[\na\n+ b\n= c\n\\]\nafter", ["[a\n+ b\n= c]"]),
        ("inline $$x$$ stands alone", ["[x]"]),
        ("- item \\[ x \\] end\n- $y$", ["[x]", "y"]),
        ("> $$\n> a\n> $$", ["[a]"]),
    ],
)
def test_all_four_forms_are_formulas(text: str, tex: list[str]) -> None:
    assert formulas(text) == tex


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6, or US$7, $5-$6.",
        "`$x$` and ```$y$```",
        "```\n$$\nx\n$$\n```",
        "    $$ x $$",
        "$ x $",
        r"\\(not a formula\\)",
        r"\[ never closed",
        "$$",
        "$$$$",
        "a $x\ny$",
    ],
)
def test_money_code_and_what_is_not_closed_are_no_formulas(text: str) -> None:
    assert formulas(text) == []


def test_the_words_around_a_formula_on_its_own_keep_their_places() -> None:
    assert [plain(block) for block in parse("So\n\\[\nx\n\\]\nholds.")] == ["So", "$$\nx\n$$", "holds."]


def test_a_formula_that_comes_line_by_line_is_the_same_as_at_once() -> None:
    text = "Sum:\n\n\\[\na\n\n+ b\n\n= c\n\\]\n\nDone.\n\nMore.\n"
    growing = Incremental()
    for letter in text:
        growing.append(letter)
    assert growing.blocks == parse(text)
    assert any(isinstance(block, MathBlock) for block in growing.blocks)


def painted(item: TextItem | MathItem, width: int) -> int:
    """How many points of a picture have ink."""
    image = QImage(width, round(item.lay_out(width)) + 4, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    item.paint(painter, image.rect().toRectF(), None)
    painter.end()
    return sum(image.pixelColor(x, y).lightness() < 128 for x in range(width) for y in range(image.height()))


def one(text: str, theme: Theme) -> TextItem | MathItem:
    (block,) = parse(text)
    if isinstance(block, MathBlock):
        return MathItem(block, Look(theme))
    assert isinstance(block, TextBlock)
    return TextItem(block, Look(theme))


def test_a_formula_is_drawn_and_a_high_one_makes_room(theme: Theme) -> None:
    low, high = one("a $x$ b", theme), one(r"a $\frac{\frac{1}{2}}{\frac{3}{4}}$ b", theme)
    assert painted(low, 300) > painted(one("a  b", theme), 300)
    assert high.lay_out(300) > low.lay_out(300)
    block = one(r"$$\sum_{i=1}^n i = \frac{n(n+1)}{2}$$", theme)
    assert isinstance(block, MathItem)
    assert block.formula.is_drawn
    assert painted(block, 400) > 100


def test_a_formula_too_wide_is_drawn_smaller(theme: Theme) -> None:
    item = one("$$" + "+".join(f"x_{{{n}}}" for n in range(10)) + "$$", theme)
    wide, narrow = item.lay_out(4000), item.lay_out(280)
    assert narrow < wide
    assert painted(item, 280) > 50


def test_a_formula_that_could_not_be_read_any_more_is_shown_as_its_source(theme: Theme) -> None:
    item = one("$$" + "+".join(f"x_{{{n}}}" for n in range(60)) + "$$", theme)
    one_line, many_lines = item.lay_out(4000), item.lay_out(300)
    assert many_lines > 2 * one_line
    assert painted(item, 300) > 50


@pytest.mark.parametrize("tex", [r"\frac{a", r"\left( x", r"\begin{foo} x", "x" * 3000, r"}{", r"\\"])
def test_what_is_no_tex_is_shown_as_it_was_written(theme: Theme, tex: str) -> None:
    formula = Look(theme).formula(tex, "body", "text")
    assert formula.width >= 0
    item = one(f"$${tex}$$", theme)
    assert isinstance(item, MathItem)
    if not item.formula.is_drawn:
        assert painted(item, 300) > 0


def test_a_formula_is_copied_as_tex(context: AppContext, qtbot: QtBot) -> None:
    view = ConversationView(context)
    qtbot.addWidget(view)
    view.resize(800, 600)
    view.show()
    view.show_messages([ShownMessage(1, "assistant", "So \\(x^2\\) is\n\n$$\ny\n$$\n\nright.")])
    (message,) = view.findChildren(AnswerView)
    message.flow.select_all()
    message.copy()
    assert QGuiApplication.clipboard().text() == "So $x^2$ is\n\n$$\ny\n$$\n\nright."
    assert message.flow.mapToGlobal(QPoint(0, 0)) is not None


def test_a_formula_follows_the_theme(theme: Theme, context: AppContext) -> None:
    look = Look(theme)
    light = look.formula("x", "body", "text")
    assert look.formula("x", "body", "text") is light
    context.settings.set("look.theme", "dark")
    look.forget()
    assert look.formula("x", "body", "text") is not light
