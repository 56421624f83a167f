"""The Settings page shows, changes, filters and resets every setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble import paths
from thimble.settings import Settings
from thimble.settings_table import BY_KEY, GIB, MIB, SETTINGS, Scope
from thimble.ui.app_context import AppContext
from thimble.ui.settings.controls import (
    BytesControl,
    ChoiceControl,
    DecimalControl,
    FolderControl,
    IntegerControl,
    SwitchControl,
    TextControl,
)
from thimble.ui.settings.licences import LicencesWindow, licence_files, title
from thimble.ui.settings.page import SettingsPage
from thimble.ui.settings.row import SettingRow
from thimble.ui.theme import S3, Theme


@pytest.fixture
def page(qtbot: QtBot, context: AppContext) -> Iterator[SettingsPage]:
    made = SettingsPage(context, 16 * GIB)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    yield made
    made.hide()


def _visible(page: SettingsPage) -> set[str]:
    return {key for key, row in page.rows.items() if row.isVisible()}


def test_every_setting_has_a_row_with_its_value(page: SettingsPage, settings: Settings) -> None:
    general = [setting for setting in SETTINGS if setting.scope is not Scope.MODEL_ONLY]
    assert {k: r.control.value() for k, r in page.rows.items()} == {s.key: settings.value(s.key) for s in general}


def test_typing_filters_by_title_sentence_and_section(qtbot: QtBot, page: SettingsPage) -> None:
    qtbot.keyClicks(page.search, "processor")
    assert _visible(page) == {"engine.threads"}
    page.search.setText("memory limit")
    assert _visible(page) == {"engine.memory_limit"}


def test_a_search_without_match_says_so(page: SettingsPage) -> None:
    page.search.setText("xyzzy")
    assert _visible(page) == set()
    assert page.nothing.isVisible()
    page.search.clear()
    assert _visible(page) == {key for key, row in page.rows.items() if not row.setting.needs_predictor}
    assert not page.nothing.isVisible()


def test_folders_and_version_are_found_too(page: SettingsPage) -> None:
    page.search.setText("licences")
    assert page.sections[-1].isVisible()


def test_a_switch_acts_at_once(qtbot: QtBot, page: SettingsPage, settings: Settings) -> None:
    control = page.rows["files.offline"].control
    assert isinstance(control, SwitchControl)
    qtbot.mouseClick(control.switch, Qt.MouseButton.LeftButton)
    assert settings.switch("files.offline")
    qtbot.keyClick(control.switch, Qt.Key.Key_Space)
    assert not settings.switch("files.offline")


def test_choosing_dark_changes_the_theme_at_once(page: SettingsPage, context: AppContext) -> None:
    control = page.rows["look.theme"].control
    assert isinstance(control, ChoiceControl)
    control.combo.setCurrentIndex(control.combo.findData("dark"))
    control.combo.activated.emit(control.combo.currentIndex())
    assert context.theme.is_dark


def test_a_number_is_taken_when_typed_and_left(qtbot: QtBot, page: SettingsPage, settings: Settings) -> None:
    control = page.rows["engine.context"].control
    assert isinstance(control, IntegerControl)
    control.spin.setFocus()
    control.spin.selectAll()
    qtbot.keyClicks(control.spin, "2048")
    qtbot.keyClick(control.spin, Qt.Key.Key_Return)
    assert settings.integer("engine.context") == 2048


def test_automatic_steps_over_values_that_do_not_exist(page: SettingsPage, settings: Settings) -> None:
    control = page.rows["answers.max_tokens"].control
    assert isinstance(control, IntegerControl)
    assert control.spin.text() == "Automatic"
    control.spin.stepBy(1)
    assert settings.integer("answers.max_tokens") == 16
    control.spin.stepBy(-1)
    assert settings.integer("answers.max_tokens") == 0


def test_a_decimal_moves_with_its_slider(page: SettingsPage, settings: Settings) -> None:
    control = page.rows["answers.temperature"].control
    assert isinstance(control, DecimalControl)
    control.slider.setValue(12)
    assert settings.value("answers.temperature") == pytest.approx(1.2)
    control.spin.setValue(0.35)
    assert settings.value("answers.temperature") == pytest.approx(0.35)


def test_memory_is_chosen_in_gib_and_stored_in_bytes(page: SettingsPage, settings: Settings) -> None:
    control = page.rows["engine.memory_limit"].control
    assert isinstance(control, BytesControl)
    assert control.spin.text() == "What is free"
    control.slider.setValue(8)
    control.flush()
    assert settings.integer("engine.memory_limit") == 2 * GIB


def test_less_memory_than_the_least_becomes_the_least(page: SettingsPage, settings: Settings) -> None:
    control = page.rows["engine.memory_limit"].control
    assert isinstance(control, BytesControl)
    control.spin.setValue(0.02)
    control.flush()
    assert settings.integer("engine.memory_limit") == 64 * MIB


def test_small_sizes_are_in_mib(qtbot: QtBot, theme: Theme) -> None:
    control = BytesControl(theme, BY_KEY["engine.expert_cache"], 16 * GIB)
    qtbot.addWidget(control)
    control.set_value(7 * MIB)
    assert control.spin.text() == "7 MiB"
    with qtbot.waitSignal(control.changed) as told:
        control.spin.setValue(9)
        control.flush()
    assert told.args == [9 * MIB]


def test_a_folder_is_chosen_and_reset(page: SettingsPage, settings: Settings, tmp_path: Path) -> None:
    row = page.rows["files.models_folder"]
    assert isinstance(row.control, FolderControl)
    row.control.changed.emit(str(tmp_path))
    assert settings.text("files.models_folder") == str(tmp_path)
    assert page.about.models.fact.whole_text() == str(tmp_path)
    row.reset.click()
    assert settings.text("files.models_folder") == ""


def test_text_is_saved_after_a_pause_and_when_the_page_is_left(
    qtbot: QtBot, page: SettingsPage, settings: Settings
) -> None:
    control = page.rows["answers.system_prompt"].control
    assert isinstance(control, TextControl)
    control.edit.selectAll()
    qtbot.keyClicks(control.edit, "Be brief.")
    page.hide()
    assert settings.text("answers.system_prompt") == "Be brief."


def test_reset_is_shown_only_for_changed_values(page: SettingsPage, settings: Settings) -> None:
    row = page.rows["engine.threads"]
    assert row.reset.isHidden()
    settings.set("engine.threads", 2)
    assert row.reset.isVisible()
    row.reset.click()
    assert settings.integer("engine.threads") == 0
    assert row.reset.isHidden()


def test_resetting_a_text_can_be_undone(
    page: SettingsPage, settings: Settings, context: AppContext, qtbot: QtBot
) -> None:
    settings.set("answers.system_prompt", "Be brief.")
    page.rows["answers.system_prompt"].reset.click()
    assert settings.text("answers.system_prompt") == BY_KEY["answers.system_prompt"].default
    assert context.undo.undo()
    assert settings.text("answers.system_prompt") == "Be brief."


def test_another_language_waits_for_a_restart(page: SettingsPage, settings: Settings) -> None:
    settings.set("look.language", "de")
    assert page.rows["look.language"].note.isVisible()


def test_engine_settings_offer_a_reload_only_with_a_model(
    qtbot: QtBot, page: SettingsPage, settings: Settings, context: AppContext, engine: FakeEngine
) -> None:
    settings.set("engine.threads", 2)
    assert page.reload_banner.isHidden()
    context.link.start("/models/starter.gguf")
    qtbot.waitUntil(lambda: context.link.status.model is not None and not context.link.loading_path)
    settings.set("engine.threads", 1)
    assert page.reload_banner.isVisible()
    qtbot.mouseClick(page.reload_button, Qt.MouseButton.LeftButton)
    assert page.reload_banner.isHidden()
    qtbot.waitUntil(lambda: len(engine.loads) == 2)
    assert engine.loads[1][1].threads == 1
    qtbot.waitUntil(lambda: not context.link.loading_path)


def test_an_anchor_puts_the_focus_on_the_setting(qtbot: QtBot, page: SettingsPage) -> None:
    page.search.setText("xyzzy")
    page.show_anchor("files.offline")
    control = page.rows["files.offline"].control
    assert isinstance(control, SwitchControl)
    qtbot.waitUntil(control.switch.hasFocus)


def test_a_settings_file_that_cannot_be_written_is_said(
    qtbot: QtBot, context: AppContext, page: SettingsPage, settings: Settings, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", "utf-8")
    settings._path = blocked / "settings.json"
    control = page.rows["files.offline"].control
    assert isinstance(control, SwitchControl)
    qtbot.mouseClick(control.switch, Qt.MouseButton.LeftButton)
    assert "could not be saved" in context.toasts.toasts[0].text
    assert settings.switch("files.offline")


def test_the_engines_build_is_shown(qtbot: QtBot, page: SettingsPage, context: AppContext) -> None:
    assert page.about.engine.fact.whole_text() == "—"
    context.link.start()
    qtbot.waitUntil(lambda: "0.3.36+thimble.1" in page.about.engine.fact.whole_text())


def test_the_wheel_does_not_change_values(page: SettingsPage) -> None:
    for row in page.rows.values():
        assert isinstance(row, SettingRow)
        for child in row.control.findChildren(QWidget):
            assert child.focusPolicy() != Qt.FocusPolicy.WheelFocus or row.control._wheel is not None


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("LICENSE", "Thimble"),
        ("cryptography LICENSE.APACHE", "cryptography LICENSE.APACHE"),
        ("LGPL-2.1", "LGPL-2.1"),
        ("numpy LICENSE.txt", "numpy LICENSE"),
    ],
)
def test_a_text_is_called_what_tells_it_from_others(file: str, name: str) -> None:
    assert title(Path(file)) == name


def test_licences_are_read_from_the_assets(qtbot: QtBot, context: AppContext, page: SettingsPage) -> None:
    window = LicencesWindow(context, page)
    assert window.list.count() == len(licence_files(paths.assets_dir() / "licences"))
    if window.list.count():
        assert window.text.toPlainText()
    window.close()
    window.deleteLater()


def test_the_approximate_head_is_offered_for_models_with_a_predictor_only(
    qtbot: QtBot, page: SettingsPage, context: AppContext, engine: FakeEngine
) -> None:
    row = page.rows["engine.approximate_head"]
    assert not row.isVisible()
    context.link.start("/models/authors.gguf")
    qtbot.waitUntil(lambda: context.link.status.model is not None)
    assert not row.isVisible()
    model = context.link.status.model
    assert model is not None
    engine.set_status(replace(engine.status, model=replace(model, has_predictor=True)))
    qtbot.waitUntil(row.isVisible)
    engine.set_status(replace(engine.status, model=model))
    qtbot.waitUntil(lambda: not row.isVisible())


def test_a_switched_on_head_stays_in_sight_to_be_switched_off(page: SettingsPage, settings: Settings) -> None:
    row = page.rows["engine.approximate_head"]
    settings.set("engine.approximate_head", True)
    page.search.setText("head")
    assert row.isVisible()


def test_the_page_ends_where_its_last_row_does(page: SettingsPage) -> None:
    page.resize(828, 560)
    page.show()
    QCoreApplication.processEvents()
    content = page._scroll.widget()
    last = page.about.rows[-1]
    assert content is not None
    end = last.mapTo(content, last.rect().bottomLeft()).y()
    assert 0 < content.height() - end < 2 * S3


def test_tab_leaves_a_field_of_several_lines(qtbot: QtBot, page: SettingsPage) -> None:
    page.show()
    page.activateWindow()
    control = page.rows["answers.system_prompt"].control
    with qtbot.waitActive(page):
        control.setFocus()
    field = page.focusWidget()
    assert isinstance(field, QPlainTextEdit)
    before = field.toPlainText()
    qtbot.keyClick(field, Qt.Key.Key_Tab)
    assert not field.hasFocus()
    assert field.toPlainText() == before
