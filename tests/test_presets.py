"""Named sets of settings: kept, checked, and never in the way of a broken file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from thimble.errors import ThimbleError
from thimble.presets import Presets


def test_a_preset_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "presets.json"
    Presets(path).save("Terse", {"answers.system_prompt": "Be brief.", "answers.top_k": 5})
    again = Presets(path)
    assert again.names() == ["Terse"]
    assert again.get("Terse") == {"answers.system_prompt": "Be brief.", "answers.top_k": 5}
    assert again.remove("Terse") == {"answers.system_prompt": "Be brief.", "answers.top_k": 5}
    assert Presets(path).names() == []


def test_only_settings_of_a_conversation_within_their_range_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "presets.json"
    wrong = {"answers.top_k": -3, "look.theme": "dark", "nonsense": 1, "answers.temperature": 0.5}
    path.write_text(json.dumps({"version": 1, "presets": {"Shared": wrong, "broken": 3}}))
    presets = Presets(path)
    assert presets.names() == ["Shared"]
    assert presets.get("Shared") == {"answers.temperature": 0.5}


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"presets": 3}'])
def test_a_broken_file_counts_as_empty_and_is_set_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "presets.json"
    path.write_text(content)
    presets = Presets(path)
    assert presets.names() == []
    presets.save("New", {})
    assert Presets(path).names() == ["New"]
    assert (tmp_path / "presets.damaged").read_text() == content


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ThimbleError, match="could not be saved"):
        Presets(tmp_path / "file" / "presets.json").save("x", {})


def test_two_windows_do_not_lose_each_others_presets(tmp_path: Path) -> None:
    one, two = Presets(tmp_path / "presets.json"), Presets(tmp_path / "presets.json")
    one.save("A", {"answers.top_k": 1})
    two.save("B", {"answers.top_k": 2})
    one.remove("A")
    assert Presets(tmp_path / "presets.json").names() == ["B"]


def test_a_preset_can_be_sent_to_somebody(tmp_path: Path) -> None:
    mine, theirs = Presets(tmp_path / "mine.json"), Presets(tmp_path / "theirs.json")
    mine.save("Terse", {"answers.system_prompt": "Be brief 🙂.", "answers.temperature": 0.1})
    text = mine.as_text("Terse")
    assert theirs.add_text(text) == "Terse"
    assert theirs.get("Terse") == mine.get("Terse")
    assert theirs.add_text(text) == "Terse 2"


@pytest.mark.parametrize("text", ["", "{}", "[]", "hello", '{"thimble-preset": 3, "settings": {}}', "[" * 50_000])
def test_what_is_no_preset_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ThimbleError, match="no preset"):
        Presets(tmp_path / "presets.json").add_text(text)
    assert not (tmp_path / "presets.json").exists()
