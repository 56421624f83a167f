"""The header of a model on the hub is read without the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from tests.helpers.hub_server import COMMIT, Content, Fault, Hub, Repo
from thimble.errors import Code, ThimbleError
from thimble.library.choices import Choice, HubFile
from thimble.library.connection import Access, Connection
from thimble.library.remote_header import read_remote_header
from thimble.modelfile import read_header

REPOSITORY = "anna/small-GGUF"


@pytest.fixture
def connection(hub: Hub) -> Iterator[Connection]:
    with Connection(Access(hub.url)) as made:
        yield made


def _publish(hub: Hub, content: Content) -> Choice:
    hub.add(Repo(REPOSITORY, {"m.gguf": content}))
    return Choice("Q4_0", (HubFile("m.gguf", content.size, content.sha256),))


def test_it_is_the_header_of_the_file(hub: Hub, connection: Connection, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", experts=8, vocabulary=5000)
    header = read_remote_header(connection, REPOSITORY, COMMIT, _publish(hub, Content(path.read_bytes())))
    here = read_header(path)
    assert header == replace(here, path=Path("m.gguf"), files=(Path("m.gguf"),))


def test_of_a_big_file_only_the_beginning_comes(hub: Hub, connection: Connection, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", vocabulary=40_000)  # about 1 MB of header
    choice = _publish(hub, Content(path.read_bytes() + bytes(20), 400_000_000))
    read_remote_header(connection, REPOSITORY, COMMIT, choice)
    assert sum(seen.sent for seen in hub.of("data")) < 60_000_000  # what the sockets held when the answer was left
    assert len(hub.of("data")) <= 2


def test_a_long_array_is_asked_around(hub: Hub, connection: Connection, tmp_path: Path) -> None:
    from gguf import GGUFWriter

    path = tmp_path / "m.gguf"
    writer = GGUFWriter(path, "llama")
    writer.add_array("tokenizer.ggml.scores", [0.5] * 1_000_000)
    writer.add_uint32("llama.context_length", 77)
    writer.add_tensor("token_embd.weight", __import__("numpy").zeros((4, 4), "float32"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    header = read_remote_header(connection, REPOSITORY, COMMIT, _publish(hub, Content(path.read_bytes())))
    assert header.context_trained == 77
    assert len(hub.of("data")) == 2


def test_a_server_without_ranges_is_read_from_the_beginning(hub: Hub, connection: Connection, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", vocabulary=5000)
    hub.faults.append(Fault("data", ignore_range=True, times=99))
    header = read_remote_header(connection, REPOSITORY, COMMIT, _publish(hub, Content(path.read_bytes())))
    assert header.vocabulary == 5000


def test_what_is_no_model_is_said(hub: Hub, connection: Connection) -> None:
    with pytest.raises(ThimbleError) as raised:
        read_remote_header(connection, REPOSITORY, COMMIT, _publish(hub, Content(b"<!DOCTYPE html>" + bytes(999))))
    assert raised.value.problem.code == Code.MODEL_NOT_GGUF


def test_a_cut_answer_is_an_error(hub: Hub, connection: Connection, tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", vocabulary=40_000)
    hub.faults.append(Fault("data", cut_after=100_000))
    with pytest.raises(ThimbleError) as raised:
        read_remote_header(connection, REPOSITORY, COMMIT, _publish(hub, Content(path.read_bytes())))
    assert raised.value.problem.code in {Code.NO_NETWORK, Code.MODEL_TRUNCATED}
