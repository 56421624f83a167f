"""The inspector: settings that hold in one conversation, and what is in the model's view."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QSlider
from pytestqt.qtbot import QtBot

from tests.helpers.widgets import child
from thimble.settings_table import BY_KEY
from thimble.ui.app_context import AppContext
from thimble.ui.chat.inspector import Inspector

MODEL = "/models/tiny.gguf"
TEMPERATURE, PROMPT, LONGEST = "answers.temperature", "answers.system_prompt", "answers.max_tokens"


@pytest.fixture
def inspector(qtbot: QtBot, context: AppContext) -> Inspector:
    made = Inspector(context)
    qtbot.addWidget(made)
    made.resize(300, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def told(inspector: Inspector) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = []
    inspector.changed.connect(values.append)
    return values


def value(inspector: Inspector, key: str) -> object:
    return inspector.rows[key].control.value()


def type_prompt(qtbot: QtBot, inspector: Inspector, text: str) -> None:
    field = child(inspector.rows[PROMPT].control, QPlainTextEdit)
    field.selectAll()
    qtbot.keyClicks(field, text)


def test_it_shows_what_holds_everywhere_until_something_is_chosen_here(
    inspector: Inspector, context: AppContext
) -> None:
    context.settings.set(TEMPERATURE, 0.9)
    assert value(inspector, TEMPERATURE) == 0.9
    assert not any(row.reset_button.isVisible() for row in inspector.rows.values())


def test_a_chosen_value_is_told_and_can_be_reset(
    qtbot: QtBot, inspector: Inspector, told: list[dict[str, Any]]
) -> None:
    row = inspector.rows[TEMPERATURE]
    child(row.control, QSlider).setValue(11)
    assert told == [{TEMPERATURE: 1.1}]
    qtbot.mouseClick(row.reset_button, Qt.MouseButton.LeftButton)
    assert told[-1] == {}
    assert value(inspector, TEMPERATURE) == BY_KEY[TEMPERATURE].default
    assert not row.reset_button.isVisible()


def test_the_system_prompt_is_told_when_the_typing_pauses(
    qtbot: QtBot, inspector: Inspector, told: list[dict[str, Any]]
) -> None:
    type_prompt(qtbot, inspector, "Be brief.")
    qtbot.waitUntil(lambda: bool(told))
    assert told == [{PROMPT: "Be brief."}]


def test_leaving_tells_at_once_what_was_typed(qtbot: QtBot, inspector: Inspector, told: list[dict[str, Any]]) -> None:
    type_prompt(qtbot, inspector, "Be brief.")
    inspector.flush()
    assert told == [{PROMPT: "Be brief."}]


def test_choosing_what_holds_everywhere_is_no_value_of_its_own(
    inspector: Inspector, told: list[dict[str, Any]]
) -> None:
    inspector.show_overrides({LONGEST: 64})
    inspector.rows[LONGEST].chosen.emit(0)
    assert told == [{}]


def test_values_this_version_does_not_know_are_kept(inspector: Inspector, told: list[dict[str, Any]]) -> None:
    inspector.show_overrides({"answers.from_the_future": 1})
    inspector.rows[LONGEST].chosen.emit(64)
    assert told == [{"answers.from_the_future": 1, LONGEST: 64}]


def test_another_conversation_brings_its_own_values(inspector: Inspector, told: list[dict[str, Any]]) -> None:
    inspector.show_overrides({TEMPERATURE: 1.5})
    assert value(inspector, TEMPERATURE) == 1.5
    assert inspector.rows[TEMPERATURE].reset_button.isVisible()
    inspector.show_overrides({})
    assert value(inspector, TEMPERATURE) == BY_KEY[TEMPERATURE].default
    assert told == []


def test_a_damaged_value_of_a_conversation_is_ignored(inspector: Inspector) -> None:
    inspector.show_overrides({TEMPERATURE: "hot"})
    assert value(inspector, TEMPERATURE) == BY_KEY[TEMPERATURE].default


def test_the_facts_name_model_length_and_use(qtbot: QtBot, inspector: Inspector, context: AppContext) -> None:
    assert inspector.model.whole_text() == "none loaded"
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: inspector.model.whole_text() == "tiny")
    inspector.set_tokens(12, 4096)
    assert inspector.used.text() == "12 tokens"
    assert "4" in inspector.length.text()


def test_every_control_says_what_it_is(inspector: Inspector) -> None:
    for row in inspector.rows.values():
        assert row.reset_button.accessibleName().startswith("Reset: ")
        assert row.control.accessibleDescription()


def entries(inspector: Inspector) -> dict[str, QAction]:
    return {action.text(): action for action in inspector.presets_menu().actions() if action.text()}


def test_a_preset_is_saved_chosen_in_another_chat_and_removed(
    qtbot: QtBot, inspector: Inspector, told: list[dict[str, Any]], context: AppContext
) -> None:
    assert not entries(inspector)["Save these settings as a preset"].isEnabled()
    inspector.show_overrides({TEMPERATURE: 0.1, PROMPT: "Be brief."})
    entries(inspector)["Save these settings as a preset"].trigger()
    qtbot.keyClicks(inspector.preset_name, "Terse")
    qtbot.keyClick(inspector.preset_name, Qt.Key.Key_Return)
    assert not inspector.preset_name.isVisible()
    inspector.show_overrides({})
    entries(inspector)["Terse"].trigger()
    assert told[-1] == {TEMPERATURE: 0.1, PROMPT: "Be brief."}
    assert value(inspector, TEMPERATURE) == 0.1
    assert entries(inspector)["Terse"].isChecked()
    entries(inspector)["As in all chats"].trigger()
    assert told[-1] == {}
    copy, delete = inspector.presets_menu().findChildren(QMenu)
    copy.actions()[0].trigger()
    entries(inspector)["Paste a preset"].trigger()
    assert "Terse 2" in entries(inspector)
    delete.actions()[0].trigger()
    assert "Terse" not in entries(inspector)
    context.undo.undo()
    assert "Terse" in entries(inspector)


def test_files_and_free_tokens_are_told_apart(inspector: Inspector, context: AppContext) -> None:
    inspector.set_tokens(1000, 4096)
    inspector.set_file_tokens(700)
    assert inspector.used.text() == "1000 tokens"
    assert inspector.by_files.text() == "700 tokens"
    assert inspector.free.text() == "3096 tokens"
