"""One conversation as Markdown and as JSON."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from thimble.conversations import Conversation, Message, Role, Store, as_json, as_markdown, export
from thimble.conversations.export import with_ending
from thimble.errors import Code, ThimbleError


def _talk(store: Store) -> Conversation:
    conversation = store.create_conversation("Rivers")
    question = store.add_message(conversation.id, Role.USER, "Which is longest?\n", parent_id=None)
    store.add_message(conversation.id, Role.ASSISTANT, "The *Amazon*.", parent_id=question.id, model="m")
    store.add_message(conversation.id, Role.ASSISTANT, "The **Nile**.", parent_id=question.id, model="m")
    return store.conversation(conversation.id)


def test_markdown_holds_the_shown_path_with_texts_unchanged(store: Store) -> None:
    conversation = _talk(store)
    assert as_markdown(conversation, store.path(conversation.id)) == (
        "# Rivers\n\n## You\n\nWhich is longest?\n\n## Answer (m)\n\nThe **Nile**.\n"
    )


def test_markdown_names_roles_in_the_readers_language(store: Store) -> None:
    conversation = _talk(store)
    text = as_markdown(conversation, store.path(conversation.id), {"user": "Du", "assistant": "Antwort"})
    assert "## Du" in text
    assert "## Antwort (m)" in text


def test_a_conversation_without_title_gets_the_given_heading() -> None:
    empty = Conversation(1, "", 0.0, 0.0)
    assert as_markdown(empty, [], untitled="Unbenannt") == "# Unbenannt\n"


def test_json_holds_all_branches(store: Store) -> None:
    conversation = _talk(store)
    document = json.loads(as_json(conversation, store.messages(conversation.id)))
    assert (document["format"], document["version"]) == ("thimble-conversation", 1)
    assert document["conversation"]["title"] == "Rivers"
    assert [message["text"] for message in document["messages"]] == [
        "Which is longest?\n",
        "The *Amazon*.",
        "The **Nile**.",
    ]
    assert document["messages"][0]["parent_id"] is None


def test_json_writes_times_that_people_can_read() -> None:
    message = Message(1, 1, None, "user", "x", "done", "", 0.5)
    document = json.loads(as_json(Conversation(1, "", 0.0, 0.0), [message]))
    assert document["messages"][0]["created"] == "1970-01-01T00:00:00.500+00:00"


def test_an_export_replaces_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "chat.md"
    target.write_text("old")
    export.save_text(target, "new ü")
    assert target.read_text("utf-8") == "new ü"


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, Code.DISK_FULL), (errno.EACCES, Code.FILE_NOT_WRITABLE)])
def test_an_export_that_fails_says_why_and_keeps_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: Code
) -> None:
    target = tmp_path / "chat.md"
    target.write_text("old")

    def fail(_: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr("thimble.settings.os.fsync", fail)
    with pytest.raises(ThimbleError) as raised:
        export.save_text(target, "new")
    assert raised.value.problem.code == code
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["chat.md"]
    assert target.read_text() == "old"


def test_markdown_names_the_files_of_a_message(store: Store) -> None:
    conversation = store.create_conversation("Files")
    message = store.add_message(conversation.id, Role.USER, "", parent_id=None)
    text = as_markdown(conversation, [message], attached={message.id: ["plan.pdf"]})
    assert text == "# Files\n\n## You\n\n📎 plan.pdf\n"


def test_a_chosen_name_gets_its_ending_and_then_replaces_nothing(tmp_path: Path) -> None:
    (tmp_path / "Plan 1.5.PDF").write_text("mine")
    assert with_ending(tmp_path / "Plan 1.5.PDF", ".pdf") == tmp_path / "Plan 1.5.PDF"
    assert with_ending(tmp_path / "Plan 1.5", ".pdf") == tmp_path / "Plan 1.5 2.pdf"
    assert with_ending(tmp_path / "gone" / "a", ".pdf") == tmp_path / "gone" / "a.pdf"
