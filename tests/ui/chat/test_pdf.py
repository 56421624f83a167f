"""A chat as a PDF, read back by another library."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from thimble.conversations import Role
from thimble.errors import Code, ThimbleError
from thimble.retrieval import Found, Passage
from thimble.ui.app_context import AppContext
from thimble.ui.chat.actions import ChatActions
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.pdf import Part, write_pdf

MARKDOWN = """<think>Let me see.</think>
# Result

| Town | Rain |
|---|---|
| Oslo | 700 mm |

```python
def answer():
    return 42
```

Inline $E = mc^2$ and ![a cat](/etc/passwd) and <script>alert(1)</script>.
"""


def _text(path: Path) -> str:
    """Its words with one space between: how Qt's spaces are read depends on the font."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_words_tables_code_and_thoughts_are_on_paper_and_nothing_is_fetched(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "chat.pdf"
    write_pdf(
        path,
        "A chat",
        [Part("You", "Why *not*?\nSecond line", ("notes.txt",), plain=True), Part("Answer (tiny)", MARKDOWN)],
        "Thoughts",
    )
    text = _text(path)
    for words in ("A chat", "Why *not*?", "Second line", "notes.txt", "Answer (tiny)", "Thoughts", "Let me see."):
        assert words in text
    for words in ("Oslo", "700 mm", "return 42", "a cat", "<script>alert(1)</script>"):
        assert words in text
    assert "root:" not in text
    assert "<think>" not in text
    assert any(page.images for page in PdfReader(path).pages)  # the formula
    metadata = PdfReader(path).metadata
    assert metadata is not None
    assert metadata.title == "A chat"


def test_long_chats_have_pages_and_long_lines_of_code_are_not_cut(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "chat.pdf"
    code = "```\n" + "word " * 80 + "theend\n```"
    write_pdf(path, "Long", [Part("Answer", "A paragraph of words.\n\n" * 150), Part("Answer", code)], "Thoughts")
    assert len(PdfReader(path).pages) > 3
    assert "theend" in _text(path)


def test_it_can_be_written_in_a_thread(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "chat.pdf"
    thread = threading.Thread(target=write_pdf, args=(path, "T", [Part("Answer", MARKDOWN)], "Thoughts"))
    thread.start()
    thread.join(30)
    assert "Oslo" in _text(path)


def test_a_place_that_cannot_be_written_is_said_and_an_older_file_stays(qapp: QApplication, tmp_path: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        write_pdf(tmp_path / "nowhere" / "chat.pdf", "T", [Part("Answer", "x")], "Thoughts")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE
    assert not (tmp_path / "nowhere").exists()


def test_a_full_disk_is_said(qapp: QApplication) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(ThimbleError):
        write_pdf(Path("/dev/full/chat.pdf"), "T", [Part("Answer", "x")], "Thoughts")


def test_a_chat_is_exported_with_its_files_and_passages(
    qtbot: QtBot, context: AppContext, answering: Answering, tmp_path: Path
) -> None:
    actions = ChatActions(context, answering)
    chat = context.store.create_conversation("Ferry")
    question = context.store.add_message(chat.id, Role.USER, "When?", parent_id=None)
    file = context.store.attach(chat.id, "plan.pdf", "text", 3)
    context.store.give_attachments([file.id], chat.id, question.id)
    context.store.update_message(question.id, passages=Found((Passage("plan.pdf", "t", (2, 2)),)).to_json())
    context.store.add_message(chat.id, Role.ASSISTANT, "At **nine**.", parent_id=question.id, model="tiny")
    path = tmp_path / "Ferry.pdf"
    actions.export(chat.id, path)
    qtbot.waitUntil(lambda: any("Ferry.pdf" in toast.text for toast in context.toasts.toasts))
    text = _text(path)
    for words in ("Ferry", "When?", "plan.pdf", "1 passage from plan.pdf, page 2", "Answer (tiny)", "nine"):
        assert words in text
    actions.deleteLater()
