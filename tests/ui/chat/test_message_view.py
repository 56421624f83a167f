"""One message: its looks, its selection, its links."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QScrollBar
from pytestqt.qtbot import QtBot

from thimble.conversations import Attachment, MessageState
from thimble.conversations.opening import FIRST_IN_MEMORY
from thimble.protocol import StopReason, Timings
from thimble.settings import Settings
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.file_chips import FileChip
from thimble.ui.chat.message_parts import FiguresLabel, ThoughtButton, figures_parts, figures_tooltip
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.user_view import UserView, plain_blocks


@pytest.fixture
def view(context: AppContext, qtbot: QtBot) -> ConversationView:
    made = ConversationView(context)
    made._warm.stop()  # on a busy computer its thread outlives a short test
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(view: ConversationView, text: str, role: str = "assistant", state: str = MessageState.DONE) -> MessageView:
    view.show_messages([ShownMessage(1, role, text, state)])
    return next(m for m in view.findChildren(MessageView) if not m.isHidden())


def words(message: MessageView) -> list[str]:
    return [item.text() for item in message.flow.items]


def button(message: MessageView, name: str) -> QAbstractButton:
    return next(b for b in message.findChildren(QAbstractButton) if b.accessibleName() == name and not b.isHidden())


def point_of(message: MessageView, item: int, position: int) -> QPoint:
    """The middle of a line, just before a letter."""
    from thimble.ui.chat.blocks import TextItem

    found = message.flow.items[item]
    assert isinstance(found, TextItem)
    place = found._layout.place(position)
    return QPoint(round(found.x + place.x()), round(found.y + place.center().y()))


def drag(qtbot: QtBot, message: MessageView, start: QPoint, end: QPoint) -> None:
    qtbot.mousePress(message.flow, Qt.MouseButton.LeftButton, pos=start)
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    moved = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(end),
        message.flow.mapToGlobal(QPointF(end)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(message.flow, moved)
    qtbot.mouseRelease(message.flow, Qt.MouseButton.LeftButton, pos=end)


def test_tags_in_an_answer_are_words(view: ConversationView) -> None:
    source = "<img src=x onerror=alert(1)> and <b>this</b>"
    assert words(show(view, source)) == [source]


def test_ones_own_words_are_not_markdown(view: ConversationView) -> None:
    source = "# not **a** heading\n<b>x</b>"
    assert "\n".join(words(show(view, source, "user"))) == source


@pytest.mark.parametrize("target", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_a_link_elsewhere_than_the_web_opens_nothing(
    view: ConversationView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    message = show(view, f"[link]({target})")
    qtbot.mouseClick(message.flow, Qt.MouseButton.LeftButton, pos=point_of(message, 0, 2))
    assert opened == []


def test_a_link_opens_in_the_browser(view: ConversationView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    message = show(view, "see [the link](https://example.org/a) here")
    qtbot.mouseClick(message.flow, Qt.MouseButton.LeftButton, pos=point_of(message, 0, 7))
    qtbot.mouseClick(message.flow, Qt.MouseButton.LeftButton, pos=point_of(message, 0, 1))
    assert opened == [QUrl("https://example.org/a")]


def test_dragging_over_two_paragraphs_selects_from_one_into_the_other(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "first words\n\nlast words")
    drag(qtbot, message, point_of(message, 0, 6), point_of(message, 1, 4))
    assert message.flow.selected_text() == "words\n\nlast"


def test_a_selection_in_another_message_ends_this_one(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "user", "one"), ShownMessage(2, "assistant", "two")])
    first, second = sorted(view.findChildren(MessageView), key=lambda m: m.message.id)
    drag(qtbot, first, point_of(first, 0, 0), point_of(first, 0, 3))
    drag(qtbot, second, point_of(second, 0, 0), point_of(second, 0, 3))
    assert not first.flow.has_selection
    assert second.flow.selected_text() == "two"


def test_a_double_click_selects_a_word(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "take this_word now")
    qtbot.mouseDClick(message.flow, Qt.MouseButton.LeftButton, pos=point_of(message, 0, 8))
    assert message.flow.selected_text() == "this_word"


def test_ctrl_c_copies_the_selection(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "first words")
    drag(qtbot, message, point_of(message, 0, 0), point_of(message, 0, 5))
    qtbot.keyClick(message, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "first"


def test_ctrl_a_selects_the_whole_message(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "- one\n- two")
    qtbot.keyClick(message, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert message.flow.selected_text() == "one\n\n• two"


def test_copying_a_message_copies_its_markdown(view: ConversationView) -> None:
    message = show(view, "**bold** and `code`")
    button(message, "Copy message").click()
    assert QGuiApplication.clipboard().text() == "**bold** and `code`"


def test_copying_code_copies_only_the_code(view: ConversationView) -> None:
    message = show(view, "Run\n\n```python\nx = 1\n\nprint(x)\n```\n\ndone")
    button(message, "Copy Python code").click()
    assert QGuiApplication.clipboard().text() == "x = 1\n\nprint(x)"


def test_the_menu_offers_what_fits_the_place(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "[link](https://example.org) words")
    drag(qtbot, message, point_of(message, 0, 5), point_of(message, 0, 10))
    at = message.flow.mapTo(message, point_of(message, 0, 2))
    menu = message.menu(at)
    assert [action.text() for action in menu.actions()] == [
        "Open link",
        "Copy link",
        "Copy",
        "Copy message",
        "Edit message",
        "New chat from here",
        "Turn into your message",
        "Show as plain text",
        "Read aloud",
        "Delete message",
    ]
    menu.actions()[2].trigger()
    assert QGuiApplication.clipboard().text() == "words"


def test_a_message_of_a_temporary_chat_begins_no_stored_one(view: ConversationView) -> None:
    message = show(view, "words")
    assert "New chat from here" in [action.text() for action in message.menu(QPoint(1, 1)).actions()]
    message.message = replace(message.message, id=FIRST_IN_MEMORY + 1)
    entries = [action.text() for action in message.menu(QPoint(1, 1)).actions()]
    assert "New chat from here" not in entries
    assert "Delete message" in entries


def test_wide_code_scrolls_sideways_and_nothing_else_does(view: ConversationView) -> None:
    message = show(view, "```\n" + "x" * 300 + "\n```\n\n```\nshort\n```")
    bars = [bar for bar in message.findChildren(QScrollBar) if not bar.isHidden()]
    assert [bar.orientation() for bar in bars] == [Qt.Orientation.Horizontal]
    bars[0].setValue(bars[0].maximum())
    item = message.flow.items[0]
    assert item.position(message.flow.width() - 2, 50) == 300


def test_code_within_the_column_keeps_the_messages_width(view: ConversationView) -> None:
    message = show(view, "```\n" + "x" * 300 + "\n```")
    assert message.width() <= view.width()


@pytest.mark.parametrize(
    ("text", "right"), [("שלום עולם", True), ("مرحبا", True), ("Hello", False), ("123 שלום", True)]
)
def test_a_paragraph_stands_on_the_side_where_it_is_read_from(view: ConversationView, text: str, right: bool) -> None:
    message = show(view, text)
    assert (point_of(message, 0, 0).x() > message.flow.width() / 2) is right


def test_a_list_from_right_to_left_keeps_room_for_its_marks_at_the_right(view: ConversationView) -> None:
    message = show(view, "- שלום")
    assert point_of(message, 0, 0).x() < message.flow.width() - 10


def test_the_bubble_stands_right_and_is_as_wide_as_its_words(view: ConversationView) -> None:
    message = show(view, "Hi", "user")
    assert message.flow.x() > message.width() * 0.8


def test_long_words_of_the_person_take_85_percent_of_the_column(view: ConversationView) -> None:
    message = show(view, "word " * 80, "user")
    assert 0.7 < message.flow.width() / message.width() < 0.85


def test_a_long_message_is_folded_until_asked(view: ConversationView) -> None:
    message = show(view, "\n".join(f"line {i}" for i in range(100)), "user")
    folded = len(message.flow.items)
    button(message, "Show all").click()
    assert (folded, len(message.flow.items)) == (12, 100)
    button(message, "Show less").click()
    assert len(message.flow.items) == 12


def test_a_short_message_has_no_fold(view: ConversationView) -> None:
    message = show(view, "a\nb", "user")
    assert not [b for b in message.findChildren(QAbstractButton) if b.accessibleName() == "Show all"]


def test_lines_of_plain_text_lose_no_letter() -> None:
    text = "a\n\n" + "b" * 10_001 + "\r\nc"
    assert "".join(block.rich.text for block in plain_blocks(text)) == "a" + "b" * 10_001 + "c"


def test_thoughts_are_folded_until_asked(view: ConversationView) -> None:
    message = show(view, "<think>Let me see</think>\n\nYes.")
    assert words(message) == ["Yes."]
    (fold,) = message.findChildren(ThoughtButton)
    assert fold.accessibleName() == "Thoughts"
    height = message.height()
    fold.click()
    assert message.height() > height
    assert [item.text() for item in message.flows()[0].items] == ["Let me see"]
    fold.click()
    assert message.height() == height


def test_thoughts_that_go_on_say_so(view: ConversationView) -> None:
    message = show(view, "<think>Let me", state=MessageState.WRITING)
    (fold,) = message.findChildren(ThoughtButton)
    assert fold.accessibleName() == "Thinking…"
    view.append_text(1, " see</think>Yes.")
    assert fold.accessibleName() == "Thoughts"
    assert words(message) == ["Yes."]


def test_a_message_follows_the_theme(view: ConversationView, settings: Settings, context: AppContext) -> None:
    message = show(view, "Hi", "user")
    assert isinstance(message, UserView)

    def ground() -> QColor:
        return view.grab().toImage().pixelColor(message.flow.mapTo(view, QPoint(-6, 10)))

    assert ground() == context.theme.color("bubble")
    light = ground()
    settings.set("look.theme", "dark")
    assert ground() == context.theme.color("bubble") != light


def test_words_follow_the_theme(view: ConversationView, settings: Settings) -> None:
    message = show(view, "# MMMM\n\n[link](https://e.org) `code`\n\n| a |\n|---|\n| b |\n\n```python\nx = 1\n```")
    assert isinstance(message, AnswerView)

    def brightest() -> int:
        picture = message.grab().toImage()
        return max(picture.pixelColor(x, y).lightness() for x in range(0, 200, 2) for y in range(0, 60, 2))

    def darkest() -> int:
        picture = message.grab().toImage()
        return min(picture.pixelColor(x, y).lightness() for x in range(100) for y in range(40))

    assert darkest() < 60
    settings.set("look.theme", "dark")
    assert brightest() > 200


def test_the_figures_of_an_answer_are_in_one_line() -> None:
    assert figures_parts(Timings(generated_tokens=41, decode_ms=1786)) == ["41 tokens", "22.4 tok/s"]


def test_one_token_is_one_and_has_no_speed() -> None:
    assert figures_parts(Timings(generated_tokens=1, decode_ms=5)) == ["1 token"]


def test_all_figures_are_in_the_tooltip(view: ConversationView) -> None:
    timings = Timings(812, 640, 41, 310, 1200, 420, 1830, StopReason.MAX_TOKENS)
    view.show_messages([ShownMessage(1, "assistant", "x", timings=timings)])
    shown = [
        label.toolTip()
        for label in view.findChildren(FiguresLabel)
        if label.text() == " · ".join(figures_parts(timings))
    ]
    assert shown == [figures_tooltip(timings)]
    for words in ("310 ms", "812", "640", "410 tok/s", "1.2 s", "the longest length"):
        assert words in shown[0]


def show_answer(view: ConversationView, timings: Timings, state: str = MessageState.DONE) -> AnswerView:
    view.show_messages([ShownMessage(1, "assistant", "words", state, timings=timings)])
    return next(m for m in view.findChildren(AnswerView) if not m.isHidden())


def test_what_was_left_out_of_a_full_context_is_said_with_tokens_counted(view: ConversationView) -> None:
    answer = show_answer(view, Timings(dropped_messages=6, dropped_tokens=134, context=812))
    assert answer.notice is not None
    assert answer.notice.sentence == (
        "The context of 812 tokens has no room for all of this chat. "
        "The 6 oldest messages (134 tokens) were left out and the rest was read again."
    )


def test_an_answer_that_ended_with_the_context_says_so_and_can_go_on(view: ConversationView) -> None:
    timings = Timings(
        prompt_tokens=400, generated_tokens=97, context=496, stop_reason=StopReason.CONTEXT_FULL, decode_ms=1
    )
    answer = show_answer(view, timings)
    assert answer.notice is not None
    assert "400 tokens of the chat and 97 of the answer" in answer.notice.sentence
    assert button(answer, "Continue this answer").isEnabled()


def test_an_answer_that_fitted_says_nothing_of_the_context(view: ConversationView) -> None:
    assert show_answer(view, Timings(prompt_tokens=10, generated_tokens=9, context=4096)).notice is None


def test_what_the_experts_did_is_told_under_the_answer() -> None:
    timings = Timings(generated_tokens=41, first_token_ms=812, expert_hits=79, expert_misses=21)
    assert figures_parts(timings) == ["41 tokens", "first after 812 ms", "experts 79 % hit"]
    read = Timings(generated_tokens=41, expert_hits=79, expert_misses=21, expert_bytes_read=140 * 2**20)
    assert figures_parts(read)[-1] == "140 MiB read"
    assert "79 of 100 uses from memory, 140 MiB read from disk" in figures_tooltip(read)


def test_figures_without_room_are_left_out_from_the_end(view: ConversationView) -> None:
    timings = Timings(generated_tokens=41, decode_ms=1786, first_token_ms=812, expert_hits=79, expert_misses=21)
    view.show_messages([ShownMessage(1, "assistant", "x", timings=timings)])
    (figures,) = view.findChildren(FiguresLabel)
    figures.resize(1000, 28)
    assert figures.shown() == figures.text()
    figures.resize(150, 28)
    assert figures.shown() == "41 tokens · 22.4 tok/s"
    figures.resize(1, 28)
    assert figures.shown() == "41 tokens"


def test_an_answer_is_edited_where_it_stands(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "wrogn")
    button(message, "Edit answer").click()
    assert isinstance(message, AnswerView)
    assert message.panel is not None
    message.panel.field.setPlainText("right")
    with qtbot.waitSignal(view.edit_submitted) as told:
        qtbot.keyClick(message.panel.field, Qt.Key.Key_Return)
    assert told.args == [message.message.id, "right"]
    assert message.panel is None


def test_editing_an_answer_can_be_given_up(view: ConversationView, qtbot: QtBot) -> None:
    message = show(view, "stays")
    message.edit()
    assert isinstance(message, AnswerView)
    assert message.panel is not None
    qtbot.keyClick(message.panel.field, Qt.Key.Key_Escape)
    assert message.panel is None
    assert message.flow.isVisible()


def test_an_answer_that_was_cut_off_can_be_continued(view: ConversationView, qtbot: QtBot) -> None:
    timings = Timings(generated_tokens=16, stop_reason=StopReason.MAX_TOKENS)
    view.show_messages([ShownMessage(1, "assistant", "and so", timings=timings)])
    with qtbot.waitSignal(view.continue_requested) as told:
        next(b for b in view.findChildren(QPushButton) if b.text() == "Continue").click()
    assert told.args == [1]


def test_a_message_without_an_answer_says_so_and_can_be_answered(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "user", "hello?")])
    with qtbot.waitSignal(view.answer_requested) as told:
        next(b for b in view.findChildren(QPushButton) if b.text() == "Answer").click()
    assert told.args == [1]
    view.set_busy(True)
    assert [label.text() for label in view.findChildren(QLabel) if label.text() == "Answered next"]
    view.set_busy(False)
    view.append_message(ShownMessage(2, "assistant", "yes"))
    assert not [b for b in view.findChildren(QPushButton) if b.text() == "Answer" and b.isVisible()]


def test_the_files_of_a_message_are_in_its_bubble(view: ConversationView) -> None:
    files = (Attachment(1, 1, "plan.pdf", 12_000, 4), Attachment(2, 1, "notes.txt", 900))
    view.show_messages([ShownMessage(1, "user", "Compare them", files=files)])
    chips = view.findChildren(FileChip)
    assert [chip.accessibleName() for chip in chips] == [
        "plan.pdf, 4 pages, 12000 characters",
        "notes.txt, 900 characters",
    ]
    assert all(chip.isVisible() for chip in chips)
