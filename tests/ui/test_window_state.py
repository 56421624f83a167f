"""What the window remembers survives, and a damaged file does no harm."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from thimble.ui.window_state import WindowState


def test_values_survive(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    state = WindowState(path)
    state.set("geometry", [1, 2, 900, 600])
    state.set("drafts", {"3": "halb fertig …"})
    state.flush()
    again = WindowState(path)
    assert again.get("geometry", []) == [1, 2, 900, 600]
    assert again.get("drafts", {}) == {"3": "halb fertig …"}


def test_writing_waits_until_things_are_quiet(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    state = WindowState(path)
    state.set("a", 1)
    assert not path.exists()
    qtbot.waitUntil(path.exists)


def test_none_forgets(qtbot: QtBot, tmp_path: Path) -> None:
    state = WindowState(tmp_path / "window.json")
    state.set("a", 1)
    state.set("a", None)
    assert state.get("a", 7) == 7
    state.flush()


def test_a_value_of_another_type_is_not_believed(qtbot: QtBot, tmp_path: Path) -> None:
    state = WindowState(None)
    state.set("list_width", "wide")
    assert state.get("list_width", 260) == 260
    state.flush()


def test_a_damaged_file_is_an_empty_state(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    path.write_text("{not json", "utf-8")
    assert WindowState(path).get("a", "default") == "default"


def test_a_state_that_cannot_be_written_does_no_harm(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    state = WindowState(tmp_path / "file" / "window.json")
    state.set("a", 1)
    state.flush()
    assert state.get("a", 0) == 1
