"""Who may talk to the engine."""

from __future__ import annotations

import pytest

from tests.server.conftest import Running
from thimble import protocol


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Bearer", "Basic secret", "secret"])
def test_without_the_token_nothing_is_answered(server: Running, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    response = server.client(token="").get(protocol.STATUS, headers=headers)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "unauthorized"


def test_health_needs_no_token(server: Running) -> None:
    assert server.client(token="").get(protocol.HEALTH).json() == {"status": "ok"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1]:1"])
def test_a_foreign_host_name_is_refused_even_with_the_token(server: Running, host: str) -> None:
    assert server.client().get(protocol.STATUS, headers={"Host": host}).status_code == 401


@pytest.mark.parametrize("host", ["localhost:1234", "127.0.0.1", "LocalHost"])
def test_the_names_of_this_computer_are_accepted(server: Running, host: str) -> None:
    assert server.client().get(protocol.STATUS, headers={"Host": host}).status_code == 200


def test_no_page_of_a_browser_is_allowed_to_read(server: Running) -> None:
    response = server.client().get(protocol.STATUS, headers={"Origin": "http://evil.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]
