"""The command line's own decisions: sizes, ranges, and who says what."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.helpers.gguf_files import write_model
from thimble import cli, paths
from thimble.cli.arguments import size
from thimble.cli.choice import choose_model
from thimble.client import EngineClient
from thimble.errors import Code
from thimble.library import guide
from thimble.modelfile.places import GUIDE_FILE
from thimble.settings import Settings


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("1GiB", 2**30), ("900MiB", 900 * 2**20), ("1.5 g", 3 * 2**29), ("64m", 64 * 2**20)],
)
def test_sizes_are_read_in_binary_units(text: str, bytes_: int) -> None:
    assert size(text) == bytes_


@pytest.mark.parametrize("text", ["", "1", "GiB", "-1GiB", "1TB", "nanGiB"])
def test_a_size_that_is_none_is_refused_with_an_example(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["ask", "Hi", f"--memory-limit={text}"])
    assert caught.value.code == 2
    assert "1GiB" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--temperature", "3"),
        ("--temperature", "warm"),
        ("--max-tokens", "0"),
        ("--threads", "0"),
        ("--cache-k", "q9"),
        ("--cache-v", "f32"),
    ],
)
def test_values_outside_their_range_are_refused(option: str, value: str) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["ask", "Hi", option, value])
    assert caught.value.code == 2


def test_no_command_opens_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_window", lambda _arguments: 42)
    assert cli.main([]) == 42


def test_models_of_an_empty_folder_say_where_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models"]) == 0
    out = capsys.readouterr().out
    assert str(paths.default_models_dir()) in out
    assert "--get-starter" in out


def test_models_as_json_is_an_array(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_offline_refuses_to_fetch_the_starter(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.load(paths.settings_file())
    settings.set("files.offline", True)
    assert cli.main(["models", "--json", "--get-starter"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == Code.OFFLINE


def test_the_models_folder_of_the_settings_counts(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings.load(paths.settings_file())
    settings.set("files.models_folder", str(tmp_path))
    cli.main(["models"])
    assert str(tmp_path) in capsys.readouterr().out


def test_a_thimble_without_a_guide_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(guide, "bundled", lambda: None)
    assert cli.main(["models", "--json", "--get-guide"]) == 1
    assert json.loads(capsys.readouterr().out)["error"]["code"] == Code.MODEL_NOT_FOUND


def test_the_guide_is_added_and_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    came = write_model(tmp_path / "came.gguf", architecture="smallthinker", name="Thimble guide", experts=8)
    monkeypatch.setattr(guide, "bundled", lambda: came)
    assert cli.main(["models", "--get-guide"]) == 0
    assert "thimble-guide" in capsys.readouterr().out


def test_asking_without_a_name_takes_the_guide_last(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(paths.settings_file())
    client = SimpleNamespace(status=lambda: SimpleNamespace(model=None))
    tiny = write_model(settings.models_folder() / GUIDE_FILE, name="A guide")
    assert choose_model("", settings, cast(EngineClient, client)) == str(tiny)
    real = write_model(settings.models_folder() / "real.gguf", name="Z real")
    assert choose_model("", settings, cast(EngineClient, client)) == str(real)
    assert choose_model("thimble-guide", settings, cast(EngineClient, client)) == str(tiny)
