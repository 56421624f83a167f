"""What the model reads of files and passages."""

from __future__ import annotations

from thimble.conversations import AttachedFile, Message, Role
from thimble.retrieval import Found, Passage
from thimble.ui.chat.prompt import as_prompt, with_files


def _message(number: int, role: Role, text: str, *passages: Passage) -> Message:
    found = Found(passages).to_json() if passages else None
    return Message(number, 1, number - 1 or None, role, text, "done", "", 0.0, passages=found)


def test_only_the_last_question_is_read_with_its_passages() -> None:
    prompt = as_prompt(
        [
            _message(1, Role.USER, "first?", Passage("a.txt", "old passage")),
            _message(2, Role.ASSISTANT, "answer"),
            _message(3, Role.USER, "second?", Passage("a.pdf", "new", (3, 3)), Passage("b.pdf", "x\fy", (4, 5))),
            _message(4, Role.ASSISTANT, "begun"),
        ],
        "",
    )
    assert prompt[0]["content"] == "first?"
    assert prompt[2]["content"] == (
        "Passage from “a.pdf”, page 3:\n```\nnew\n```\n\nPassage from “b.pdf”, pages 4–5:\n```\nx\n\ny\n```\n\nsecond?"
    )


def test_a_searched_file_is_named_and_a_whole_one_has_empty_lines_between_its_pages() -> None:
    files = [AttachedFile("long.pdf", "", 300, searched=True), AttachedFile("short.pdf", "one\ftwo", 2)]
    assert with_files("why?", files) == (
        "File “long.pdf”: passages of it are shown with the question.\n\n"
        "File “short.pdf”:\n```\none\n\ntwo\n```\n\nwhy?"
    )
