"""Copies of chats are written a moment after a change, into the folder of the setting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from thimble.conversations import Role
from thimble.conversations.export import ENGLISH_NAMES
from thimble.ui.app_context import AppContext
from thimble.ui.chat import readable_copies
from thimble.ui.chat.readable_copies import SETTING, ReadableCopies


@pytest.fixture
def copies(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReadableCopies]:
    monkeypatch.setattr(readable_copies, "AFTER_MS", 1)
    made = ReadableCopies(context, lambda: (ENGLISH_NAMES, "New chat"))
    yield made
    made.close()
    made.deleteLater()


def test_nothing_is_written_without_a_folder(context: AppContext, copies: ReadableCopies) -> None:
    copies.look()
    assert not copies._soon.pending


def test_what_is_there_and_what_changes_is_copied(
    qtbot: QtBot, context: AppContext, copies: ReadableCopies, tmp_path: Path
) -> None:
    chat = context.store.create_conversation("Cats")
    context.store.add_message(chat.id, Role.USER, "Hi", parent_id=None)
    context.settings.set(SETTING, str(tmp_path))
    qtbot.waitUntil((tmp_path / "Cats.md").exists)
    context.store.rename(chat.id, "Tigers")
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    copies.look()
    qtbot.waitUntil(lambda: (tmp_path / "Tigers.md").exists() and not (tmp_path / "Cats.md").exists())
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_a_folder_that_is_gone_is_said_once(
    qtbot: QtBot, context: AppContext, copies: ReadableCopies, tmp_path: Path
) -> None:
    context.settings.set(SETTING, str(tmp_path / "gone"))
    said = lambda: [toast.text for toast in context.toasts.toasts if "not there" in toast.text]  # noqa: E731
    qtbot.waitUntil(lambda: len(said()) == 1)
    copies.look()
    qtbot.waitUntil(lambda: not copies._soon.pending and context.jobs.running == 0)
    assert len(said()) == 1
