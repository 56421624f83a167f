"""The list's folders, pins, trash and temporary chat; export and import."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from thimble.conversations import Conversation, Folder
from thimble.conversations.export import file_name
from thimble.ui.app_context import AppContext
from thimble.ui.chat.actions import ChatActions
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.chat_list import ChatListPanel
from thimble.ui.chat.chat_rows import Age, listed_rows


@pytest.fixture
def actions(context: AppContext, answering: Answering) -> ChatActions:
    return ChatActions(context, answering, answering)


@pytest.fixture
def chats(context: AppContext) -> list[Conversation]:
    return [context.store.create_conversation(title) for title in ("Cats", "Weather", "Dinner")]


@pytest.fixture
def panel(qtbot: QtBot, context: AppContext, actions: ChatActions, chats: list[Conversation]) -> ChatListPanel:
    made = ChatListPanel(context, actions)
    QAbstractItemModelTester(made.rows, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    qtbot.addWidget(made)
    made.resize(260, 500)
    with qtbot.waitSignal(made.loaded):
        made.show()
    qtbot.waitExposed(made)
    return made


def rows(panel: ChatListPanel) -> list[str]:
    found = [panel.rows.row(place) for place in range(panel.rows.rowCount())]
    return [row.text for row in found if row is not None]


def entries(menu: QMenu) -> dict[str, QAction]:
    return {action.text(): action for action in menu.actions() if action.text()}


def menu_at(panel: ChatListPanel, text: str) -> dict[str, QAction]:
    row = panel.rows.row(rows(panel).index(text))
    assert row is not None
    return entries(panel.menu_of(row))


def reloaded(qtbot: QtBot, panel: ChatListPanel, act: object) -> None:
    assert callable(act)
    with qtbot.waitSignal(panel.loaded):
        act()


def test_rows_are_pinned_ones_then_folders_then_days() -> None:
    def chat(number: int, **more: object) -> Conversation:
        return Conversation(number, f"c{number}", 0.0, 0.0, **more)  # type: ignore[arg-type]

    all_of_them = [chat(1, pinned=True, folder_id=7), chat(2, folder_id=7), chat(3, folder_id=99), chat(4)]
    made = listed_rows(
        all_of_them,
        [Folder(7, "Work"), Folder(8, "Empty")],
        {8},
        date(2026, 1, 1),
        lambda age: age.name,
        untitled="-",
        pinned="Pinned",
    )
    assert [(r.text, r.count, r.folded) for r in made if r.is_section] == [
        ("Pinned", 0, False),
        ("Work", 1, False),
        ("Empty", 0, True),
        (Age.OLDER.name, 0, False),
    ]
    assert [r.conversation_id for r in made if not r.is_section] == [1, 2, 3, 4]


def test_a_pinned_chat_stands_at_the_top(qtbot: QtBot, panel: ChatListPanel) -> None:
    reloaded(qtbot, panel, menu_at(panel, "Cats")["Pin"].trigger)
    assert rows(panel) == ["Pinned", "Cats", "Today", "Dinner", "Weather"]
    reloaded(qtbot, panel, menu_at(panel, "Cats")["Unpin"].trigger)
    assert rows(panel) == ["Today", "Dinner", "Weather", "Cats"]


def test_a_new_folder_is_named_at_once_and_takes_chats(qtbot: QtBot, panel: ChatListPanel, context: AppContext) -> None:
    reloaded(qtbot, panel, entries(panel.more_menu())["New folder"].trigger)
    field = next(f for f in panel.view.viewport().findChildren(QLineEdit) if f.isVisible())
    qtbot.keyClicks(field, "Home")
    with qtbot.waitSignal(panel.loaded):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(panel)[0] == "Home")
    menu = panel.menu_of(panel.rows.row(rows(panel).index("Cats")))  # type: ignore[arg-type]  # it is there
    into = next(action.menu() for action in menu.actions() if action.text() == "Move to folder")
    assert isinstance(into, QMenu)
    entries(into)["Home"].trigger()
    qtbot.waitUntil(lambda: rows(panel) == ["Home", "Cats", "Today", "Dinner", "Weather"])


def test_a_folder_folds_by_click_and_key_and_stays_so(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    folder = context.store.create_folder("Home")
    context.store.move(chats[0].id, folder.id)
    reloaded(qtbot, panel, panel.reload)
    place = panel.view.visualRect(panel.rows.index(0, 0)).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert rows(panel) == ["Home", "Today", "Dinner", "Weather"]
    reloaded(qtbot, panel, panel.reload)
    assert rows(panel)[:2] == ["Home", "Today"]
    qtbot.keyClick(panel.view, Qt.Key.Key_Right)
    assert rows(panel)[:2] == ["Home", "Cats"]
    assert panel.rows.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Folder Home, 1, open"


def test_a_removed_folder_leaves_its_chats_and_comes_back(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    folder = context.store.create_folder("Home")
    context.store.move(chats[0].id, folder.id)
    reloaded(qtbot, panel, panel.reload)
    reloaded(qtbot, panel, menu_at(panel, "Home")["Remove folder"].trigger)
    assert "Cats" in rows(panel)
    assert "Home" not in rows(panel)
    reloaded(qtbot, panel, context.undo.undo)
    assert rows(panel)[:2] == ["Home", "Cats"]


def test_the_trash_shows_what_was_deleted_and_gives_it_back(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    context.store.delete(chats[0].id)
    context.store.delete(chats[1].id)
    reloaded(qtbot, panel, entries(panel.more_menu())["Trash"].trigger)
    assert rows(panel) == ["Trash: kept for 30 days", "Weather", "Cats"]
    reloaded(qtbot, panel, menu_at(panel, "Cats")["Restore"].trigger)
    reloaded(qtbot, panel, menu_at(panel, "Weather")["Delete for good"].trigger)
    assert panel.hint.text() == "The trash is empty."
    reloaded(qtbot, panel, panel.back_button.click)
    assert rows(panel) == ["Today", "Dinner", "Cats"]


def test_delete_in_the_trash_does_not_delete_for_good(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    context.store.delete(chats[0].id)
    reloaded(qtbot, panel, lambda: panel.show_trash(True))
    panel.view.setCurrentIndex(panel.rows.index(1, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [c.id for c in context.store.trash()] == [chats[0].id]


def test_what_was_deleted_for_good_or_given_back_by_the_trash_is_not_offered_for_undo(
    actions: ChatActions, context: AppContext
) -> None:
    gone, back = (context.store.create_conversation(title).id for title in ("Gone", "Back"))
    for chat in (gone, back):
        actions.delete(chat)
    actions.purge(gone)
    actions.restore(back)
    assert context.toasts.toasts == ()
    assert not context.undo.undo()


def test_a_search_leaves_the_trash(qtbot: QtBot, panel: ChatListPanel) -> None:
    reloaded(qtbot, panel, lambda: panel.show_trash(True))
    qtbot.keyClicks(panel.search, "Din")
    qtbot.waitUntil(lambda: rows(panel) == ["1 chat found", "Dinner"])
    assert not panel.back_button.isVisible()


def test_a_temporary_chat_stands_apart_and_can_be_discarded(
    qtbot: QtBot, panel: ChatListPanel, answering: Answering
) -> None:
    answering.stores.begin_temporary()
    reloaded(qtbot, panel, panel.reload)
    assert rows(panel)[:2] == ["Temporary, stored nowhere", "New chat"]
    menu = menu_at(panel, "New chat")
    assert list(menu) == ["Open beside", "Keep this chat", "Copy as Markdown", "Discard"]
    reloaded(qtbot, panel, menu["Discard"].trigger)
    assert rows(panel)[0] == "Today"


def test_a_chat_is_exported_as_markdown_and_as_json(
    qtbot: QtBot, context: AppContext, actions: ChatActions, chats: list[Conversation], tmp_path: Path
) -> None:
    question = context.store.add_message(chats[0].id, "user", "Meow?", parent_id=None)
    context.store.add_message(chats[0].id, "assistant", "Meow.", parent_id=question.id, model="tiny")
    for name in ("cats.md", "cats.json"):
        actions.export(chats[0].id, tmp_path / name)
        qtbot.waitUntil((tmp_path / name).exists)
    assert (tmp_path / "cats.md").read_text() == "# Cats\n\n## You\n\nMeow?\n\n## Answer (tiny)\n\nMeow.\n"
    assert [m["text"] for m in json.loads((tmp_path / "cats.json").read_text())["messages"]] == ["Meow?", "Meow."]
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_all_chats_are_exported_and_come_back_by_import(
    qtbot: QtBot, context: AppContext, actions: ChatActions, chats: list[Conversation], tmp_path: Path
) -> None:
    for chat in chats:
        context.store.add_message(chat.id, "user", f"about {chat.title}", parent_id=None)
    context.store.rename(chats[1].id, "cats")  # the same name on some systems
    actions.export_all(tmp_path)
    qtbot.waitUntil(lambda: len(list(tmp_path.glob("*.json"))) == 3)
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    for chat in chats:
        context.store.delete(chat.id)
    actions.import_files(sorted(tmp_path.glob("*.json")))
    qtbot.waitUntil(lambda: len(context.store.conversations()) == 3)
    assert {c.title for c in context.store.conversations()} == {"Cats", "cats", "Dinner"}
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_exporting_all_chats_replaces_no_file(
    qtbot: QtBot, context: AppContext, actions: ChatActions, chats: list[Conversation], tmp_path: Path
) -> None:
    (tmp_path / "cats.json").write_text("mine")
    actions.export_all(tmp_path)
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert (tmp_path / "cats.json").read_text() == "mine"
    assert json.loads((tmp_path / "Cats 2.json").read_text())["conversation"]["title"] == "Cats"
    actions.export_all(tmp_path)
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert len(list(tmp_path.glob("*.json"))) == 1 + 2 * len(chats)


def test_a_wrong_import_file_and_a_place_that_cannot_be_written_are_said(
    qtbot: QtBot, context: AppContext, actions: ChatActions, chats: list[Conversation], tmp_path: Path
) -> None:
    (tmp_path / "wrong.json").write_text("{}")
    actions.import_files([tmp_path / "wrong.json"])
    actions.export(chats[0].id, tmp_path / "wrong.json" / "x.md")
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    texts = " ".join(toast.text for toast in context.toasts.toasts)
    assert "No conversation was found in “wrong.json”" in texts
    assert "could not be exported" in texts


@pytest.mark.parametrize(
    ("title", "name"), [("a/b: c?", "a b c"), ("...", "chat"), ("x" * 200, "x" * 80), ("Grüße 🌍", "Grüße 🌍")]
)
def test_a_title_becomes_a_name_that_every_system_takes(title: str, name: str) -> None:
    assert file_name(title) == name
