"""Colours of code, found by Pygments a few milliseconds at a time.

A lexer in a thread would compete with the window for the interpreter and make it stutter; its tokens come one by one
anyway, so the window asks for some of them between two pictures. Pygments itself is imported in a job when the first
code appears.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from thimble.ui.chat.code_item import CodeItem, Colours
from thimble.ui.jobs import JobHandle, JobRunner

if TYPE_CHECKING:
    from thimble.errors import Problem

log = logging.getLogger(__name__)

SLICE_S: Final = 0.004
"""Work between two looks at the window's events."""
PAUSE_MS: Final = 4
LONGEST: Final = 60_000
"""Longer code stays plain."""
AGAIN_MS: Final = 300
"""Shortest time between two passes over code that is still being written."""
ROLES: Final = {
    "Keyword": "code_keyword",
    "Keyword.Constant": "code_number",
    "Keyword.Type": "code_builtin",
    "Operator.Word": "code_keyword",
    "Literal.String": "code_string",
    "Literal.String.Interpol": "code_builtin",
    "Literal.String.Escape": "code_builtin",
    "Literal.Number": "code_number",
    "Comment": "code_comment",
    "Comment.Preproc": "code_builtin",
    "Name.Function": "code_name",
    "Name.Class": "code_name",
    "Name.Namespace": "code_name",
    "Name.Builtin": "code_builtin",
    "Name.Exception": "code_builtin",
    "Name.Decorator": "code_builtin",
    "Name.Tag": "code_keyword",
    "Name.Attribute": "code_name",
    "Name.Variable": "code_name",
    "Name.Constant": "code_number",
    "Generic.Heading": "code_name",
    "Generic.Subheading": "code_name",
    "Generic.Inserted": "code_string",
    "Generic.Deleted": "code_number",
    "Generic.Prompt": "code_comment",
    "Generic.Output": "code_comment",
}
"""Pygments' token types to colours of the theme; a type without an entry has its parent's colour."""


def role_of(token: Any) -> str:
    """The colour role of a Pygments token type; "" for plain text."""
    name = str(token).removeprefix("Token").removeprefix(".")
    while name:
        if name in ROLES:
            return ROLES[name]
        name = name.rpartition(".")[0]
    return ""


def find_lexer(language: str) -> Any:
    """Pygments' lexer for a word after a fence, or None. Imports Pygments."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.lower())
    except ClassNotFound:
        return None


def colours_of(lexer: Any, code: str) -> Iterator[tuple[int, int, str]]:
    """Coloured runs of a text, one at a time."""
    roles: dict[Any, str] = {}
    for start, token, words in lexer.get_tokens_unprocessed(code + "\n"):
        if token not in roles:
            roles[token] = role_of(token)
        if roles[token] and words:
            yield start, start + len(words), roles[token]
        elif start >= len(code):
            return


class Highlighter(QObject):
    """Colours the code of one conversation view.

    Args:
        jobs: where Pygments is imported.
        parent: owner.

    Signals:
        coloured: `CodeItem` whose colours are new.
    """

    coloured = Signal(object)

    def __init__(self, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._lexers: dict[str, Any] = {}
        self._asked: set[str] = set()
        self._waiting: list[CodeItem] = []
        self._item: CodeItem | None = None
        self._tokens: Iterator[tuple[int, int, str]] = iter(())
        self._made: Colours = []
        self._length = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)
        self._last_end = 0.0

    @property
    def busy(self) -> bool:
        """Whether something is not coloured yet."""
        return bool(self._waiting) or self._item is not None

    def ask(self, item: CodeItem) -> None:
        """Wants the colours of a block, now or when it has grown."""
        length = len(item.block.code)
        if not item.block.language or item.coloured == length or length > LONGEST or item in self._waiting:
            return
        self._waiting.append(item)
        self._go_on()

    def forget(self) -> None:
        """Another conversation: nothing is wanted any more."""
        self._waiting.clear()
        self._item = None
        self._tokens = iter(())
        self._timer.stop()

    def _go_on(self) -> None:
        if not self._timer.isActive():
            self._timer.start(PAUSE_MS)

    def _work(self) -> None:
        end = time.perf_counter() + SLICE_S
        while self._item is not None or self._begin():
            item = self._item
            assert item is not None  # noqa: S101 - `_begin` has just set it
            try:
                for run in self._tokens:
                    self._made.append(run)
                    if time.perf_counter() > end:
                        self._go_on()
                        return
            except Exception:  # a lexer's fault leaves the code plain, nothing more
                log.warning("code in %r could not be coloured", item.block.language, exc_info=True)
            self._item = None
            item.set_colours(self._made, self._length)
            self._last_end = time.perf_counter()
            self.coloured.emit(item)

    def _begin(self) -> bool:
        """Takes the next block whose lexer is there; False when there is none now."""
        soonest: float | None = None
        for item in list(self._waiting):
            language = item.block.language
            if language not in self._lexers:
                self._fetch(language)
                continue
            wait = self._last_end + AGAIN_MS / 1000 - time.perf_counter()
            if item.coloured >= 0 and not item.block.closed and wait > 0:
                soonest = wait if soonest is None else min(soonest, wait)
                continue
            self._waiting.remove(item)
            lexer = self._lexers[language]
            self._length = len(item.block.code)
            if lexer is None:
                item.coloured = self._length
                continue
            self._item = item
            self._made = []
            self._tokens = colours_of(lexer, item.block.code)
            return True
        if soonest is not None:
            self._timer.start(max(PAUSE_MS, round(soonest * 1000)))
        return False

    def _fetch(self, language: str) -> None:
        if language in self._asked:
            return
        self._asked.add(language)

        def fetch(_handle: JobHandle) -> Any:
            return find_lexer(language)

        def done(lexer: Any) -> None:
            self._lexers[language] = lexer
            self._go_on()

        def failed(_problem: Problem) -> None:
            done(None)

        self._jobs.run(fetch, done=done, failed=failed, name=f"lexer for {language}")
