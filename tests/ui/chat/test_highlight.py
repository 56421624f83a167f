"""Colours of code: found in small steps, and readable."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytestqt.qtbot import QtBot

from thimble.ui.app_context import AppContext
from thimble.ui.chat.code_item import CodeItem
from thimble.ui.chat.highlight import LONGEST, ROLES, Highlighter, colours_of, find_lexer
from thimble.ui.chat.rich_blocks import CodeBlock
from thimble.ui.chat.rich_layout import Look
from thimble.ui.theme.tokens import DARK, LIGHT, TEXT_CONTRAST, Colours, contrast


@pytest.fixture
def highlighter(context: AppContext) -> Highlighter:
    return Highlighter(context.jobs)


def item(context: AppContext, code: str, language: str = "python", *, closed: bool = True) -> CodeItem:
    return CodeItem(CodeBlock(code, language, closed), Look(context.theme))


def role_at(found: CodeItem, words: str) -> str:
    at = found.block.code.index(words)
    return next((role for start, end, role in found.colours if start <= at < end), "")


def test_code_gets_the_colours_of_its_language(context: AppContext, highlighter: Highlighter, qtbot: QtBot) -> None:
    code = item(context, "def lamp(light):\n    return 'on', 3  # note")
    with qtbot.waitSignal(highlighter.coloured):
        highlighter.ask(code)
    roles = [role_at(code, words) for words in ("def", "lamp", "light", "'on'", "3", "# note")]
    assert roles == ["code_keyword", "code_name", "", "code_string", "code_number", "code_comment"]


def test_a_language_that_nobody_knows_stays_plain(context: AppContext, highlighter: Highlighter, qtbot: QtBot) -> None:
    code = item(context, "x = 1", "no-such-language")
    highlighter.ask(code)
    qtbot.waitUntil(lambda: not highlighter.busy)
    assert code.colours == []


def test_code_without_a_language_is_not_asked_about(context: AppContext, highlighter: Highlighter) -> None:
    highlighter.ask(item(context, "x = 1", ""))
    assert not highlighter.busy


def test_very_long_code_stays_plain(context: AppContext, highlighter: Highlighter) -> None:
    highlighter.ask(item(context, "x = 1\n" * LONGEST))
    assert not highlighter.busy


def test_code_that_grows_keeps_its_colours_until_there_are_new_ones(
    context: AppContext, highlighter: Highlighter, qtbot: QtBot
) -> None:
    code = item(context, "def a", closed=False)
    with qtbot.waitSignal(highlighter.coloured):
        highlighter.ask(code)
    code.update(CodeBlock("def a():\n    return 1", "python", closed=True))
    assert role_at(code, "def") == "code_keyword"
    with qtbot.waitSignal(highlighter.coloured):
        highlighter.ask(code)
    assert role_at(code, "return") == "code_keyword"


def test_a_fault_of_a_lexer_leaves_the_code_plain(
    context: AppContext, highlighter: Highlighter, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_lexer: object, _code: str) -> None:
        raise ValueError

    monkeypatch.setattr("thimble.ui.chat.highlight.colours_of", lambda lexer, code: map(broken, (lexer,), (code,)))
    code = item(context, "x = 1")
    with qtbot.waitSignal(highlighter.coloured):
        highlighter.ask(code)
    assert code.colours == []


def test_forgetting_ends_all_work(context: AppContext, highlighter: Highlighter) -> None:
    highlighter.ask(item(context, "x = 1"))
    highlighter.forget()
    assert not highlighter.busy


def test_runs_of_colour_come_in_order_and_within_the_text() -> None:
    code = "class A:\n    '''doc'''\n"
    runs = list(colours_of(find_lexer("py"), code))
    assert runs == sorted(runs)
    assert all(start < end <= len(code) + 1 for start, end, _ in runs)


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("role", sorted(set(ROLES.values())))
def test_every_colour_can_be_read_on_the_ground_of_code(colours: Colours, role: str) -> None:
    assert contrast(getattr(colours, role), colours.code) >= TEXT_CONTRAST


def test_pygments_is_not_imported_with_the_view() -> None:
    code = "import sys, thimble.ui.chat.conversation_view; sys.exit('pygments' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, env={"PYTHONPATH": "app"}).returncode == 0
