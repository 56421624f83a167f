"""Tool servers, as a person enters, imports, starts and removes them; with the real bundled server."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from tests.helpers.memory_keyring import MemoryKeyring
from thimble.errors import Code, ThimbleError
from thimble.tools.servers import ToolServers, environment
from thimble.ui.app_context import AppContext
from thimble.ui.connections.kept_section import NEW
from thimble.ui.connections.page import ConnectionsPage
from thimble.ui.connections.tool_section import IMPORT, ImportForm, ServerForm, ToolSection


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, system_keyring: MemoryKeyring) -> ConnectionsPage:
    made = ConnectionsPage(context)
    qtbot.addWidget(made)
    return made


@pytest.fixture
def section(page: ConnectionsPage) -> ToolSection:
    return page.tools


def enter(section: ToolSection, command: str, environment: str = "") -> ServerForm:
    section.edit(NEW)
    form = section.form
    assert isinstance(form, ServerForm)
    form.command.setText(command)
    form.name.setText("Mine")
    form.environment.setPlainText(environment)
    form.save.click()
    return form


def test_the_example_is_one_click_away(qtbot: QtBot, context: AppContext, section: ToolSection) -> None:
    section.add_example.click()
    qtbot.waitUntil(lambda: bool(context.tools.all and context.tools.all[0].tools), timeout=20_000)
    (server,) = context.tools.all
    assert "calculate" in section.rows[server.id].where.whole_text()
    assert "5 tools" in section.rows[server.id].note.text()
    assert section.add_example.isHidden()


def test_a_program_that_is_not_there_is_said_at_its_row(
    qtbot: QtBot, context: AppContext, section: ToolSection
) -> None:
    enter(section, "/no/such/program --flag")
    (server,) = context.tools.all
    assert (server.name, server.command, server.args) == ("Mine", "/no/such/program", ("--flag",))
    qtbot.waitUntil(lambda: "is not there" in section.rows[server.id].note.text(), timeout=20_000)


def test_tools_that_cannot_be_kept_are_said_at_their_row(
    qtbot: QtBot, context: AppContext, section: ToolSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise ThimbleError(Code.DISK_FULL, "The disk is full.")

    monkeypatch.setattr(ToolServers, "set_tools", full)
    section.add_example.click()
    (server,) = context.tools.all
    qtbot.waitUntil(lambda: section.rows[server.id].note.text() == "The disk is full.", timeout=20_000)


def test_the_field_for_its_environment_can_be_seen(section: ToolSection) -> None:
    section.edit(NEW)
    form = section.form
    assert isinstance(form, ServerForm)
    picture = form.environment.grab().toImage()
    middle = picture.width() // 2
    assert picture.pixelColor(middle, 0) != picture.pixelColor(middle, 4)


def test_its_environment_goes_into_the_keyring(qtbot: QtBot, context: AppContext, section: ToolSection) -> None:
    enter(section, f"{sys.executable} -c pass", "API_KEY=k-1")
    (server,) = context.tools.all
    qtbot.waitUntil(lambda: "does not speak MCP" in section.rows[server.id].note.text(), timeout=20_000)
    assert environment(server.id) == {"API_KEY": "k-1"}


def test_another_command_inherits_neither_what_was_allowed_nor_the_environment(
    qtbot: QtBot, context: AppContext, section: ToolSection
) -> None:
    enter(section, f"{sys.executable} -c pass", "API_KEY=k-1")
    (before,) = context.tools.all
    qtbot.waitUntil(lambda: "does not speak MCP" in section.rows[before.id].note.text(), timeout=20_000)
    assert environment(before.id) == {"API_KEY": "k-1"}
    section.edit(before.id)
    form = section.form
    assert isinstance(form, ServerForm)
    form.command.setText("/no/such/program")
    form.save.click()
    (after,) = context.tools.all
    assert after.id != before.id
    qtbot.waitUntil(lambda: environment(before.id) == {})
    assert environment(after.id) == {}
    qtbot.waitUntil(lambda: "is not there" in section.rows[after.id].note.text(), timeout=20_000)


def test_another_name_keeps_everything(qtbot: QtBot, context: AppContext, section: ToolSection) -> None:
    enter(section, "/no/such/program --flag")
    (before,) = context.tools.all
    qtbot.waitUntil(lambda: "is not there" in section.rows[before.id].note.text(), timeout=20_000)
    section.edit(before.id)
    form = section.form
    assert isinstance(form, ServerForm)
    form.name.setText("Other")
    form.save.click()
    (after,) = context.tools.all
    assert (after.id, after.name) == (before.id, "Other")
    qtbot.waitUntil(lambda: "is not there" in section.rows[after.id].note.text(), timeout=20_000)


@pytest.mark.parametrize(("command", "variables"), [("", ""), ("npx 'open", ""), ("npx", "no equals"), ("http://", "")])
def test_what_makes_no_sense_is_said_in_the_form(
    context: AppContext, section: ToolSection, command: str, variables: str
) -> None:
    form = enter(section, command, variables)
    assert form.problem.text()
    assert context.tools.all == []


def test_an_import_starts_nothing(qtbot: QtBot, context: AppContext, section: ToolSection) -> None:
    section.edit(IMPORT)
    form = section.form
    assert isinstance(form, ImportForm)
    form.text.setPlainText('{"mcpServers": {"files": {"command": "npx", "args": ["-y"], "env": {"K": "1"}}}}')
    form.save.click()
    (server,) = context.tools.all
    assert (server.name, server.command, server.tools) == ("files", "npx", ())
    assert "Not started yet" in section.rows[server.id].note.text()
    qtbot.waitUntil(lambda: environment(server.id) == {"K": "1"})


def test_a_removed_server_can_be_put_back(context: AppContext, section: ToolSection) -> None:
    server = context.tools.add("Files", command="npx")
    remove = next(b for b in section.findChildren(QToolButton) if b.accessibleName() == "Remove Files")
    remove.click()
    assert context.tools.all == []
    context.undo.undo()
    assert context.tools.all == [server]
