"""Files and folders that are searched: how they come in, what the model reads of them, what is shown of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble import paths
from thimble.conversations import Role
from thimble.errors import Code
from thimble.retrieval import Found, Passage
from thimble.retrieval.choosing import Note
from thimble.retrieval.folders import FolderState
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.folder_chips import FolderChips
from thimble.ui.chat.folder_updates import FolderStatus
from thimble.ui.chat.passage_search import INDEX_FILE
from thimble.ui.chat.passage_words import heading, note_words, summary
from thimble.ui.chat.passages_view import PassagesView

MODEL = "/models/tiny.gguf"
LONG = "\n\n".join(
    f"Chapter {n}. "
    + ("The ferry to Norderney leaves at nine. " if n == 77 else "Nothing of note happened here. ") * 12
    for n in range(150)
)


@pytest.fixture
def ready(qtbot: QtBot, context: AppContext) -> AppContext:
    """A model is resident."""
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: context.link.loaded_path == MODEL)
    return context


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "ferry.md").write_text("The ferry to Norderney leaves at nine.")
    (folder / "bread.md").write_text("Rye bread is baked for an hour.")
    return folder


def _asked(qtbot: QtBot, controller: ChatController, engine: FakeEngine, text: str) -> str:
    """Sends a question; what the model reads of it."""
    before = len(engine.requests)
    controller.send(text)
    qtbot.waitUntil(lambda: not controller.answering, timeout=20_000)
    assert len(engine.requests) == before + 1
    return str(engine.requests[-1].messages[-1]["content"])


def _attach(qtbot: QtBot, controller: ChatController, text: str = LONG, *, searched: bool = True) -> int:
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach_text("book.txt", text)
    (file,) = controller.outbox.files
    if file.searched != searched:
        controller.outbox.choose_search(file.id, searched)
    return file.id


def test_of_a_searched_file_the_model_reads_the_passages_that_fit(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    _attach(qtbot, controller)
    shown: list[Found | None] = []
    controller.changed.connect(lambda message: shown.append(message.passages))
    read = _asked(qtbot, controller, engine, "When does the ferry leave?")
    assert "Passage from “book.txt”:\n```\nChapter 7" in read
    assert "The ferry to Norderney leaves at nine." in read
    assert read.endswith("When does the ferry leave?")
    assert len(read) < len(LONG) / 5
    question = controller.path[0]
    assert question.passages is not None
    assert Found.from_json(question.passages).passages[0].text.endswith("leaves at nine.")
    assert shown[0] is not None


def test_each_question_has_its_own_passages_and_an_answer_written_anew_keeps_them(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    _attach(qtbot, controller, "Alpha is one.\n\n" + "filler " * 150 + "\n\nBeta is two.")
    _asked(qtbot, controller, engine, "What is alpha?")
    read = _asked(qtbot, controller, engine, "And beta?")
    assert "Beta is two" in read
    assert "Passage" not in engine.requests[-1].messages[0]["content"]
    stored = controller.path[2].passages
    controller.messages.regenerate(controller.path[3].id)
    qtbot.waitUntil(lambda: not controller.answering)
    assert engine.requests[-1].messages == engine.requests[-2].messages
    assert controller.path[2].passages == stored


def test_the_whole_prompt_fits_with_its_passages(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.set_overrides({})
    ready.settings.set("answers.passages", 40)
    ready.settings.set("engine.context", 512)
    ready.link.load(MODEL)
    qtbot.waitUntil(lambda: (ready.link.status.model or ready.link).context == 512)  # type: ignore[union-attr]
    _attach(qtbot, controller)
    _asked(qtbot, controller, engine, "Nothing of note happened?")
    words = sum(len(message["content"].split()) for message in engine.requests[-1].messages)
    assert 200 < words <= 512 - 512 // 4


def test_what_does_not_fit_is_searched_by_itself_and_can_be_read_whole_again(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    capacity = ready.link.status.model.context if ready.link.status.model else 0
    file = _attach(qtbot, controller, "word " * (capacity + 5), searched=False)
    controller.outbox._kept_whole.clear()
    qtbot.waitUntil(lambda: controller.outbox.files[0].searched)
    controller.outbox.choose_search(file, False)
    with qtbot.waitSignal(controller.tokens_changed):
        controller.outbox.write("and a question")
    assert not controller.outbox.files[0].searched


def test_a_searched_file_counts_for_nothing_in_the_context(
    qtbot: QtBot, ready: AppContext, controller: ChatController
) -> None:
    file = _attach(qtbot, controller)
    told: list[int] = []
    controller.file_tokens_changed.connect(told.append)
    controller.outbox.write("a question")
    qtbot.waitUntil(lambda: bool(told))
    assert told == [0]
    assert file not in controller.file_tokens


def test_a_text_that_cannot_fit_is_searched_from_the_beginning(
    qtbot: QtBot, context: AppContext, controller: ChatController
) -> None:
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach_text("long.txt", "many words " * 60_000)
    assert controller.outbox.files[0].searched


def test_a_folder_is_indexed_and_searched_with_what_has_changed(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, notes: Path
) -> None:
    told: list[list[FolderStatus]] = []
    controller.folders.changed.connect(told.append)
    controller.folders.add([notes])
    qtbot.waitUntil(lambda: bool(told) and told[-1][0].state == FolderState(files=2) and not told[-1][0].running)
    assert "leaves at nine" in _asked(qtbot, controller, engine, "When does the ferry leave?")
    assert ready.store.searched_folders(controller.path[0].conversation_id) == [str(notes)]
    (notes / "ferry.md").write_text("The ferry to Norderney leaves at noon on Sundays.")
    assert "noon on Sundays" in _asked(qtbot, controller, engine, "And the ferry on Sundays?")


def test_a_folder_of_a_new_chat_waits_for_its_first_message_and_others_can_use_it(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, notes: Path
) -> None:
    controller.folders.add([notes])
    controller.new_chat()
    assert controller.folders.paths == [str(notes)]
    _asked(qtbot, controller, engine, "ferry?")
    controller.new_chat()
    assert controller.folders.paths == []
    assert controller.folders.others() == [str(notes)]
    qtbot.waitUntil(lambda: not controller.folders.updates.status(str(notes)).running)


def test_a_folder_that_is_taken_away_and_given_again_is_indexed(
    qtbot: QtBot, ready: AppContext, controller: ChatController, notes: Path
) -> None:
    controller.folders.add([notes])
    controller.folders.remove(str(notes))
    controller.folders.add([notes])
    updates = controller.folders.updates
    qtbot.waitUntil(lambda: updates.status(str(notes)).state == FolderState(files=2))
    qtbot.waitUntil(lambda: not updates.status(str(notes)).running)


def test_indexing_that_is_stopped_says_how_much_is_left(
    qtbot: QtBot, ready: AppContext, controller: ChatController, notes: Path
) -> None:
    for number in range(300):
        (notes / f"{number}.txt").write_text("words " * 2000)
    updates = controller.folders.updates
    controller.folders.add([notes])
    updates.stop(str(notes))
    qtbot.waitUntil(lambda: not updates.status(str(notes)).running)
    state = updates.status(str(notes)).state
    assert state is not None
    assert state.unread != 0


def test_a_missing_folder_is_said_under_the_question(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, notes: Path
) -> None:
    controller.folders.add([notes])
    qtbot.waitUntil(lambda: controller.folders.updates.status(str(notes)).state is not None)
    notes.rename(notes.with_name("elsewhere"))
    assert "leaves at nine" in _asked(qtbot, controller, engine, "ferry?")
    assert Found.from_json(controller.path[0].passages or {}).notes == (Note("missing", str(notes)),)


def test_an_index_that_cannot_be_written_is_said_and_the_question_answered(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    (paths.data_dir() / INDEX_FILE).mkdir()
    _attach(qtbot, controller)
    assert "Passage from" not in _asked(qtbot, controller, engine, "ferry?")
    (note,) = Found.from_json(controller.path[0].passages or {}).notes
    assert note.kind == "failed"
    assert "cannot be written" in note.detail


def test_a_stop_while_it_is_looked_ends_the_answer(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _attach(qtbot, controller)
    controller.send("ferry?")
    controller.stop()
    qtbot.waitUntil(lambda: not controller.answering)
    qtbot.waitUntil(lambda: ready.jobs.running == 0, timeout=10_000)
    assert controller.path[-1].state == "stopped"
    assert engine.requests == []


def test_nothing_of_a_temporary_chat_is_in_a_file(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.begin_temporary()
    _attach(qtbot, controller)
    assert "ferry to Norderney" in _asked(qtbot, controller, engine, "When does the ferry leave?")
    files = [path for path in paths.data_dir().rglob("*") if path.is_file()]
    assert not any(b"Norderney" in path.read_bytes() for path in files)


def test_what_no_chat_looks_in_any_more_is_forgotten_at_the_next_start(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, answering: Answering
) -> None:
    _attach(qtbot, controller)
    _asked(qtbot, controller, engine, "ferry?")
    owner = controller.path[0].conversation_id
    index = answering.passages._index
    assert len(index.on_disk().sources()) == 1
    ready.store.delete(owner)
    ready.store.purge(owner)
    again = type(index)(paths.data_dir() / INDEX_FILE, ready.store)
    assert again.on_disk().sources() == []
    again.close()


def test_a_copy_of_a_chat_looks_in_the_same_files_and_folders(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, notes: Path
) -> None:
    controller.folders.add([notes])
    _attach(qtbot, controller)
    _asked(qtbot, controller, engine, "ferry?")
    controller.messages.fork(controller.path[-1].id)
    assert controller.folders.paths == [str(notes)]
    assert controller.path[0].passages is not None
    (files,) = ready.store.attachments(controller.path[0].conversation_id).values()
    assert files[0].searched
    qtbot.waitUntil(lambda: not controller.folders.updates.status(str(notes)).running)


def test_an_answer_that_failed_for_its_length_can_be_asked_again_with_passages(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    _attach(qtbot, controller, "Alpha is one.", searched=False)
    _asked(qtbot, controller, engine, "What is alpha?")
    answer = controller.path[-1]
    ready.store.update_message(answer.id, state="failed", problem={"code": Code.CONTEXT_TOO_LONG, "sentence": "Long."})
    noticed: list[list[str]] = []
    controller.noticed.connect(lambda _id, _sentence, buttons: noticed.append([words for words, _ in buttons]))
    controller.show()
    assert noticed[-1] == ["Search in the files", "Longer context", "Try again"]
    controller.messages.search_in_files(answer.id)
    qtbot.waitUntil(lambda: not controller.answering)
    assert engine.requests[-1].messages[-1]["content"].startswith("File “book.txt”: passages")
    assert "Passage from “book.txt”" in engine.requests[-1].messages[-1]["content"]


# --- words and widgets -----------------------------------------------------------------------------------------------

FOUND = Found((Passage("a/report.pdf", "Third page.", (3, 3), 12), Passage("a/report.pdf", "Seventh.", (7, 8))))


def test_what_was_found_is_said_in_words() -> None:
    assert summary(FOUND) == "2 passages from report.pdf, pages 3, 7, 8"
    assert summary(Found((Passage("x.txt", "t"),))) == "1 passage from x.txt"
    many = Found(tuple(Passage(f"{letter}.md", "t") for letter in "abcde"))
    assert summary(many) == "5 passages from a.md, b.md, c.md and 2 more"
    assert heading(FOUND.passages[0]) == "a/report.pdf · page 3 · 12 tokens"
    for kind in ("nothing", "no_room", "unread", "missing", "failed"):
        assert note_words(Note(kind, "/x/notes"))
    assert note_words(Note("newer", "")) == ""


def test_the_passages_open_and_close(qtbot: QtBot, context: AppContext) -> None:
    view = PassagesView(context.theme, None)  # type: ignore[arg-type]  # a window of its own
    qtbot.addWidget(view)
    view.set_found(Found(FOUND.passages, (Note("unread"),)))
    folded = view.lay_out(500)
    with qtbot.waitSignal(view.resized):
        view.button.click()
    assert view.lay_out(500) > folded + 60
    assert [text.text() for _, text in view._parts] == ["Third page.", "Seventh."]
    view.button.click()
    assert view.lay_out(500) == folded


def test_a_folder_chip_says_how_it_stands(qtbot: QtBot, context: AppContext) -> None:
    chips = FolderChips(context.theme, None)  # type: ignore[arg-type]  # a window of its own
    qtbot.addWidget(chips)
    said = {
        "Indexing… 50 %": FolderStatus("/x/notes", running=True, done=1, total=2),
        "2 files": FolderStatus("/x/notes", state=FolderState(2)),
        "Not there": FolderStatus("/x/notes", state=FolderState(2, missing=True)),
        "2 files · 1 unreadable": FolderStatus("/x/notes", state=FolderState(2, 1), broken=(("a.pdf", "Damaged."),)),
        "2 files · 9 not read": FolderStatus("/x/notes", state=FolderState(2, unread=9)),
        "2 files · not looked through": FolderStatus("/x/notes", state=FolderState(2, unread=None)),
        "Not indexed": FolderStatus("/x/notes", problem="The disk is full."),
    }
    for words, status in said.items():
        chips.set_folders([status])
        (chip,) = chips.chips
        assert chip.accessibleName() == f"notes, {words}".replace("\u00a0", " ") or words in chip.accessibleName()
    chips.set_folders([said["2 files · 1 unreadable"]])
    menu = chips.chips[0].menu()
    broken = next(action.menu() for action in menu.actions() if action.text() == "Could not be read")
    assert broken.actions()[0].text() == "a.pdf: Damaged."  # type: ignore[attr-defined]
    menu.deleteLater()
    with qtbot.waitSignal(chips.removed) as told:
        chips.chips[0].removed.emit()
    assert told.args == ["/x/notes"]


def test_the_menu_of_the_paper_clip_offers_other_chats_folders(
    qtbot: QtBot, ready: AppContext, controller: ChatController, notes: Path
) -> None:
    other = ready.store.create_conversation("other")
    ready.store.add_message(other.id, Role.USER, "hi", parent_id=None)
    ready.store.set_searched_folders(other.id, [str(notes)])
    assert controller.folders.others() == [str(notes)]
    controller.open(other.id)
    assert controller.folders.others() == []
    qtbot.waitUntil(lambda: not controller.folders.updates.status(str(notes)).running)
