"""Conversations of other programs, our own form there and back, and files that are none of them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thimble.conversations import Role, Store, as_json
from thimble.conversations.importing import read_conversations
from thimble.conversations.importing.formats import OUR_FORMAT, from_thimble
from thimble.errors import Code, ThimbleError


def _file(folder: Path, content: object, name: str = "export.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def _import(store: Store, path: Path) -> list[tuple[str, list[tuple[str, str]]]]:
    made = [store.add_imported(conversation) for conversation in read_conversations(path)]
    return [(c.title, [(m.role, m.text) for m in store.path(c.id)]) for c in made]


def _node(parent: str | None, role: str, *parts: Any, kind: str = "text", **more: Any) -> dict[str, Any]:
    content = {"content_type": kind, "parts": list(parts)}
    return {"parent": parent, "message": {"author": {"role": role}, "content": content, "create_time": 5.0, **more}}


CHATGPT = {
    "title": "Eggs",
    "create_time": 1_700_000_000.5,
    "update_time": 1_700_000_100.0,
    "current_node": "a2",
    "mapping": {
        "root": {"parent": None, "message": None},
        "hidden": _node("root", "system", ""),
        "q": _node("hidden", "user", "How long?"),
        "a1": _node("q", "assistant", "Six minutes."),
        "tool": _node("q", "assistant", "search()", recipient="browser"),
        "result": _node("tool", "tool", "found"),
        "a2": _node("result", "assistant", "Seven.", {"asset_pointer": "x"}, kind="multimodal_text"),
    },
}
LM_STUDIO = {
    "name": "Soup",
    "createdAt": 1_700_000_000_000,
    "systemPrompt": "Be brief.",
    "lastUsedModel": {"identifier": "qwen"},
    "messages": [
        {
            "versions": [{"type": "singleStep", "role": "user", "content": [{"type": "text", "text": "Salt?"}]}],
            "currentlySelected": 0,
        },
        {
            "versions": [
                {
                    "type": "multiStep",
                    "role": "assistant",
                    "steps": [
                        {
                            "type": "contentBlock",
                            "style": {"type": "thinking"},
                            "content": [{"type": "text", "text": "hm"}],
                        },
                        {"type": "debugInfoBlock"},
                        {"type": "contentBlock", "content": [{"type": "text", "text": "Yes."}]},
                    ],
                },
                {"type": "singleStep", "role": "assistant", "content": "No."},
            ],
            "currentlySelected": 0,
        },
    ],
}


def _jan(role: str, text: str, at: int) -> str:
    content = [{"type": "text", "text": {"value": text, "annotations": []}}]
    return json.dumps({"object": "thread.message", "role": role, "content": content, "created_at": at})


def test_chatgpts_export_comes_with_its_branches_and_without_what_was_hidden(tmp_path: Path, store: Store) -> None:
    ((title, path),) = _import(store, _file(tmp_path, [CHATGPT]))
    image = "Seven.\n\n*(an image that was not part of the export)*"
    assert (title, path) == ("Eggs", [("user", "How long?"), ("assistant", image)])
    (conversation,) = store.conversations()
    assert (conversation.created, conversation.updated) == (1_700_000_000.5, 1_700_000_100.0)
    assert [m.text for m in store.siblings(store.path(conversation.id)[1].id)] == ["Six minutes.", image]


def test_chatgpts_zip_file_is_read_as_it_was_downloaded(tmp_path: Path, store: Store) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("chat.html", "<html>")
        archive.writestr("conversations.json", json.dumps([CHATGPT, {**CHATGPT, "title": "Again"}]))
    assert [title for title, _ in _import(store, tmp_path / "export.zip")] == ["Eggs", "Again"]


def test_nodes_that_go_in_circles_are_left_out(tmp_path: Path) -> None:
    circle = {"a": _node("b", "user", "x"), "b": _node("a", "user", "y"), "c": _node(None, "user", "z")}
    (found,) = read_conversations(_file(tmp_path, {"mapping": circle}))
    assert [m.text for m in found.messages] == ["z"]


def test_lm_studios_conversation_keeps_versions_thoughts_and_system_prompt(tmp_path: Path, store: Store) -> None:
    ((title, path),) = _import(store, _file(tmp_path, LM_STUDIO, "1.conversation.json"))
    assert (title, path) == ("Soup", [("user", "Salt?"), ("assistant", "<think>hm</think>\n\nYes.")])
    (conversation,) = store.conversations()
    assert conversation.settings == {"answers.system_prompt": "Be brief."}
    last = store.path(conversation.id)[-1]
    assert last.model == "qwen"
    assert [m.text for m in store.siblings(last.id)][1] == "No."


def test_jans_messages_take_the_title_beside_them_and_survive_a_broken_line(tmp_path: Path, store: Store) -> None:
    _file(tmp_path, {"title": "Bread", "created": 1_700_000_000}, "thread.json")
    lines = [_jan("assistant", "Two hours.", 1_700_000_009), "{broken", _jan("user", "How long?", 1_700_000_001)]
    ((title, path),) = _import(store, _file(tmp_path, "\n".join(lines), "messages.jsonl"))
    assert (title, path) == ("Bread", [("user", "How long?"), ("assistant", "Two hours.")])


def test_a_jan_chat_of_one_message_is_read(tmp_path: Path, store: Store) -> None:
    ((title, path),) = _import(store, _file(tmp_path, _jan("user", "Hello there", 1), "messages.jsonl"))
    assert (title, path) == ("Hello there", [("user", "Hello there")])


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_MESSAGES = st.lists(
    st.tuples(st.sampled_from(list(Role)), _TEXT, st.integers(0, 50), st.lists(st.tuples(_TEXT, _TEXT), max_size=2)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(title=_TEXT, messages=_MESSAGES, leaf=st.integers(0, 50))
def test_our_own_form_goes_there_and_back(
    tmp_path_factory: pytest.TempPathFactory,
    title: str,
    messages: list[tuple[Role, str, int, list[tuple[str, str]]]],
    leaf: int,
) -> None:
    store = Store(None)
    conversation = store.create_conversation(title, named=True)
    ids: list[int] = []
    for role, text, choice, files in messages:
        parent = ids[choice % len(ids)] if ids and choice % 5 else None
        ids.append(store.add_message(conversation.id, role, text, parent_id=parent).id)
        attached = [store.attach(conversation.id, name, content).id for name, content in files]
        store.give_attachments(attached, conversation.id, ids[-1])
    store.set_leaf(conversation.id, ids[leaf % len(ids)])
    document = _exported(store, conversation.id)
    path = _file(tmp_path_factory.mktemp("there"), document)
    (found,) = read_conversations(path)
    again = store.add_imported(found)
    before, after = _shape(document), _shape(_exported(store, again.id))
    assert before[1:] == after[1:]
    assert before[0] == after[0] or not title  # without one, the first question gives it
    store.close()


def _exported(store: Store, conversation: int) -> str:
    return as_json(store.conversation(conversation), store.messages(conversation), store.files_of(conversation))


def _shape(document: str) -> tuple[object, ...]:
    """Everything but ids and times."""
    data = json.loads(document)
    places = {m["id"]: n for n, m in enumerate(data["messages"])}
    body = [(m["role"], m["text"], m["state"], places.get(m["parent_id"]), m["attachments"]) for m in data["messages"]]
    return data["conversation"]["title"], places[data["conversation"]["leaf_id"]], body


@pytest.mark.parametrize(
    "content",
    ["", "no JSON at all", "[]", "{}", "null", "[1, 2]", '{"mapping": {"a": 3}}', '{"messages": []}', "[" * 100_000],
)
def test_a_file_of_another_kind_is_refused_with_a_sentence(tmp_path: Path, content: str) -> None:
    with pytest.raises(ThimbleError, match="No conversation was found") as raised:
        read_conversations(_file(tmp_path, content))
    assert raised.value.problem.code == Code.BAD_REQUEST


def test_roles_and_states_that_are_no_words_are_left_out() -> None:
    odd = [{"role": [], "text": "a"}, {"role": "user", "state": {}, "text": "b"}]
    made = from_thimble({"format": OUR_FORMAT, "messages": odd})
    assert made is not None
    assert [(message.text, message.state) for message in made.messages] == [("b", "stopped")]


def test_gpt4alls_own_file_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "gpt4all-1.chat"
    path.write_bytes(b"\xf5\xd5\x53\xcc\x00\x00\x00\x0c")
    with pytest.raises(ThimbleError, match="GPT4All"):
        read_conversations(path)


def test_a_file_that_is_not_there_or_a_broken_archive_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("conversations.json", "[]" * 100)
    broken.write_bytes(broken.read_bytes().replace(b"[][][]", b"[]x[]["))
    for path in (tmp_path / "nowhere.json", broken, tmp_path):
        with pytest.raises(ThimbleError):
            read_conversations(path)


_KEYS = [
    "mapping",
    "messages",
    "versions",
    "content",
    "parts",
    "parent",
    "message",
    "author",
    "role",
    "steps",
    "text",
    "format",
    "conversation",
    "currentlySelected",
    "object",
    "type",
    "id",
    "parent_id",
    "current_node",
    "title",
    "settings",
]


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(_KEYS),
                inner,
                max_size=6,
            )
        ),
        max_leaves=25,
    )
)
def test_no_json_makes_it_stumble(tmp_path_factory: pytest.TempPathFactory, document: object) -> None:
    path = _file(tmp_path_factory.getbasetemp(), document, "strange.json")
    store = Store(None)
    try:
        for conversation in read_conversations(path):
            store.add_imported(conversation)
    except ThimbleError as error:
        assert error.problem.code == Code.BAD_REQUEST  # noqa: PT017 - what it must be when it is one
    store.close()


def test_a_file_that_would_take_all_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "conversations.json"
    file.write_text("[" + ",".join(["[]"] * 100_000) + "]")
    free = SimpleNamespace(available=10 * 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    with pytest.raises(ThimbleError, match="more memory to read than is free"):
        read_conversations(file)
    free.available = 20 * 2**20
    with pytest.raises(ThimbleError, match="No conversation was found"):
        read_conversations(file)
