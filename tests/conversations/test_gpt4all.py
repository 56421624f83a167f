"""GPT4All's files, written by the real QDataStream in the order of GPT4All's own `serialize` functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, QUrl

from thimble.conversations import AttachedFile
from thimble.conversations.importing import ImportedMessage, read_conversations
from thimble.conversations.importing.gpt4all import NEWEST, from_gpt4all
from thimble.errors import Code, ThimbleError

VERSIONS = range(1, NEWEST + 1)
Write = Callable[[QDataStream], None]


@dataclass(frozen=True)
class Item:
    """A ChatItem."""

    name: str
    value: str
    failed: bool = False
    files: tuple[tuple[str, bytes], ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Part:
    """A ChatItem within another."""

    name: str
    value: str
    parts: tuple[Part, ...] = ()


def written(version: int, items: Sequence[Item], *, title: str = "A chat", memory: bool = True) -> bytes:
    """One chat file."""
    data = QByteArray()
    out = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
    out.writeUInt32(0xF5D553CC)
    out.writeInt32(version)
    out.setVersion(QDataStream.Version.Qt_6_2)
    out.writeInt64(1_700_000_000)
    for text in ("an-id", title, "me", "Llama-3.gguf"):
        out.writeQString(text)
    if version >= 3:
        _strings(out, ["my notes", "más"])
    if version < 11:
        _engine(out, version, memory=memory)
    out.writeInt32(len(items))
    for item in items:
        _item(out, version, item)
    assert out.status() == QDataStream.Status.Ok
    return bytes(data.data())


def _strings(out: QDataStream, texts: Sequence[str]) -> None:
    out.writeUInt32(len(texts))
    for text in texts:
        out.writeQString(text)


def _engine(out: QDataStream, version: int, *, memory: bool) -> None:
    if version >= 6:
        out.writeBool(memory)
    if version >= 2:
        out.writeInt32(2)
        out.writeInt32(0)
    out.writeQString("last answer")
    out.writeQString("a title")
    out.writeUInt32(7)
    if version >= 6 and not memory:
        return
    if version < 4:
        out.writeInt32(0)
    out.writeInt32(3)
    if version >= 7:
        out.writeInt32(2048)
    if version < 9:
        out.writeUInt64(2)
        out.writeRawData(b"\0" * 8)
    out.writeUInt64(3)
    out.writeRawData(b"\1" * 12)
    out << QByteArray(b"compressed memory")


def _item(out: QDataStream, version: int, item: Item) -> None:
    if version < 12:
        out.writeInt32(0)
    out.writeQString(item.name)
    out.writeQString(item.value)
    if version < 10:
        out.writeQString("the prompt")
    out.writeQString("")
    for value in (False, True, True, False):
        out.writeBool(value)
    if version >= 11 and item.name == "Response: ":
        out.writeBool(item.failed)
    if version >= 8:
        out.writeInt64(1)
        for text in ("c", "/p", "f.pdf", "t", "a", "d", "an excerpt"):
            out.writeQString(text)
        for number in (3, -1, -1):
            out.writeInt32(number)
    elif version >= 3:
        out.writeQString("1. In f.pdf. [Context](context://1)")
        _strings(out, ["an excerpt"])
    if version >= 10:
        out.writeInt64(len(item.files))
        for path, content in item.files:
            out << (QByteArray(path.encode()) if "://" in path else QUrl.fromLocalFile(path))
            out << QByteArray(content)
    if version >= 12:
        out.writeInt64(len(item.parts))
        for part in item.parts:
            _part(out, part)


def _part(out: QDataStream, part: Part) -> None:
    out.writeQString(part.name)
    out.writeQString(part.value)
    if part.name == "ToolCall: ":
        out.writeQString("javascript_interpret")
        out.writeInt64(2)
        for value in ("console.log(1)", 7):
            out.writeQString("code")
            out.writeInt32(0)
            out.writeQVariant(value)
        out.writeQString("1")
        out.writeInt32(0)
        out.writeQString("")
    elif part.name == "Think: ":
        out.writeInt32(1500)
    out.writeInt64(len(part.parts))
    for inner in part.parts:
        _part(out, inner)


@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_read(version: int, memory: bool, tmp_path: Path) -> None:
    path = tmp_path / "gpt4all-an-id.chat"
    items = [Item("Prompt: ", "Why is the sky blue? 🌍"), Item("Response: ", "Because of scattering.")]
    path.write_bytes(written(version, [*items, Item("Prompt: ", "And at dusk?")], memory=memory))
    (chat,) = read_conversations(path)
    assert (chat.title, chat.created) == ("A chat", 1_700_000_000.0)
    assert chat.messages == [
        ImportedMessage("user", "Why is the sky blue? 🌍", None),
        ImportedMessage("assistant", "Because of scattering.", 0, model="Llama-3.gguf"),
        ImportedMessage("user", "And at dusk?", 1),
    ]


def test_thoughts_tools_and_failures_of_the_last_version_come_over() -> None:
    answer = Item(
        "Response: ",
        "",
        parts=(
            Part(
                "Response: ",
                "",
                (
                    Part("Think: ", "<think>Hm.</think>"),
                    Part("Text: ", "I compute."),
                    Part("ToolCall: ", "```javascript\nconsole.log(1)\n```"),
                ),
            ),
            Part("ToolResponse: ", "1"),
            Part("Response: ", "", (Part("Text: ", "It is one."),)),
        ),
    )
    chat = from_gpt4all(written(12, [Item("Prompt: ", "One?"), answer, Item("Response: ", "Error.", failed=True)]))
    assert chat.messages[1].text == (
        "<think>Hm.</think>\n\nI compute.\n\n```javascript\nconsole.log(1)\n```\n\nIt is one."
    )
    assert [message.state for message in chat.messages] == ["done", "done", "failed"]


def test_attached_texts_come_over_and_spreadsheets_do_not() -> None:
    files = (("/home/me/My notes.txt", "Grüße\r\nAda".encode()), ("/home/me/table.xlsx", b"PK\3\4\0"))
    chat = from_gpt4all(written(11, [Item("Prompt: ", "Sum up", files=files)]))
    assert chat.messages[0].files == (AttachedFile("My notes.txt", "Grüße\nAda"),)


def test_a_file_with_an_address_that_is_none_has_no_name() -> None:
    chat = from_gpt4all(written(11, [Item("Prompt: ", "Sum up", files=(("file://[::1/notes.txt", b"Ada"),))]))
    assert chat.messages[0].files == (AttachedFile("file", "Ada"),)


@pytest.mark.parametrize("version", [-1, 0, 13, 2**30])
def test_an_unknown_version_is_refused_with_a_sentence(version: int, tmp_path: Path) -> None:
    path = tmp_path / "gpt4all-x.chat"
    path.write_bytes(written(12, [])[:4] + version.to_bytes(4, "big", signed=True) + b"\0" * 60)
    with pytest.raises(ThimbleError, match="does not know") as raised:
        read_conversations(path)
    assert raised.value.problem.code == Code.BAD_REQUEST


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(VERSIONS),
    st.lists(st.tuples(st.sampled_from(["Prompt: ", "Response: "]), st.text(min_size=1).map("w".__add__)), max_size=5),
)
def test_all_texts_survive(version: int, said: list[tuple[str, str]]) -> None:
    chat = from_gpt4all(written(version, [Item(name, text) for name, text in said]))
    assert [message.text for message in chat.messages] == [text for _, text in said]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(VERSIONS), st.data())
def test_a_cut_or_damaged_file_is_refused_and_never_hangs(
    tmp_path_factory: pytest.TempPathFactory, version: int, data: st.DataObject
) -> None:
    whole = bytearray(written(version, [Item("Prompt: ", "Why?"), Item("Response: ", "Because.")]))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.chat"
    path.write_bytes(whole[: data.draw(st.integers(8, len(whole)))])
    try:
        read_conversations(path)
    except ThimbleError as error:
        assert error.problem.code == Code.BAD_REQUEST  # noqa: PT017 - what it must be when it is one
