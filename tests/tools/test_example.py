"""The bundled tools by themselves: arithmetic that evaluates nothing else, notes that stay in their folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from thimble.tools.example import Notes, calculate, now


@pytest.mark.parametrize(
    ("expression", "value"),
    [("(3 + 4) * 2**5", 224), ("-7 // 2", -4), ("10 % 4", 2), ("1/4", 0.25), (" 2**100 ", 2**100)],
)
def test_arithmetic(expression: str, value: float) -> None:
    assert calculate(expression) == value


@pytest.mark.parametrize(
    "expression",
    ["", "__import__('os')", "(1).real", "9**9**9**9", "'a'*9", "[1]*9", "x", "1 if 1 else 2", "(-8)**0.5", "9" * 2000],
)
def test_nothing_else_is_evaluated(expression: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        calculate(expression)


def test_notes_are_written_and_read(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes")
    assert notes.names() == []
    notes.write("Shopping", "milk")
    assert notes.read("Shopping.md") == "milk"
    assert notes.names() == ["Shopping"]
    assert (tmp_path / "notes" / "Shopping.md").read_text() == "milk"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "..", ".hidden", "a\x00b", "a" * 200, "c:x"])
def test_a_notes_name_stays_in_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        Notes(tmp_path).write(name, "x")


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").symlink_to(tmp_path / "secret")
    with pytest.raises(ValueError, match="link"):
        Notes(folder).read("a")


def test_the_time_of_a_zone() -> None:
    assert now("UTC").endswith("UTC")
    with pytest.raises(ValueError, match="no time zone"):
        now("Nowhere/None")
