"""What tests of the library share: the hub on this computer, and a keyring in memory."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from tests.helpers.hub_server import Hub, hub_server


class MemoryKeyring(KeyringBackend):
    """Keeps passwords as long as a test."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """The password, if there is one."""
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keeps it."""
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forgets it."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """An empty hub."""
    with hub_server() as made:
        yield made


@pytest.fixture
def system_keyring() -> Iterator[MemoryKeyring]:
    """A keyring that works."""
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)
