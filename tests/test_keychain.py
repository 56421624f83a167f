"""Secrets in a keyring that is locked: neither lost nor taken for none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from keyring.errors import KeyringLocked

from tests.helpers.memory_keyring import MemoryKeyring
from thimble import keychain, paths
from thimble.errors import Code, ThimbleError
from thimble.keychain import Kept, Keychain

NAME = "one"


class Lockable(MemoryKeyring):
    """One that can be locked."""

    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        super().delete_password(service, username)

    def _check(self) -> None:
        if self.locked:
            raise KeyringLocked("Failed to unlock the collection!")


@pytest.fixture
def ring(system_keyring: MemoryKeyring) -> Iterator[Lockable]:
    made = Lockable()
    keyring.set_keyring(made)
    yield made
    keychain._memory.clear()


@pytest.fixture
def chain() -> Keychain:
    return Keychain("a test", "test-secrets.json")


def test_a_secret_behind_a_lock_is_said_to_be_there(ring: Lockable, chain: Keychain) -> None:
    assert chain.save(NAME, "secret") is Kept.KEYRING
    ring.locked = True
    with pytest.raises(ThimbleError, match="locked") as refused:
        Keychain("a test", "test-secrets.json").load(NAME)
    assert refused.value.problem.code == Code.KEYRING_LOCKED
    ring.locked = False
    assert chain.load(NAME) == "secret"


def test_what_was_never_kept_needs_no_keyring(ring: Lockable, chain: Keychain) -> None:
    ring.locked = True
    assert chain.load(NAME) == ""


def test_a_secret_of_an_earlier_version_is_noticed_when_it_is_read(ring: Lockable, chain: Keychain) -> None:
    ring.kept["a test", NAME] = "older"
    assert chain.load(NAME) == "older"
    ring.locked = True
    with pytest.raises(ThimbleError, match="locked"):
        chain.load(NAME)


def test_behind_a_lock_a_new_secret_is_kept_until_the_end_and_written_nowhere(ring: Lockable, chain: Keychain) -> None:
    ring.locked = True
    assert chain.save(NAME, "new secret") is Kept.MEMORY
    assert chain.load(NAME) == "new secret"
    assert not any(b"new secret" in path.read_bytes() for path in paths.config_dir().rglob("*") if path.is_file())
    ring.locked = False
    assert chain.save(NAME, "new secret") is Kept.KEYRING
    assert ring.kept["a test", NAME] == "new secret"


def test_a_secret_behind_a_lock_is_not_forgotten_in_silence(ring: Lockable, chain: Keychain) -> None:
    chain.save(NAME, "secret")
    ring.locked = True
    with pytest.raises(ThimbleError, match="locked"):
        chain.save(NAME, "")
    ring.locked = False
    chain.save(NAME, "")
    ring.locked = True
    assert chain.load(NAME) == ""


def test_a_secret_is_never_written_through_a_link(tmp_path: Path, ring: Lockable, chain: Keychain) -> None:
    keyring.set_keyring(NoKeyring())
    target = tmp_path / "target"
    target.write_text("mine")
    (paths.config_dir() / "test-secrets.new").symlink_to(target)
    assert chain.save(NAME, "secret") is Kept.FILE
    assert target.read_text() == "mine"
    assert chain.load(NAME) == "secret"
