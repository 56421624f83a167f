"""The composer: keys, growth, drafts, sending and stopping; and the model picker under it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QApplication, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.focus_chain import tab_stops
from tests.helpers.gguf_files import write_model
from thimble.conversations import Attachment
from thimble.ui.app_context import AppContext
from thimble.ui.chat.composer import LONGEST_PASTED, MOST_LINES, Composer


@pytest.fixture
def composer(qtbot: QtBot, context: AppContext) -> Iterator[Composer]:
    made = Composer(context)
    qtbot.addWidget(made)
    made.resize(700, 80)
    made.show()
    yield made
    made.hide()


def test_enter_sends_and_keeps_the_text_until_it_is_taken(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.field, "Hello")
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert sent.args == ["Hello"]
    assert composer.text() == "Hello"


def test_tab_goes_through_it_from_left_to_right(composer: Composer) -> None:
    composer.set_draft("Hello")
    stops = tab_stops(composer.field)
    assert [stops.index(one) for one in (composer.attach, composer.picker, composer.dictate, composer.send)] == [
        1,
        2,
        3,
        4,
    ]


def test_shift_enter_is_a_new_line(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.field, "a")
    qtbot.keyClick(composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.field, "b")
    assert composer.text() == "a\nb"


def test_nothing_but_space_is_not_sent(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.field, "   ")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert not composer.send.isEnabled()


def test_it_grows_to_eight_lines_and_no_further(composer: Composer) -> None:
    one = composer.field.height()
    composer.set_draft("\n" * 3)
    four = composer.field.height()
    composer.set_draft("\n" * (MOST_LINES - 1))
    eight = composer.field.height()
    composer.set_draft("\n" * 40)
    assert one < four < eight == composer.field.height()


def test_up_edits_the_last_message_only_in_the_empty_field(qtbot: QtBot, composer: Composer) -> None:
    with qtbot.waitSignal(composer.edit_last_requested):
        qtbot.keyClick(composer.field, Qt.Key.Key_Up)
    composer.set_draft("words")
    with qtbot.assertNotEmitted(composer.edit_last_requested):
        qtbot.keyClick(composer.field, Qt.Key.Key_Up)


def test_while_answering_the_button_and_escape_stop_and_enter_queues(qtbot: QtBot, composer: Composer) -> None:
    composer.set_draft("next")
    composer.set_answering(True)
    assert composer.send.accessibleName() == "Stop"
    with qtbot.waitSignal(composer.submitted) as told, qtbot.assertNotEmitted(composer.stop_requested):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return)
    assert told.args == ["next"]
    assert composer.queue.isVisibleTo(composer)
    with qtbot.waitSignal(composer.submitted), qtbot.assertNotEmitted(composer.stop_requested):
        qtbot.mouseClick(composer.queue, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(composer.stop_requested):
        qtbot.mouseClick(composer.send, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(composer.stop_requested):
        qtbot.keyClick(composer.field, Qt.Key.Key_Escape)


def test_typing_is_told_as_a_draft_and_restoring_one_is_not(qtbot: QtBot, composer: Composer) -> None:
    with qtbot.assertNotEmitted(composer.draft_changed):
        composer.set_draft("from before")
    with qtbot.waitSignal(composer.draft_changed) as told:
        qtbot.keyClicks(composer.field, "!")
    assert told.args == ["from before!"]


def test_a_pasted_blob_is_wrapped_anywhere_and_words_again_afterwards(composer: Composer) -> None:
    blob = QMimeData()
    blob.setText("x" * 200_000)
    composer.field.insertFromMimeData(blob)
    assert len(composer.text()) == 200_000
    assert composer.field.wordWrapMode() == QTextOption.WrapMode.WrapAnywhere
    composer.clear()
    assert composer.field.wordWrapMode() == QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere


def test_only_the_words_of_rich_text_are_pasted(composer: Composer) -> None:
    rich = QMimeData()
    rich.setHtml("<b>bold</b>")
    rich.setText("bold")
    composer.field.insertFromMimeData(rich)
    assert composer.text() == "bold"


def test_used_tokens_warn_when_the_context_is_nearly_full(composer: Composer) -> None:
    composer.set_tokens(100, 4096)
    assert composer.tokens.property("tone") == "muted"
    composer.set_tokens(4000, 4096)
    assert composer.tokens.property("tone") == "danger"
    composer.set_tokens(0, 0)
    assert composer.tokens.text() == ""


def test_the_picker_lists_models_and_loads_the_chosen_one(
    qtbot: QtBot, composer: Composer, context: AppContext
) -> None:
    model = write_model(context.settings.models_folder() / "tiny.gguf", name="Tiny")
    (context.settings.models_folder() / "bad.gguf").write_text("bad", "utf-8")
    composer.picker.refresh()
    qtbot.waitUntil(lambda: len(composer.picker.menu_of_models().actions()) == 5)
    menu = composer.picker.menu_of_models()
    bad, tiny = (menu.actions()[number] for number in (0, 1))
    assert not bad.isEnabled()
    tiny.trigger()
    qtbot.waitUntil(lambda: context.link.loaded_path == str(model))
    assert "tiny" in composer.picker.text().lower()
    assert context.window_state.get("last_model", "") == str(model)


def test_the_picker_does_not_offer_what_cannot_write(qtbot: QtBot, composer: Composer, context: AppContext) -> None:
    write_model(context.settings.models_folder() / "vectors.gguf", name="Vectors", extra={"pooling_type": 3})
    composer.picker.refresh()
    qtbot.waitUntil(lambda: len(composer.picker.menu_of_models().actions()) == 4)
    only = composer.picker.menu_of_models().actions()[0]
    assert not only.isEnabled()
    assert only.text() == "Vectors   for embeddings only"
    assert only.toolTip()


def test_the_pickers_first_menu_has_the_models_already(qtbot: QtBot, composer: Composer, context: AppContext) -> None:
    write_model(context.settings.models_folder() / "tiny.gguf", name="Tiny")
    qtbot.mouseClick(composer.picker, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu.actions()[0].text().startswith("Tiny")
    menu.close()


def test_the_picker_shows_how_far_a_load_is(
    qtbot: QtBot, composer: Composer, context: AppContext, engine: FakeEngine
) -> None:
    engine.hold_loads = True
    context.link.start("/models/starter.gguf")
    qtbot.waitUntil(lambda: "50 %" in composer.picker.text())
    assert composer.picker.accessibleName().startswith("Model: Loading starter")
    engine.go_on.set()
    qtbot.waitUntil(lambda: context.link.loaded_path == "/models/starter.gguf")


def test_files_are_pasted_as_attachments_and_models_are_not(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("words")
    (tmp_path / "model.gguf").write_text("no")
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("notes.txt", "model.gguf", "gone.txt")])
    with qtbot.waitSignal(composer.files_offered) as told:
        composer.field.insertFromMimeData(files)
    assert told.args == [[tmp_path / "notes.txt"]]
    assert composer.text() == ""


def test_a_text_too_long_for_the_field_is_offered_as_an_attachment(qtbot: QtBot, composer: Composer) -> None:
    long = QMimeData()
    long.setText("word " * (LONGEST_PASTED // 4))
    with qtbot.waitSignal(composer.text_offered) as told:
        composer.field.insertFromMimeData(long)
    assert told.args == [long.text()]
    assert composer.text() == ""


def test_a_file_can_be_sent_without_words_and_taken_away(qtbot: QtBot, composer: Composer) -> None:
    assert not composer.send.isEnabled()
    composer.set_files([Attachment(7, None, "plan.pdf", 12_000, 4)])
    composer.set_file_tokens({7: 3210})
    assert composer.send.isEnabled()
    (chip,) = composer.chips.chips
    assert chip.accessibleName() == "plan.pdf, 4 pages, 3210 tokens"
    away = next(b for b in chip.findChildren(QToolButton) if b.accessibleName() == "Take away plan.pdf")
    with qtbot.waitSignal(composer.file_removed) as told:
        away.click()
    assert told.args == [7]
    composer.set_files([])
    assert not composer.chips.isVisibleTo(composer)


def test_what_does_not_fit_into_the_context_is_said_before_it_is_sent(composer: Composer) -> None:
    composer.set_tokens(4000, 4096)
    assert not composer.notice.isVisibleTo(composer)
    composer.set_tokens(5000, 4096)
    assert composer.notice.isVisibleTo(composer)
    assert "5000" in composer.notice.text()
    assert "4096" in composer.notice.text()


def test_ctrl_enter_adds_without_asking(qtbot: QtBot, composer: Composer) -> None:
    composer.set_draft("a note")
    with qtbot.waitSignal(composer.noted) as told, qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert told.args == ["a note"]
