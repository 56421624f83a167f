"""Access tokens: in the keyring, else in a file of their own, one for each host."""

from __future__ import annotations

import stat
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from tests.helpers.memory_keyring import MemoryKeyring
from thimble import paths
from thimble.keychain import Kept
from thimble.library import tokens

HOST = "huggingface.co"


@pytest.fixture(autouse=True)
def no_tokens_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def without_keyring(system_keyring: MemoryKeyring) -> Path:
    keyring.set_keyring(NoKeyring())
    return paths.config_dir() / "hub-tokens.json"


def test_a_token_is_kept_in_the_keyring_and_nowhere_else(system_keyring: MemoryKeyring, thimble_home: Path) -> None:
    assert tokens.save(HOST, "hf_secret") is Kept.KEYRING
    assert tokens.load(HOST) == "hf_secret"
    assert tokens.load("mirror.example") == ""
    written = [path for path in thimble_home.rglob("*") if path.is_file() and b"hf_secret" in path.read_bytes()]
    assert written == []
    tokens.save(HOST, "")
    assert tokens.load(HOST) == ""
    assert system_keyring.kept == {}


def test_without_a_keyring_it_goes_into_a_file_for_its_owner_only(without_keyring: Path) -> None:
    assert tokens.save(HOST, "hf_secret") is Kept.FILE
    assert tokens.load(HOST) == "hf_secret"
    assert stat.S_IMODE(without_keyring.stat().st_mode) == 0o600
    tokens.save(HOST, "")
    assert not without_keyring.exists()


def test_a_keyring_that_comes_later_takes_the_token_out_of_the_file(without_keyring: Path) -> None:
    tokens.save(HOST, "old")
    keyring.set_keyring(MemoryKeyring())
    assert tokens.save(HOST, "new") is Kept.KEYRING
    assert not without_keyring.exists()
    assert tokens.load(HOST) == "new"


def test_what_other_programs_use_is_used_for_the_official_hub_only(
    system_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = paths.hugging_face_home() / "token"
    file.parent.mkdir(parents=True)
    file.write_text("hf_file\n")
    assert tokens.load(HOST) == "hf_file"
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    assert tokens.load(HOST) == "hf_environment"
    assert tokens.load("mirror.example") == ""
    tokens.save(HOST, "own")
    assert tokens.load(HOST) == "own"
