"""Conversations of the guide's training, read from JSONL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assets.tiny.recipe.conversations import read

LINE = {
    "kind": "handbook",
    "id": "memory",
    "messages": [{"role": "user", "content": "How much?"}, {"role": "assistant", "content": "All of it. "}],
}


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text(json.dumps(LINE | {"id": "second"}))
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE | {"id": "first"}) + "\n\n")
    assert [each.id for each in read(tmp_path)] == ["first", "second"]


def test_question_and_answer_are_the_first_ones(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE))
    (each,) = read(tmp_path)
    assert (each.question, each.answer) == ("How much?", "All of it.")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "poem"},
        {"messages": "none"},
        {"messages": [{"role": "user", "content": "How much?"}]},
        {"messages": [{"role": "user", "content": " "}, {"role": "assistant", "content": "All."}]},
        {"messages": [{"role": "user", "content": "How?"}, {"role": "robot", "content": "So."}]},
    ],
)
def test_a_wrong_line_is_named(wrong: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE) + "\n" + json.dumps(LINE | wrong))
    with pytest.raises(ValueError, match=r"a\.jsonl, line 2"):
        read(tmp_path)
