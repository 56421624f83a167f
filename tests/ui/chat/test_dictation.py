"""Dictation: a program records, a child process writes, and whatever fails is told with a way out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.hub_server import Content, Hub, Repo
from tests.helpers.speech_files import write_speech_model
from tests.ui.hub_fixtures import hub
from thimble.dictation.models import REPOSITORY, USUAL
from thimble.ui.app_context import AppContext
from thimble.ui.chat.composer import Composer
from thimble.ui.chat.dictation import KEY, Dictation, Doing

__all__ = ["hub"]

SOUND = "#!/bin/sh\nprintf '\\100\\100\\100\\100\\100\\100\\100\\100'\nread -r end\n"
QUIET = "#!/bin/sh\nprintf '\\1\\0\\1\\0\\1\\0'\nread -r end\n"
WRITES = '#!/bin/sh\nprintf \'noise\\n{"text": "twelve planets"}\\n\'\n'

Program = Callable[[str, str], Path]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes programs in a folder that is all of the path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def make(name: str, script: str) -> Path:
        path = folder / name
        path.write_text(script)
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def writer(program: Program, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What is started instead of the child process."""

    def make(script: str) -> None:
        monkeypatch.setattr(sys, "executable", str(program("writer", script)))

    return make


@pytest.fixture
def model(context: AppContext, tmp_path: Path) -> Path:
    path = write_speech_model(tmp_path / "ggml-tiny.bin")
    context.settings.set(KEY, str(path))
    return path


@pytest.fixture
def composer(qtbot: QtBot, context: AppContext) -> Iterator[Composer]:
    made = Composer(context)
    qtbot.addWidget(made)
    yield made
    made.dictate.stop()


@pytest.fixture
def dictation(composer: Composer) -> Dictation:
    return composer.dictate.dictation


def _toast(context: AppContext) -> str:
    return context.toasts.toasts[-1].text


def _listen(qtbot: QtBot, dictation: Dictation) -> None:
    dictation.toggle()
    qtbot.waitUntil(lambda: dictation.doing is Doing.LISTENING and dictation.bytes > 0)


def _over(qtbot: QtBot, dictation: Dictation) -> None:
    qtbot.waitUntil(lambda: dictation.doing is Doing.NOTHING)


def test_what_is_said_is_written_where_the_cursor_is(
    qtbot: QtBot, composer: Composer, model: Path, program: Program, writer: Callable[[str], None]
) -> None:
    program("parec", SOUND)
    writer(WRITES)
    composer.set_draft("How many?")
    cursor = composer.field.textCursor()
    cursor.setPosition(3)
    composer.field.setTextCursor(cursor)
    _listen(qtbot, composer.dictate.dictation)
    composer.dictate.click()
    _over(qtbot, composer.dictate.dictation)
    assert composer.text() == "How twelve planets many?"


def test_without_a_program_that_records_it_says_what_to_install(
    context: AppContext, dictation: Dictation, program: Program
) -> None:
    dictation.toggle()
    assert "pulseaudio-utils" in _toast(context)
    assert dictation.doing is Doing.NOTHING


def test_without_a_model_it_says_which_and_offers_it(
    qtbot: QtBot, context: AppContext, dictation: Dictation, program: Program
) -> None:
    program("parec", SOUND)
    dictation.toggle()
    _over(qtbot, dictation)
    assert "ggml-base.bin" in _toast(context)
    assert context.toasts.toasts[-1].action_button is not None


def test_a_model_in_the_models_folder_is_taken(
    qtbot: QtBot, context: AppContext, dictation: Dictation, program: Program
) -> None:
    program("parec", SOUND)
    context.settings.models_folder().mkdir(parents=True, exist_ok=True)
    write_speech_model(context.settings.models_folder() / "ggml-small.bin")
    _listen(qtbot, dictation)


def test_a_damaged_model_is_told_before_anything_is_recorded(
    qtbot: QtBot, context: AppContext, dictation: Dictation, model: Path, program: Program
) -> None:
    program("parec", SOUND)
    model.write_bytes(model.read_bytes()[:5000])
    dictation.toggle()
    _over(qtbot, dictation)
    assert "ends too early" in _toast(context)


