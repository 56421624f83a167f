"""The chat template of one model: tried, kept, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import write_model
from thimble.ui.app_context import AppContext
from thimble.ui.models.template_editor import KEY, TemplateEditor


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_model(tmp_path / "tiny.gguf", template="of the file")


@pytest.fixture
def editor(qtbot: QtBot, context: AppContext, path: Path) -> TemplateEditor:
    made = TemplateEditor(context, str(path))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.field.isEnabled)
    return made


def keep(qtbot: QtBot, editor: TemplateEditor, text: str) -> None:
    """Writes a template and presses the button."""
    editor.field.setPlainText(text)
    qtbot.mouseClick(editor.keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: editor.state.text() != "Trying it…")


def test_the_files_own_is_shown_and_nothing_can_be_kept_yet(editor: TemplateEditor) -> None:
    assert editor.field.toPlainText() == "of the file"
    assert editor.state.text() == "The file's own."
    assert not editor.keep.isEnabled()
    assert not editor.reset.isVisible()


def test_one_that_works_is_kept_with_a_sample(
    qtbot: QtBot, editor: TemplateEditor, context: AppContext, path: Path
) -> None:
    keep(qtbot, editor, "my system one")
    assert context.settings.text(KEY, model=context.settings.model_key(path)) == "my system one"
    assert editor.sample.toPlainText() == "sample of my system one"
    assert editor.reset.isVisible()


def test_the_loaded_model_takes_it_at_once(
    qtbot: QtBot, editor: TemplateEditor, context: AppContext, engine: FakeEngine, path: Path
) -> None:
    context.link.load(str(path))
    qtbot.waitUntil(lambda: context.link.loaded_path == str(path))
    keep(qtbot, editor, "my system one")
    qtbot.waitUntil(lambda: engine.loads[-1][1].chat_template == "my system one")


def test_one_that_does_not_work_is_not_kept_and_stays_to_be_mended(
    qtbot: QtBot, editor: TemplateEditor, context: AppContext, path: Path
) -> None:
    keep(qtbot, editor, "bad one")
    assert "Line 3" in editor.state.text()
    assert editor.field.toPlainText() == "bad one"
    assert not context.settings.has_own(KEY, context.settings.model_key(path))
    qtbot.mouseClick(editor.discard, Qt.MouseButton.LeftButton)
    assert editor.field.toPlainText() == "of the file"


def test_the_way_back_can_be_taken_back(qtbot: QtBot, editor: TemplateEditor, context: AppContext, path: Path) -> None:
    keep(qtbot, editor, "my system one")
    qtbot.mouseClick(editor.reset, Qt.MouseButton.LeftButton)
    assert editor.field.toPlainText() == "of the file"
    context.undo.undo()
    assert context.settings.text(KEY, model=context.settings.model_key(path)) == "my system one"


def test_the_files_own_again_is_no_change(
    qtbot: QtBot, editor: TemplateEditor, context: AppContext, path: Path
) -> None:
    keep(qtbot, editor, "my system one")
    keep(qtbot, editor, "of the file")
    assert not context.settings.has_own(KEY, context.settings.model_key(path))


def test_a_place_without_a_system_prompt_is_said(qtbot: QtBot, editor: TemplateEditor) -> None:
    keep(qtbot, editor, "mine")
    assert "no place for a system prompt" in editor.state.text()
