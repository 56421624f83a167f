"""Thimble on another computer as a remote endpoint: `thimble serve` behind the client for foreign servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.programs import serving
from thimble.client import ChatRequest, Finished, TextDelta
from thimble.remote.client import RemoteClient
from thimble.remote.connections import Connection, clean_url

pytestmark = pytest.mark.e2e

QUESTION = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of France?"},
]


@pytest.fixture
def client(starter_model: Path) -> Iterator[tuple[RemoteClient, str]]:
    """The client, and the model's name there."""
    with serving("--model", str(starter_model)) as serve:
        connection = Connection("far", "Far", clean_url(serve.base_url))
        found = RemoteClient(connection, serve.key).health().connection
        assert found.kind == "thimble"
        yield RemoteClient(found, serve.key), starter_model.stem


def test_it_tells_its_own_figures_and_goes_on_where_it_was_cut(client: tuple[RemoteClient, str]) -> None:
    far, model = client

    def ask(messages: list[dict[str, str]], *, more: bool = False, tokens: int) -> tuple[str, Finished]:
        request = ChatRequest(messages, model=model, temperature=0, max_tokens=tokens, continue_final=more)
        events = list(far.chat(request))
        assert isinstance(events[-1], Finished)
        return "".join(event.text for event in events if isinstance(event, TextDelta)), events[-1]

    whole, last = ask(QUESTION, tokens=24)
    assert "Paris" in whole
    assert last.timings.generated_tokens > 3
    assert last.timings.context > 0
    begun, _ = ask(QUESTION, tokens=3)
    rest, _ = ask([*QUESTION, {"role": "assistant", "content": begun}], more=True, tokens=21)
    assert begun + rest == whole
