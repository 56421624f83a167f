"""Files handed to a window that is open."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from thimble.client import open_window
from thimble.client.open_window import OK, hand_over, socket_path

FILES = [Path("/models/one.gguf"), Path("/models/two & three.gguf")]


@contextmanager
def window(pid: int, answer: bytes = OK) -> Iterator[list[bytes]]:
    """A window that takes one message."""
    said: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(socket_path(pid)))
        server.listen(1)
        server.settimeout(5)

        def serve() -> None:
            try:
                guest, _ = server.accept()
            except OSError:
                return
            with guest:
                said.append(guest.recv(65536))
                guest.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield said
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    socket_path(pid).unlink()


def test_without_a_window_nobody_takes_them() -> None:
    assert not hand_over(FILES)


def test_the_open_window_gets_paths_and_the_desktops_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(open_window.TOKEN_VARIABLE, "t-1")
    with window(1) as said:
        assert hand_over(FILES)
    assert json.loads(said[0]) == {"files": [str(file) for file in FILES], "token": "t-1"}


def test_the_window_opened_last_gets_them() -> None:
    with window(1) as first, window(2) as second:
        os.utime(socket_path(1), (1, 1))
        assert hand_over(FILES)
        assert second
        assert not first


def test_the_socket_of_a_killed_window_goes_and_another_one_is_asked() -> None:
    dead = socket_path(3)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(dead))
    with window(1) as said:
        os.utime(socket_path(1), (1, 1))
        assert hand_over(FILES)
    assert said
    assert not dead.exists()


def test_a_window_that_answers_something_else_has_not_taken_them() -> None:
    with window(1, b"no\n"):
        assert not hand_over(FILES)


def test_systems_without_such_sockets_open_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    with window(1) as said:
        monkeypatch.delattr(socket, "AF_UNIX")
        assert not hand_over(FILES)
        assert not said
