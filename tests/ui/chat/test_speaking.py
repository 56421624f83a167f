"""Reading aloud: words only, in their language, by a program of the system, and silence at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from tests.ui.chat.whole_page import asked
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.speaker import Speaker
from thimble.ui.chat.speech_text import LONGEST, language_of, speakable

ANSWER = """<think>Which soup?</think>
# Soup

**Slice** the [onions](https://example.org): `thinly`.

```python
minutes = 40
```

| wine | how much |
|---|---|
| white | 100 ml |

$$e = mc^2$$"""


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def speaker(context: AppContext) -> Iterator[Speaker]:
    made = Speaker(context)
    yield made
    made.stop()
    made.deleteLater()


def test_only_words_are_read() -> None:
    assert speakable(ANSWER) == ["Soup", "Slice the onions: thinly.", "wine, how much", "white, 100 ml"]
    assert speakable("```\ncode\n```\n\n---") == []


def test_long_paragraphs_are_read_in_pieces_that_end_with_a_sentence() -> None:
    pieces = speakable("This is a sentence of some words. " * 50)
    assert len(pieces) > 3
    assert all(len(piece) <= LONGEST and piece.endswith(".") for piece in pieces)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Because the Moon pulls the near water more than the Earth.", "en"),
        ("Weil der Mond das nahe Wasser stärker anzieht als die Erde.", "de"),
        ("Parce que la Lune attire les eaux qui sont dans la mer.", "fr"),
        ("Потому что Луна притягивает воду.", "ru"),
        ("月が水を引っ張るからです。", "ja"),
        ("Hm", "de"),
    ],
)
def test_reading_follows_the_language(text: str, language: str) -> None:
    assert language_of(text, "de") == language


def test_a_message_is_read_piece_by_piece_to_its_end(qtbot: QtBot, speaker: Speaker, programs: Path) -> None:
    out = programs.parent / "heard"
    program(programs, "espeak-ng", f'while read -r line; do echo "$2 $line" >> {out}; done')
    with qtbot.waitSignals([speaker.changed, speaker.changed]):
        speaker.toggle(7, "The *first* one.\n\nAnd the second.")
        assert speaker.reading == 7
    assert speaker.reading == 0
    assert out.read_text().splitlines() == ["en The first one.", "en And the second."]


def test_a_second_press_is_silence_at_once(qtbot: QtBot, speaker: Speaker, programs: Path) -> None:
    program(programs, "espeak-ng", "while :; do read -r line; done")
    speaker.toggle(7, "The first one.")
    speaker.toggle(7, "The first one.")
    assert speaker.reading == 0


def test_a_computer_that_cannot_speak_says_what_to_install(
    speaker: Speaker, programs: Path, context: AppContext
) -> None:
    speaker.toggle(7, "The first one.")
    assert speaker.reading == 0
    assert "espeak-ng" in context.toasts.toasts[-1].text


def test_a_program_that_fails_is_told_once(qtbot: QtBot, speaker: Speaker, programs: Path, context: AppContext) -> None:
    program(programs, "espeak-ng", "exit 3")
    with qtbot.waitSignals([speaker.changed, speaker.changed]):
        speaker.toggle(7, "The first one.\n\nThe second.")
    assert len(context.toasts.toasts) == 1
    assert "espeak-ng" in context.toasts.toasts[-1].text


def test_an_answers_menu_reads_it_and_escape_ends_that(page: ChatPage, context: AppContext, programs: Path) -> None:
    program(programs, "espeak-ng", "while :; do read -r line; done")
    page.open_conversation(asked(context.store, "Soup").id)
    answer = page.pane.view.findChildren(AnswerView)[0]
    next(a for a in answer.menu(QPoint(5, 5)).actions() if a.text() == "Read aloud").trigger()
    assert "Stop reading aloud" in dict(answer.more_entries())
    page.stop()
    assert "Read aloud" in dict(answer.more_entries())
