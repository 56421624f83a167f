"""Translations are compiled when they changed, and only then."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

import pytest

from installer import __main__ as program
from installer import translations
from installer.environment import Environment, app_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.terminal import Terminal

PROGRAMS = ("pyside6-lupdate", "pyside6-lrelease")
PAGE = 'class Page(QWidget):\n    def words(self) -> str:\n        return self.tr("Hello {0}").format(1)\n'
TS = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE" sourcelanguage="en">
<context>
    <name>Page</name>
    <message>
        <source>Hello {0}</source>
        <translation>Hallo {0}</translation>
    </message>
    <message>
        <source>Bye</source>
        <translation>Auf Wiedersehen</translation>
    </message>
</context>
</TS>
"""


@pytest.fixture
def environment(places: Places) -> Environment:
    """An environment with Qt's real tools; the checkout has one page and German."""
    made = app_environment(places)
    made.programs.mkdir(parents=True)
    for name in PROGRAMS:
        (made.programs / name).symlink_to(Path(sys.executable).parent / name)
    page = places.root / "app" / "thimble" / "ui" / "page.py"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE, "utf-8")
    translations.folder(places.root).mkdir(parents=True)
    (translations.folder(places.root) / "thimble_de.ts").write_text(TS, "utf-8")
    return made


@pytest.fixture
def german(places: Places, environment: Environment) -> Path:
    """The translation file."""
    return translations.folder(places.root) / "thimble_de.ts"


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns


def test_a_translation_is_compiled_once(
    places: Places, environment: Environment, terminal: Terminal, german: Path
) -> None:
    translations.compile_stale(places, environment, terminal)
    first = _written(german.with_suffix(".qm"))
    for name in PROGRAMS:
        (environment.programs / name).unlink()
    translations.compile_stale(places, environment, terminal)
    assert _written(german.with_suffix(".qm")) == first


def test_a_changed_translation_is_compiled_again(
    places: Places, environment: Environment, terminal: Terminal, german: Path
) -> None:
    compiled = german.with_suffix(".qm")
    compiled.write_bytes(b"old")
    os.utime(compiled, ns=(0, 0))
    translations.compile_stale(places, environment, terminal)
    assert compiled.read_bytes() != b"old"


def test_compiling_says_nothing(
    places: Places, environment: Environment, terminal: Terminal, output: io.StringIO, german: Path
) -> None:
    translations.compile_stale(places, environment, terminal)
    assert output.getvalue() == ""


def test_a_damaged_translation_is_a_sentence_and_keeps_the_old_one(
    places: Places, environment: Environment, terminal: Terminal, output: io.StringIO, german: Path
) -> None:
    compiled = german.with_suffix(".qm")
    compiled.write_bytes(b"old")
    os.utime(compiled, ns=(0, 0))
    german.write_text("<TS", "utf-8")
    translations.compile_stale(places, environment, terminal)
    assert compiled.read_bytes() == b"old"
    assert "pyside6-lrelease failed" in output.getvalue()


def test_the_command_says_what_is_left(
    places: Places, environment: Environment, output: io.StringIO, german: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = places.root / "app" / "thimble" / "ui" / "page.py"
    page.write_text(PAGE.replace("return", 'self.tr("A new text of this page")\n        return'), "utf-8")
    monkeypatch.setattr(program, "Terminal", lambda: Terminal(output))
    assert program.main(["translations"], places) == 0
    assert output.getvalue() == "thimble_de.ts: 2 texts, 1 untranslated, 1 obsolete.\n"


def test_another_language_can_be_begun(places: Places, environment: Environment, german: Path) -> None:
    assert program.main(["translations", "fr"], places) == 0
    assert translations.Counts.read(german.with_name("thimble_fr.ts")) == translations.Counts(1, 1, 0)


def test_obsolete_texts_can_be_dropped(places: Places, environment: Environment, german: Path) -> None:
    translations.extract(places.root, environment.programs, [german], drop_obsolete=True)
    assert translations.Counts.read(german) == translations.Counts(1, 0, 0)


def test_translations_survive_a_refresh(places: Places, environment: Environment, german: Path) -> None:
    translations.extract(places.root, environment.programs, [german])
    assert "<translation>Hallo {0}</translation>" in german.read_text("utf-8")


def test_without_qts_tools_the_command_to_mend_it_is_named(
    places: Places, environment: Environment, german: Path
) -> None:
    shutil.rmtree(environment.programs)
    with pytest.raises(InstallerError) as caught:
        translations.extract(places.root, environment.programs, [german])
    assert caught.value.command == "python3 -m installer run --no-window"
