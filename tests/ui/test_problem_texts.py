"""Failures are said in the window's language."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from PySide6.QtCore import QLocale

from installer import translations
from installer.places import ROOT
from thimble.errors import Code, Problem
from thimble.ui import problem_texts
from thimble.ui.problem_texts import Wording

TEXTS = {
    "It broke.": "Es ist kaputt.",
    "Mend it.": "Reparieren.",
    "{0} broke.": "{0} ist kaputt.",
    "{0} of {1} broke.": "Von {1}: {0} kaputt.",
    "{0}; what was written is kept.": "{0}; Geschriebenes bleibt.",
    "The file is gone": "Die Datei ist weg",
    "{{{0}}} is no name.": "{{{0}}} ist kein Name.",
}


@pytest.fixture(autouse=True)
def german_numbers() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale("de_DE"))
    yield
    QLocale.setDefault(before)
    problem_texts.use(None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "thimble_de.json"
    path.write_text(json.dumps(TEXTS), "utf-8")
    return path


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("It broke.", "Es ist kaputt."),
        ("a.gguf broke.", "a.gguf ist kaputt."),
        ("3 of a b broke.", "Von a b: 3 kaputt."),
        ("The file is gone; what was written is kept.", "Die Datei ist weg; Geschriebenes bleibt."),
        ("lines\nof text; what was written is kept.", "lines\nof text; Geschriebenes bleibt."),
        ("{x} is no name.", "{x} ist kein Name."),
        ("{0} broke.", "{0} ist kaputt."),
        ("1,234 of 12.50 GiB broke.", "Von 12,50 GiB: 1.234 kaputt."),
        ("10.0.0.1 of 2 broke.", "Von 2: 10.0.0.1 kaputt."),
        ("a.gguf broke. Mend it.", "a.gguf ist kaputt. Reparieren."),
        ("Nobody knows this.", "Nobody knows this."),
        ("", ""),
    ],
)
def test_a_sentence_is_found_by_what_it_looks_like(file: Path, english: str, german: str) -> None:
    assert Wording(file).of(english) == german


def test_a_problem_is_said_with_what_to_do(file: Path) -> None:
    problem_texts.use(file)
    problem = Problem(Code.INTERNAL, "It broke.", "Mend it.", "detail")
    assert problem_texts.words(problem) == "Es ist kaputt. Reparieren."


def test_in_english_nothing_is_read(tmp_path: Path) -> None:
    problem_texts.use(None)
    assert problem_texts.translated("It broke.") == "It broke."


@pytest.mark.parametrize("content", ["", "[]", "{", '"It broke."'])
def test_a_damaged_file_leaves_the_english(file: Path, content: str) -> None:
    file.write_text(content, "utf-8")
    assert Wording(file).of("It broke.") == "It broke."


def test_a_missing_file_leaves_the_english(tmp_path: Path) -> None:
    assert Wording(tmp_path / "none.json").of("It broke.") == "It broke."


@pytest.mark.parametrize("source", translations.files(ROOT), ids=lambda path: path.stem)
def test_every_sentence_is_found_again(source: Path, tmp_path: Path) -> None:
    """With names in its gaps each comes out as its own translation, and as no other's."""
    texts = translations.failure_texts(source)
    compiled = tmp_path / "compiled.json"
    compiled.write_text(json.dumps(texts), "utf-8")
    wording = Wording(compiled)
    lost = []
    for english, translation in texts.items():
        gaps = [f"name{number}" for number in range(english.count("{"))]
        with_gaps = any(gap is not None for _, gap, *_ in Formatter().parse(english)) if "{0}" in english else False
        said = english.format(*gaps) if with_gaps else english
        wanted = translation.format(*gaps) if with_gaps else translation
        if wording.of(said) != wanted:
            lost.append((said, wording.of(said)))
    assert lost == []


UI = ROOT / "app" / "thimble" / "ui"
AS_THEY_ARE = {
    "problem_texts.py",  # translates them
    "chat/tool_rounds.py",  # what the model reads
    "chat/readable_copies.py",  # compares
    "chat/passage_search.py",  # stored with the message; `passage_words` translates it
}


def _is_problem(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name == "problem"


def _shown_raw(tree: ast.Module) -> Iterator[int]:
    logged = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("log.")
        for inner in ast.walk(call)
    }
    for node in ast.walk(tree):
        if id(node) in logged:
            continue
        match node:
            case ast.Attribute(attr="sentence" | "action", value=value) if _is_problem(value):
                yield node.lineno
            case ast.Call(func=ast.Name(id="str"), args=[value]) if _is_problem(value):
                yield node.lineno
            case ast.FormattedValue(value=value) if _is_problem(value):
                yield node.lineno


def test_the_window_shows_no_problem_as_it_came() -> None:
    """`problem_texts.words(problem)` instead of `str(problem)`."""
    raw = [
        f"{path.relative_to(UI)}:{line}"
        for path in sorted(UI.rglob("*.py"))
        if path.relative_to(UI).as_posix() not in AS_THEY_ARE
        for line in _shown_raw(ast.parse(path.read_text("utf-8")))
    ]
    assert raw == []
