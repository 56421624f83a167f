"""What every test shares: its own folders, no display, no network, and the starter model where it is needed."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from tests.helpers.memory_keyring import MemoryKeyring

os.environ["QT_QPA_PLATFORM"] = "offscreen"  # before anything imports Qt


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collection after each test of the window need not look at it (500,000 objects,
    0.2 s each time)."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def thimble_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test keeps its settings, conversations, logs and engine lock in a folder of its own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("THIMBLE_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def starter_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter model's GGUF: the user's own copy, or one fetched for this run (the installer fetched it before)."""
    from thimble import paths
    from thimble.library import starter

    folder = paths.default_models_dir()
    if starter.installed(folder):
        return starter.path(folder)
    return starter.install(tmp_path_factory.mktemp("models"))


@pytest.fixture
def system_keyring() -> Iterator[MemoryKeyring]:
    """A keyring that works."""
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def unused_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
