"""Connections: addresses made whole, kept in a file, keys elsewhere and never for another host."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.memory_keyring import MemoryKeyring
from thimble.errors import Code, ThimbleError
from thimble.remote.connections import KEYS, Connections, RemoteModel, choice_of, chosen, clean_url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "connections.json"


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("localhost:8000", "http://localhost:8000/v1"),
        ("192.168.1.20:8000", "http://192.168.1.20:8000/v1"),
        (" https://llm.example.com/ ", "https://llm.example.com/v1"),
        ("llm.example.com/v1/chat/completions", "https://llm.example.com/v1"),
        ("https://gateway.example.com/openai/models", "https://gateway.example.com/openai"),
        ("http://[::1]:8080/v1/", "http://[::1]:8080/v1"),
    ],
)
def test_an_address_is_made_whole(typed: str, whole: str) -> None:
    assert clean_url(typed) == whole


@pytest.mark.parametrize(
    "typed", ["", "ftp://host", "http://", "http://user:secret@host/v1", "http://host:port", "a b"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ThimbleError) as caught:
        clean_url(typed)
    assert caught.value.problem.code == Code.BAD_REQUEST


def test_connections_are_there_the_next_time(file: Path) -> None:
    made = Connections(file).add("Office", "http://10.0.0.5:8000")
    Connections(file).put(replace(made, kind="vllm", models=(RemoteModel("qwen", 32768),)))
    assert Connections(file).all() == [replace(made, kind="vllm", models=(RemoteModel("qwen", 32768),))]
    Connections(file).remove(made.id)
    assert Connections(file).get(made.id) is None


def test_a_removed_one_can_be_put_back(file: Path) -> None:
    connections = Connections(file)
    made = connections.add("Office", "http://10.0.0.5:8000")
    connections.remove(made.id)
    connections.put(made)
    assert connections.all() == [made]


def test_a_damaged_file_is_set_aside_at_the_next_change(file: Path) -> None:
    file.write_text("{broken")
    assert Connections(file).all() == []
    Connections(file).add("Office", "http://10.0.0.5:8000")
    assert len(Connections(file).all()) == 1
    assert file.with_suffix(".damaged").read_text() == "{broken"


def test_one_bad_record_does_not_hide_the_others(file: Path) -> None:
    made = Connections(file).add("Office", "http://10.0.0.5:8000")
    data = json.loads(file.read_text())
    data["connections"] += [{"id": "x"}, {"id": "y", "name": "n", "url": "ftp://n"}, 7]
    file.write_text(json.dumps(data))
    assert Connections(file).all() == [made]


def test_a_key_belongs_to_one_host(file: Path, system_keyring: MemoryKeyring) -> None:
    made = Connections(file).add("Office", "https://llm.example.com")
    KEYS.save(made.key_name, "sk-secret")
    assert KEYS.load(made.key_name) == "sk-secret"
    assert KEYS.load(replace(made, url="https://elsewhere.example.com/v1").key_name) == ""
    assert KEYS.load(replace(made, url="http://llm.example.com/v1").key_name) == ""
    assert "sk-secret" not in file.read_text()


def test_only_this_computer_is_here(file: Path) -> None:
    connections = Connections(file)
    here = [
        connections.add("", url).is_here
        for url in ("localhost:1", "127.0.0.9:1", "http://[::1]:1", "127.0.0.1.example")
    ]
    assert here == [True, True, True, False]


def test_what_can_be_read_on_the_way_is_known(file: Path) -> None:
    connections = Connections(file)
    is_open = [connections.add("", url).is_open for url in ("http://localhost", "http://10.0.0.5", "https://10.0.0.5")]
    assert is_open == [False, True, False]


def test_a_choice_names_connection_and_model() -> None:
    assert chosen(choice_of("ab12", "meta-llama/Llama-3:70b")) == ("ab12", "meta-llama/Llama-3:70b")
    assert chosen("SmolLM2-135M") is None
    assert chosen("remote:broken") is None
