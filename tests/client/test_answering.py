"""The terminal and the window ask with the same settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from thimble import cli, client, paths
from thimble.client import ChatRequest
from thimble.client.answering import answer_options
from thimble.settings import Settings

CHOSEN = {"top_k": 7, "top_p": 0.5, "min_p": 0.25, "presence_penalty": 0.5, "frequency_penalty": 0.25, "seed": 11}


@pytest.fixture
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("THIMBLE_HOME", str(tmp_path))
    settings = Settings.load(paths.settings_file())
    for name, value in CHOSEN.items():
        settings.set(f"answers.{name}", value)
    settings.set("answers.form", "grammar")
    settings.set("answers.grammar", 'root ::= "x"')
    settings.set("answers.thinking", "off")
    settings.set("answers.reasoning_budget", 512)
    return settings


def test_a_grammar_counts_only_when_it_is_the_chosen_form(chosen: Settings) -> None:
    assert answer_options(chosen, "m")["grammar"] == 'root ::= "x"'
    own = answer_options(chosen, "m", {"answers.form": "json"})
    assert (own["json_answer"], own["grammar"]) == (True, "")


@pytest.mark.usefixtures("chosen")
def test_ask_follows_the_settings_and_its_own_options_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[ChatRequest] = []

    def chat(request: ChatRequest, _cancel: object) -> Iterator[object]:
        asked.append(request)
        return iter(())

    engine = SimpleNamespace(load=lambda *_: SimpleNamespace(model=None), chat=chat, cancel=lambda: None)
    supervisor = SimpleNamespace(ensure=lambda: engine, close=lambda: None)
    monkeypatch.setattr(client, "EngineSupervisor", lambda *_args, **_more: supervisor)
    for more in ([], ["--seed", "3", "--temperature", "0"]):
        assert cli.main(["ask", "Hi", "--model", str(tmp_path / "m.gguf"), *more]) == 0
    for name, value in CHOSEN.items():
        assert getattr(asked[0], name) == value
    assert asked[0].to_json()["reasoning_budget"] == 512
    assert (asked[0].thinking, asked[0].grammar) == (False, 'root ::= "x"')
    assert (asked[1].seed, asked[1].temperature, asked[1].top_k) == (3, 0, 7)
