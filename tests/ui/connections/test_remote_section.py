"""Connections to other machines, as a person enters, checks, changes and removes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.helpers.memory_keyring import MemoryKeyring
from tests.helpers.scripted_server import Exchange, ScriptedServer, scripted_server
from thimble.errors import Code, ThimbleError
from thimble.remote.connections import KEYS, Connections
from thimble.ui.app_context import AppContext
from thimble.ui.connections.kept_section import NEW
from thimble.ui.connections.page import ConnectionsPage
from thimble.ui.connections.remote_section import RemoteSection


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    def script(exchange: Exchange) -> None:
        if exchange.headers.get("Authorization") != "Bearer sk-1":
            exchange.json({"error": {"message": "no"}}, 401)
        else:
            exchange.json({"data": [{"id": "big", "owned_by": "vllm", "max_model_len": 8192}]})

    with scripted_server(script) as made:
        yield made


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, system_keyring: MemoryKeyring) -> ConnectionsPage:
    made = ConnectionsPage(context)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def section(page: ConnectionsPage) -> RemoteSection:
    return page.remotes


def enter(section: RemoteSection, url: str, name: str = "Office", key: str = "") -> None:
    section.edit(NEW)
    assert section.form is not None
    section.form.url.setText(url)
    section.form.name.setText(name)
    section.form.key.setText(key)
    section.form.save.click()


def press(section: RemoteSection, name: str) -> None:
    button = next(b for b in section.findChildren(QToolButton) if b.accessibleName() == name and b.isEnabled())
    button.click()


def test_a_connection_is_entered_checked_and_remembered(
    qtbot: QtBot, context: AppContext, section: RemoteSection, server: ScriptedServer
) -> None:
    enter(section, server.base_url, key="sk-1")
    qtbot.waitUntil(lambda: bool(context.remotes.all and context.remotes.all[0].models))
    (connection,) = context.remotes.all
    assert (connection.name, connection.kind, connection.models[0].context) == ("Office", "vllm", 8192)
    assert KEYS.load(connection.key_name) == "sk-1"
    qtbot.waitUntil(lambda: "1 model" in section.rows[connection.id].note.text())
    assert "vLLM" in section.rows[connection.id].where.whole_text()


def test_what_is_wrong_with_a_server_stands_at_its_row(
    qtbot: QtBot, context: AppContext, section: RemoteSection, server: ScriptedServer
) -> None:
    enter(section, server.base_url)
    (connection,) = context.remotes.all
    qtbot.waitUntil(lambda: "wants a key" in section.rows[connection.id].note.text())


def test_models_that_cannot_be_kept_are_said_at_their_row(
    qtbot: QtBot, context: AppContext, section: RemoteSection, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise ThimbleError(Code.DISK_FULL, "The disk is full.")

    monkeypatch.setattr(Connections, "put", full)
    enter(section, server.base_url, key="sk-1")
    (connection,) = context.remotes.all
    qtbot.waitUntil(lambda: section.rows[connection.id].note.text() == "The disk is full.")


def test_what_is_no_address_is_said_in_the_form(context: AppContext, section: RemoteSection) -> None:
    enter(section, "ftp://x")
    assert section.form is not None
    assert "no address" in section.form.problem.text()
    assert context.remotes.all == []


def test_an_unencrypted_connection_is_said(context: AppContext, section: RemoteSection) -> None:
    connection = context.remotes.add("Office", "http://192.0.2.7:8000")
    assert "Not encrypted" in section.rows[connection.id].note.text()


def test_another_address_does_not_get_the_key(
    qtbot: QtBot, context: AppContext, section: RemoteSection, server: ScriptedServer
) -> None:
    enter(section, server.base_url, key="sk-1")
    qtbot.waitUntil(lambda: bool(context.remotes.all and context.remotes.all[0].models))
    with scripted_server(lambda exchange: exchange.json({"data": []})) as other:
        section.edit(context.remotes.all[0].id)
        assert section.form is not None
        section.form.url.setText(other.base_url)
        section.form.save.click()
        qtbot.waitUntil(lambda: bool(other.seen))
        connection = context.remotes.all[0]
        qtbot.waitUntil(lambda: "0 models" in section.rows[connection.id].note.text())
    assert other.seen[0].headers.get("Authorization") is None
    assert connection.models == ()


def test_a_removed_connection_can_be_put_back(context: AppContext, section: RemoteSection) -> None:
    connection = context.remotes.add("Office", "http://localhost:8000")
    press(section, "Remove Office")
    assert context.remotes.all == []
    context.undo.undo()
    assert context.remotes.all == [connection]


def test_a_removed_connections_key_is_forgotten_and_comes_back_with_it(
    qtbot: QtBot, context: AppContext, section: RemoteSection, server: ScriptedServer, system_keyring: MemoryKeyring
) -> None:
    enter(section, server.base_url, key="sk-1")
    qtbot.waitUntil(lambda: bool(context.remotes.all and context.remotes.all[0].models))
    press(section, "Remove Office")
    qtbot.waitUntil(lambda: system_keyring.kept == {})
    context.undo.undo()
    qtbot.waitUntil(lambda: list(system_keyring.kept.values()) == ["sk-1"])


def test_leaving_the_form_changes_nothing(context: AppContext, section: RemoteSection) -> None:
    connection = context.remotes.add("Office", "http://localhost:8000")
    press(section, "Edit Office")
    assert section.form is not None
    section.form.name.setText("Other")
    section.close_form()
    assert context.remotes.all == [connection]
    assert section.form is None