def test_a_recorder_that_fails_is_told(
    qtbot: QtBot, context: AppContext, dictation: Dictation, model: Path, program: Program
) -> None:
    program("arecord", "#!/bin/sh\nexit 1\n")
    dictation.toggle()
    qtbot.waitUntil(lambda: bool(context.toasts.toasts))
    assert "arecord failed" in _toast(context)
    assert dictation.doing is Doing.NOTHING


def test_silence_is_told(
    qtbot: QtBot, context: AppContext, dictation: Dictation, model: Path, program: Program
) -> None:
    program("parec", QUIET)
    _listen(qtbot, dictation)
    dictation.toggle()
    _over(qtbot, dictation)
    assert _toast(context) == "Nothing was heard. Check the microphone."


def test_a_writer_that_crashes_loses_nothing(
    qtbot: QtBot,
    context: AppContext,
    composer: Composer,
    model: Path,
    program: Program,
    writer: Callable[[str], None],
) -> None:
    program("parec", SOUND)
    writer("#!/bin/sh\nkill -SEGV $$\n")
    _listen(qtbot, composer.dictate.dictation)
    composer.dictate.dictation.toggle()
    _over(qtbot, composer.dictate.dictation)
    assert "what you said is kept" in _toast(context)
    writer(WRITES)
    again = context.toasts.toasts[-1].action_button
    assert again is not None
    again.click()
    qtbot.waitUntil(lambda: composer.text() == "twelve planets")


def test_giving_up_ends_the_recording(qtbot: QtBot, composer: Composer, model: Path, program: Program) -> None:
    program("parec", SOUND)
    _listen(qtbot, composer.dictate.dictation)
    composer.field.escaped.emit()
    assert composer.dictate.dictation.doing is Doing.NOTHING
    assert composer.text() == ""


def test_the_button_says_what_it_does_next(qtbot: QtBot, composer: Composer, model: Path, program: Program) -> None:
    program("parec", SOUND)
    before = composer.dictate.accessibleName()
    _listen(qtbot, composer.dictate.dictation)
    assert (before, composer.dictate.accessibleName()) == ("Dictate", "Write down what you said")


def test_in_a_narrow_composer_words_take_its_place(composer: Composer) -> None:
    composer.resize(300, 100)
    composer.show()
    before = composer.dictate.isVisible()
    composer.set_draft("Words")
    assert (before, composer.dictate.isVisible()) == (True, False)


def test_what_was_heard_before_the_recorder_failed_is_written_down(
    qtbot: QtBot, composer: Composer, model: Path, program: Program, writer: Callable[[str], None]
) -> None:
    loud = "i=0; while [ $i -lt 2200 ]; do printf '" + "\\100" * 16 + "'; i=$((i+1)); done; exit 1"
    program("parec", f"#!/bin/sh\n{loud}\n")
    writer(WRITES)
    composer.dictate.click()
    qtbot.waitUntil(lambda: composer.text() == "twelve planets")


def test_the_usual_model_comes_from_the_hub(
    qtbot: QtBot, context: AppContext, dictation: Dictation, hub: Hub, tmp_path: Path
) -> None:
    made = write_speech_model(tmp_path / USUAL)
    hub.add(Repo(REPOSITORY, {USUAL: Content(made.read_bytes())}))
    context.settings.set("files.hub_cache", str(tmp_path / "cache"))
    with qtbot.waitSignal(context.downloads.arrived) as arrived:
        dictation.get_model()
    assert Path(arrived.args[0]).read_bytes() == made.read_bytes()


def test_a_hub_without_it_is_told(qtbot: QtBot, context: AppContext, dictation: Dictation, hub: Hub) -> None:
    dictation.get_model()
    qtbot.waitUntil(lambda: bool(context.toasts.toasts))
    assert "has not, or does not show" in _toast(context)
