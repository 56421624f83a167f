"""From the hub to an answer, with the real programs: nothing but the hub stands for anything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.hub_server import Content, Fault, Hub, Repo, hub_server
from tests.helpers.programs import run_thimble
from thimble import paths
from thimble.settings import Settings

pytestmark = pytest.mark.e2e
REPOSITORY = "anna/starter-GGUF"


@pytest.fixture
def hub(starter_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with hub_server() as made:
        made.add(Repo(REPOSITORY, {starter_model.name: Content(starter_model.read_bytes())}))
        Settings.load(paths.settings_file()).set("files.hub_endpoint", made.url)
        yield made


def test_a_model_is_downloaded_listed_and_answers(hub: Hub, starter_model: Path, thimble_home: Path) -> None:
    hub.faults.append(Fault("data", cut_after=30_000_000))
    got = run_thimble("models", "--get", REPOSITORY, "--json")
    assert got.code == 0, got.err
    (model,) = json.loads(got.out)
    assert model["id"] == starter_model.stem
    assert Path(model["path"]).is_relative_to(thimble_home / "huggingface" / "hub")
    assert len(hub.of("data")) == 2
    result = run_thimble(
        "ask", "What is the capital of France?", "--model", starter_model.stem, "--max-tokens", "32", "--seed", "1"
    )
    assert (result.code, result.err) == (0, "")
    assert "Paris" in result.out


def test_what_the_hub_has_not_is_a_sentence_and_an_exit_code(hub: Hub) -> None:
    other = run_thimble("models", "--get", f"{REPOSITORY}:Q8_0")
    assert other.code == 1
    assert "It has: Q4_1." in other.err
    missing = run_thimble("models", "--get", "anna/none")
    assert missing.code == 1
    assert "anna/none" in missing.err


def test_offline_it_is_refused_without_a_connection(hub: Hub) -> None:
    Settings.load(paths.settings_file()).set("files.offline", True)
    result = run_thimble("models", "--get", REPOSITORY)
    assert result.code == 1
    assert "offline" in result.err
    assert hub.seen == []
