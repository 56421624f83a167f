"""The access token: tried, kept where it is said, never shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from tests.helpers.hub_server import Hub
from tests.ui.hub_fixtures import hub
from thimble.keychain import Kept
from thimble.library import tokens
from thimble.settings_table import GIB
from thimble.ui.app_context import AppContext
from thimble.ui.settings.controls import LineControl
from thimble.ui.settings.page import SettingsPage
from thimble.ui.settings.token import TokenRow

__all__ = ["hub"]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What is in the keyring; the key "file" stands for a system without one."""
    inside: dict[str, str] = {}

    def save(host: str, token: str) -> Kept:
        inside[host] = token
        return Kept.FILE if "file" in inside else Kept.KEYRING

    monkeypatch.setattr(tokens, "save", save)
    return inside


@pytest.fixture
def row(qtbot: QtBot, context: AppContext, hub: Hub) -> TokenRow:
    hub.users["hf_good"] = "anna"
    made = TokenRow(context)
    qtbot.addWidget(made)
    made.show()
    return made


def _enter(qtbot: QtBot, row: TokenRow, token: str) -> None:
    row.field.setText(token)
    qtbot.mouseClick(row.save, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(row.save.isEnabled)


def test_a_good_token_is_kept_and_its_owner_named(qtbot: QtBot, row: TokenRow, kept: dict[str, str], hub: Hub) -> None:
    assert row.field.echoMode() == QLineEdit.EchoMode.Password
    _enter(qtbot, row, "hf_good")
    assert "anna" in row.note.text()
    assert "keyring" in row.note.text()
    assert row.field.text() == ""
    assert list(kept.values()) == ["hf_good"]
    assert list(kept) == [hub.url.removeprefix("http://")]


def test_a_wrong_token_is_refused_and_not_kept(qtbot: QtBot, row: TokenRow, kept: dict[str, str]) -> None:
    _enter(qtbot, row, "hf_wrong")
    assert "does not accept" in row.note.text()
    assert kept == {}


def test_without_a_keyring_that_is_said(qtbot: QtBot, row: TokenRow, kept: dict[str, str]) -> None:
    kept["file"] = ""
    _enter(qtbot, row, "hf_good")
    assert "file that only your user may read" in row.note.text()


def test_offline_it_is_kept_untried(
    qtbot: QtBot, row: TokenRow, kept: dict[str, str], hub: Hub, context: AppContext
) -> None:
    context.settings.set("files.offline", True)
    _enter(qtbot, row, "hf_good")
    assert hub.seen == []
    assert "hf_good" in kept.values()


def test_the_hubs_address_is_a_line_in_the_settings(qtbot: QtBot, context: AppContext) -> None:
    page = SettingsPage(context, 16 * GIB)
    qtbot.addWidget(page)
    control = page.rows["files.hub_endpoint"].control
    assert isinstance(control, LineControl)
    control.field.setText(" mirror.example ")
    control.field.editingFinished.emit()
    assert context.settings.text("files.hub_endpoint") == "mirror.example"
    page.search.setText("token")
    assert not page.token.isHidden()
