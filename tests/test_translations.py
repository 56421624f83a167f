"""The translations are whole: every text of the sources, finished, with its placeholders."""

from __future__ import annotations

import ast
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from installer import translations
from installer.places import ROOT

PROGRAMS = Path(sys.executable).parent
FILES = translations.files(ROOT)
SHOWS = {
    "setText", "setToolTip", "setAccessibleName", "setAccessibleDescription", "setPlaceholderText", "setWindowTitle",
    "setSpecialValueText", "setTitle", "addAction", "label", "button", "icon_button", "BigButton", "ElidedLabel",
    "Card",
}  # fmt: skip
NAMES = {"Thimble", "MoE"}
PLACEHOLDER = re.compile(r"\{\w*\}|%\w\b")


@dataclass(frozen=True)
class Text:
    """One message of a .ts file; `translation` is empty when it is not finished."""

    context: str
    source: str
    translation: str


def texts(path: Path) -> list[Text]:
    """All messages, also those whose source text is gone."""
    found = []
    for context in ET.parse(path).getroot().iter("context"):  # noqa: S314 (our own file)
        for message in context.iter("message"):
            translation = message.find("translation")
            assert translation is not None
            finished = translation.get("type") is None
            found.append(
                Text(
                    context.findtext("name", ""),
                    message.findtext("source", ""),
                    "".join(translation.itertext()).strip() if finished else "",
                )
            )
    return found


each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_german_is_there() -> None:
    assert "thimble_de" in {path.stem for path in FILES}


@each_file
def test_every_text_is_translated(path: Path) -> None:
    assert [(text.context, text.source) for text in texts(path) if not text.translation] == []


@each_file
def test_placeholders_are_the_same(path: Path) -> None:
    changed = [
        text
        for text in texts(path)
        if sorted(PLACEHOLDER.findall(text.source)) != sorted(PLACEHOLDER.findall(text.translation))
    ]
    assert changed == []


@each_file
def test_ellipses_mnemonics_and_line_breaks_are_kept(path: Path) -> None:
    changed = [
        text
        for text in texts(path)
        for mark in ("…", "&", "\n")
        if text.source.count(mark) != text.translation.count(mark)
    ]
    assert changed == []


@each_file
def test_sentences_stay_sentences(path: Path) -> None:
    changed = [text for text in texts(path) if text.source.endswith(".") and not text.translation.endswith(".")]
    assert changed == []


@each_file
def test_it_is_in_step_with_the_sources(path: Path, tmp_path: Path) -> None:
    fresh = tmp_path / path.name
    shutil.copy(path, fresh)
    translations.extract(ROOT, PROGRAMS, [fresh], drop_obsolete=True)
    assert {(t.context, t.source) for t in texts(fresh)} == {(t.context, t.source) for t in texts(path)}


def test_texts_of_settings_pages_chat_and_failures_are_extracted(tmp_path: Path) -> None:
    made = tmp_path / "thimble_xx.ts"
    translations.extract(ROOT, PROGRAMS, [made])
    found = {(text.context, text.source) for text in texts(made)}
    assert {("Settings", "Memory limit"), ("Pages", "Models"), ("Composer", "Send"), ("Shortcuts", "Go to")} <= found
    assert {
        ("Failures", "The engine cannot be reached."),
        ("Failures", "“{0}” is a folder, not a model file."),
        ("Failures", "{0} does not allow this: “{1}”"),
        ("Failures", "The connections could not be saved."),
        ("Failures", "The experts need at least {0}; {1} were given."),
    } <= found


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node.func.id if isinstance(node.func, ast.Name) else node.func.attr, node


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_lupdate_can_read_every_marked_text() -> None:
    """It reads literals only: of the context too, and no f-strings."""
    unread = [
        f"{path.name}:{call.lineno}"
        for path in translations.sources(ROOT)
        for name, call in _calls(path)
        if (name in {"translate", "QT_TRANSLATE_NOOP"} and _is_text(call.args[-1]) and not _is_text(call.args[0]))
        or (name == "tr" and not _is_text(call.args[0]))
    ]
    assert unread == []


def test_no_text_of_a_control_is_a_plain_literal() -> None:
    plain = [
        f"{path.name}:{call.lineno} {argument.value}"
        for path in translations.sources(ROOT)
        for name, call in _calls(path)
        if name in SHOWS
        for argument in (*call.args[:3], *(keyword.value for keyword in call.keywords))
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and (" " in argument.value.strip() or argument.value[:1].isupper())
        and argument.value not in NAMES
    ]
    assert plain == []
