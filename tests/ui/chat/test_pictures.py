"""Pictures in a chat: read, kept with their message, sent with each turn, counted, and said when nobody sees them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QSize, QUrl
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import PICTURE_TOKENS, FakeEngine
from thimble.conversations import AttachedFile, Attachment, Message, Role, as_json
from thimble.conversations.importing.formats import from_thimble
from thimble.errors import Code, ThimbleError
from thimble.ui.app_context import AppContext
from thimble.ui.chat import pictures
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.composer import Composer
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.file_chips import FileChips
from thimble.ui.chat.picture_chip import IN_COMPOSER, IN_MESSAGE, PictureChip
from thimble.ui.chat.pictures import Thumbnails, as_address, decoded, pasted_picture, read_picture
from thimble.ui.chat.prompt import as_prompt
from thimble.ui.chat.sight import blindness

MODEL = "/models/tiny.gguf"


def image(width: int = 40, height: int = 20, colour: str = "#336699") -> QImage:
    made = QImage(width, height, QImage.Format.Format_RGB32)
    made.fill(QColor(colour))
    return made


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    assert image().save(str(path))
    return path


@pytest.fixture
def seeing(qtbot: QtBot, context: AppContext, engine: FakeEngine) -> AppContext:
    """A model that takes pictures is resident."""
    engine.sees = True
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: context.link.loaded_path == MODEL)
    return context


def attached(qtbot: QtBot, controller: ChatController, path: Path) -> Attachment:
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach([path])
    return controller.outbox.files[-1]


def code_of(action: Callable[[], Any]) -> str:
    with pytest.raises(ThimbleError) as failure:
        action()
    return failure.value.problem.code


# --- reading ----------------------------------------------------------------------------------------------------


def test_a_picture_comes_back_as_it_was(photo: Path) -> None:
    address = read_picture(photo)
    assert address.startswith("data:image/png;base64,")
    assert decoded(address).convertToFormat(QImage.Format.Format_RGB32) == image()


def test_a_large_one_is_made_smaller(tmp_path: Path) -> None:
    image(4096, 1024).save(str(tmp_path / "wide.png"))
    assert decoded(read_picture(tmp_path / "wide.png")).size() == QSize(2048, 512)
    assert decoded(as_address(image(1000, 3000), "pasted")).size() == QSize(682, 2048)


def test_a_photo_is_kept_as_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PNG_BYTES", 10)
    assert as_address(image(), "photo").startswith("data:image/jpeg;base64,")


def test_what_is_transparent_is_white_in_a_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PNG_BYTES", 10)
    clear = QImage(8, 8, QImage.Format.Format_ARGB32)
    clear.fill(QColor(0, 0, 0, 0))
    assert decoded(as_address(clear, "clear")).pixelColor(4, 4) == QColor("white")


def test_a_damaged_picture_and_a_strip_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG no more")
    image(600, 4).save(str(tmp_path / "strip.png"))
    for name, words in (("bad.png", "“bad.png” cannot be read"), ("strip.png", "too narrow"), ("gone.png", "gone")):
        with pytest.raises(ThimbleError, match=words) as failure:
            read_picture(tmp_path / name)
        assert failure.value.problem.code == Code.PICTURE_UNUSABLE


def test_a_picture_that_is_damaged_in_the_store_is_a_null_image() -> None:
    assert decoded("data:image/png;base64,@@").isNull()


# --- the prompt -------------------------------------------------------------------------------------------------


def _said(number: int, role: Role, text: str) -> Message:
    return Message(number, 1, number - 1 or None, role, text, "done", "", 0.0)


PICTURE = AttachedFile("photo.png", "data:image/png;base64,AAAA")
NOTES = AttachedFile("notes.txt", "words")


def test_pictures_are_parts_before_the_words() -> None:
    (message,) = as_prompt([_said(1, Role.USER, "What?")], "", {1: [PICTURE, NOTES]}, pictures=True)
    first, second = message["content"]
    assert first == {"type": "image_url", "image_url": {"url": PICTURE.text}}
    assert second == {"type": "text", "text": "File “notes.txt”:\n```\nwords\n```\n\nWhat?"}


def test_a_model_that_cannot_see_is_told_so() -> None:
    (message,) = as_prompt([_said(1, Role.USER, "What?")], "", {1: [PICTURE]})
    assert message["content"] == "Picture “photo.png”: it cannot be shown to you.\n\nWhat?"


def test_messages_that_become_one_keep_their_pictures() -> None:
    said = [_said(1, Role.USER, "One"), _said(2, Role.USER, "Two"), _said(3, Role.USER, "")]
    (message,) = as_prompt(said, "", {2: [PICTURE], 3: [PICTURE]}, pictures=True)
    assert [part["type"] for part in message["content"]] == ["text", "image_url", "text", "image_url"]


# --- a conversation ---------------------------------------------------------------------------------------------


def test_a_picture_is_kept_with_its_message_and_sent_with_every_turn(
    qtbot: QtBot, seeing: AppContext, controller: ChatController, engine: FakeEngine, photo: Path
) -> None:
    waiting = attached(qtbot, controller, photo)
    assert waiting.picture
    assert controller.send("What is this?")
    qtbot.waitUntil(lambda: not controller.answering)
    assert controller.send("Sure?")
    qtbot.waitUntil(lambda: len(engine.requests) == 2 and not controller.answering)
    address = seeing.store.attachment_text(waiting.id)
    for request in engine.requests:
        asked = next(message for message in request.messages if message["role"] == "user")
        assert asked["content"][0]["image_url"]["url"] == address
    assert controller.path[0].text == "What is this?"


def test_several_keep_their_order_and_a_bad_one_is_said(
    qtbot: QtBot, seeing: AppContext, controller: ChatController, tmp_path: Path
) -> None:
    image(2000, 1500).save(str(tmp_path / "first.png"))
    (tmp_path / "bad.png").write_bytes(b"\x89PNG no more")
    image(8, 8).save(str(tmp_path / "last.png"))
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach([tmp_path / name for name in ("first.png", "bad.png", "last.png")])
    assert [file.name for file in controller.outbox.files] == ["first.png", "last.png"]
    qtbot.waitUntil(lambda: any("bad.png" in toast.text for toast in seeing.toasts.toasts))


def test_a_picture_alone_can_be_sent(
    qtbot: QtBot, seeing: AppContext, controller: ChatController, engine: FakeEngine, photo: Path
) -> None:
    attached(qtbot, controller, photo)
    assert controller.send("")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    asked = next(message for message in engine.requests[0].messages if message["role"] == "user")
    assert [part["type"] for part in asked["content"]] == ["image_url"]


def test_its_tokens_are_in_the_meter_and_on_its_chip(
    qtbot: QtBot, seeing: AppContext, controller: ChatController, photo: Path
) -> None:
    counted: list[int] = []
    controller.tokens_changed.connect(lambda used, _capacity: counted.append(used))
    waiting = attached(qtbot, controller, photo)
    qtbot.waitUntil(lambda: controller.file_tokens.get(waiting.id) == PICTURE_TOKENS)
    assert counted[-1] >= PICTURE_TOKENS


def test_it_is_never_searched_however_large(
    qtbot: QtBot, seeing: AppContext, controller: ChatController, photo: Path
) -> None:
    attached(qtbot, controller, photo)
    controller.outbox.fit(10_000, 100)
    assert not controller.outbox.files[0].searched


def test_export_and_import_keep_it(context: AppContext, photo: Path) -> None:
    store = context.store
    chat = store.create_conversation()
    message = store.add_message(chat.id, Role.USER, "What?", parent_id=None)
    made = store.attach(chat.id, photo.name, read_picture(photo), picture=True)
    store.give_attachments([made.id], chat.id, message.id)
    document = as_json(chat, store.messages(chat.id), store.files_of(chat.id))
    imported = from_thimble(json.loads(document))
    assert imported is not None
    again = store.add_imported(imported)
    (files,) = store.attachments(again.id).values()
    assert [(file.name, file.picture) for file in files] == [("photo.png", True)]
    assert store.attachment_text(files[0].id) == read_picture(photo)


def test_words_that_look_like_a_picture_are_words(context: AppContext) -> None:
    made = context.store.attach(None, "notes.txt", "data:image/png;base64,AAAA")
    assert not made.picture


# --- what is seen of it -----------------------------------------------------------------------------------------


def test_the_composer_says_before_sending_that_nobody_will_see_it(
    qtbot: QtBot, context: AppContext, model: str, make_page: Callable[[], ChatPage], photo: Path
) -> None:
    context.link.start(model)
    qtbot.waitUntil(lambda: context.link.loaded_path == model)
    pane = make_page().pane
    composer = pane.composer
    assert composer.notice.isHidden()
    pane.add_files([photo])
    qtbot.waitUntil(lambda: not composer.notice.isHidden())
    assert "cannot see pictures" in composer.notice.text()
    assert "mmproj" in composer.notice.text()


def test_a_model_that_sees_is_no_reason_to_say_anything(seeing: AppContext) -> None:
    assert blindness(seeing.link.status.model, None) == ""
    assert blindness(None, None) == ""


def test_chips_show_the_picture_small_in_the_composer_and_larger_in_a_message(
    qtbot: QtBot, context: AppContext, photo: Path
) -> None:
    made = context.store.attach(None, photo.name, read_picture(photo), picture=True)
    shown = FileChips(context.theme, None, removable=True)  # type: ignore[arg-type]
    qtbot.addWidget(shown)
    shown.thumbnails = Thumbnails(context.jobs, context.store.attachment_text, shown)
    shown.set_files([made])
    (chip,) = shown.chips
    assert isinstance(chip, PictureChip)
    assert shown.lay_out(400) == IN_COMPOSER.height() == chip.height()
    qtbot.waitUntil(lambda: chip.has_image)
    message = FileChips(context.theme, None)  # type: ignore[arg-type]
    qtbot.addWidget(message)
    message.set_files([made])
    assert message.lay_out(400) == IN_MESSAGE.height()


def test_a_picture_is_pasted_and_words_beside_one_win(qtbot: QtBot, context: AppContext) -> None:
    composer = Composer(context)
    qtbot.addWidget(composer)
    copied = QMimeData()
    copied.setImageData(image())
    assert composer.field.canInsertFromMimeData(copied)
    with qtbot.waitSignal(composer.picture_offered) as told:
        composer.field.insertFromMimeData(copied)
    assert told.args[0].size() == QSize(40, 20)
    copied.setText("a table")
    assert pasted_picture(copied) is None


def test_a_picture_file_is_dropped_like_any_other(qtbot: QtBot, context: AppContext, photo: Path) -> None:
    composer = Composer(context)
    qtbot.addWidget(composer)
    dropped = QMimeData()
    dropped.setUrls([QUrl.fromLocalFile(str(photo))])
    with qtbot.waitSignal(composer.files_offered) as told:
        composer.field.insertFromMimeData(dropped)
    assert told.args == [[photo]]
