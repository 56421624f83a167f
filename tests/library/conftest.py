"""What tests of the library share: the hub on this computer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.hub_server import Hub, hub_server


@pytest.fixture
def hub() -> Iterator[Hub]:
    """An empty hub."""
    with hub_server() as made:
        yield made
