"""An unmodified llama-cpp-python server as a remote endpoint: real HTTP, real tokens, nothing of ours on its side.

Needs the stock engine (`python3 -m installer engine --stock`), and what its server requires in that environment
(`.venv-stock/bin/python -m pip install "llama-cpp-python[server]==0.3.36"`); skipped without.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from thimble.client import CancelToken, ChatRequest, Finished, TextDelta
from thimble.errors import Code, ThimbleError
from thimble.protocol import StopReason
from thimble.remote.client import RemoteClient
from thimble.remote.connections import Connection

pytestmark = pytest.mark.e2e

PYTHON = Path(__file__).parents[2] / ".venv-stock" / "bin" / "python"
QUESTION = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "What is the capital of France?"},
]
START_SECONDS = 60


def has_server() -> bool:
    """Whether the stock engine and what its server needs are there."""
    if not PYTHON.is_file():
        return False
    check = [str(PYTHON), "-c", "import fastapi, pydantic_settings, sse_starlette, starlette_context, uvicorn"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def stock(starter_model: Path) -> Iterator[Connection]:
    if not has_server():
        pytest.skip("no stock server in .venv-stock")
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(PYTHON), "-m", "llama_cpp.server", "--model", str(starter_model), "--model_alias", "starter"]
    command += ["--port", str(port), "--n_ctx", "512", "--api_key", "sk-test"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}/v1"
            wait_until_it_listens(url, process)
            yield Connection("stock", "Stock", url)
        finally:
            process.terminate()
            process.wait(10)


def wait_until_it_listens(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), trust_env=False) as client:
        while time.monotonic() < deadline and process.poll() is None:
            try:
                client.get(f"{url}/models")
            except httpx.ConnectError:
                continue  # the transport has waited between its tries
            return
    pytest.fail("the stock server did not start")


@pytest.fixture(scope="module")
def client(stock: Connection) -> RemoteClient:
    return RemoteClient(RemoteClient(stock, "sk-test").health().connection, "sk-test")


def test_its_models_are_listed(stock: Connection) -> None:
    found = RemoteClient(stock, "sk-test").health().connection
    assert [model.id for model in found.models] == ["starter"]
    assert (found.kind, found.models[0].context) == ("", 0)  # it does not say what it is


def test_it_answers_in_a_stream(client: RemoteClient) -> None:
    events = list(client.chat(ChatRequest(QUESTION, model="starter", temperature=0, max_tokens=24)))
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert "Paris" in text
    assert len([event for event in events if isinstance(event, TextDelta)]) > 3


def test_the_longest_length_is_known(client: RemoteClient) -> None:
    *_, last = client.chat(ChatRequest(QUESTION, model="starter", temperature=0, max_tokens=3))
    assert isinstance(last, Finished)
    assert last.timings.stop_reason == StopReason.MAX_TOKENS


def test_a_wrong_key_is_said(stock: Connection) -> None:
    with pytest.raises(ThimbleError) as caught:
        list(RemoteClient(stock, "sk-wrong").chat(ChatRequest(QUESTION, model="starter")))
    assert caught.value.problem.code == Code.UNAUTHORIZED


def test_a_chat_that_is_too_long_ends_with_a_sentence(client: RemoteClient) -> None:
    long = [{"role": "user", "content": "word " * 2000}]
    with pytest.raises(ThimbleError) as caught:
        list(client.chat(ChatRequest(long, model="starter")))
    assert "before its first word" in caught.value.problem.sentence  # it begins the stream, then ends it in silence


def test_stop_frees_the_server_for_the_next(client: RemoteClient) -> None:
    token = CancelToken()
    said = []
    for event in client.chat(ChatRequest(QUESTION, model="starter", max_tokens=400, temperature=0), token):
        said.append(event)
        token.cancel()
    assert isinstance(said[-1], Finished)
    assert said[-1].timings.stop_reason == StopReason.CANCELLED
    *_, last = client.chat(ChatRequest(QUESTION, model="starter", temperature=0, max_tokens=3))
    assert isinstance(last, Finished)
