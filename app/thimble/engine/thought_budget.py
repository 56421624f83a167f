"""How long a model may think before it answers: when its tokens are spent, the closing mark is written for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from thimble.engine.tools import harmony
from thimble.engine.tools.harmony import HarmonyParser
from thimble.engine.tools.thoughts import Thoughts
from thimble.engine.vocabulary import Vocabulary


class ThoughtBudget:
    """Follows the text of one answer, token by token.

    Args:
        limit: tokens that may be thought.
        vocabulary: of the model.
        harmony_form: the answer comes on channels.
        closing: the mark that ends the reasoning which the prompt has opened; "" when it has not.
        beginning: of the answer, when one is continued; its thoughts count.
    """

    def __init__(
        self, limit: int, vocabulary: Vocabulary, *, harmony_form: bool, closing: str = "", beginning: str = ""
    ) -> None:
        self._left = limit
        self._vocabulary = vocabulary
        self._queue: deque[int] = deque()
        self._over = False
        self._line_ended = True
        self._thinking: Callable[[], bool]
        self._read: Callable[[str], object]
        self._mark: Callable[[], str]
        if harmony_form:
            parser = HarmonyParser(None, reasoning=True)
            self._read, self._thinking, self._mark = parser.feed, lambda: parser.thinks, lambda: harmony.END_OF_THOUGHT
            before = harmony.beginning(beginning) if beginning else ""
        else:
            thoughts = Thoughts(closing)
            self._read, self._thinking, self._mark = thoughts.feed, lambda: thoughts.thinks, lambda: thoughts.closing
            before = beginning
        self._read(before)
        if before and self._thinking():
            self._left -= len(vocabulary.tokenize_within(before))
            self._line_ended = before.endswith("\n")
        self._close_if_spent()

    def next(self) -> int | None:
        """The token that has to be written now; None: whatever the sampler chooses."""
        return self._queue[0] if self._queue else None

    def written(self, text: str) -> None:
        """One more token was written, and this text became complete by it; "" in the middle of a character."""
        if self._queue:
            self._queue.popleft()
            return
        if self._over:
            return
        before = self._thinking()
        self._read(text)
        if self._thinking():
            self._left -= before  # the opening mark is no thought
            if text:
                self._line_ended = text.endswith("\n")
                self._close_if_spent()

    def give_up(self) -> None:
        """The mark cannot be written here: the answer's grammar does not allow it."""
        self._queue.clear()
        self._over = True

    def _close_if_spent(self) -> None:
        if self._left > 0 or not self._thinking():
            return
        self._over = True
        mark = self._mark()
        if mark == harmony.END_OF_THOUGHT:
            self._queue.extend(self._vocabulary.tokenize(mark, add_bos=False))
            return
        if not self._line_ended:
            self._queue.extend(self._vocabulary.tokenize_within("\n"))
        self._queue.extend(self._tokens_of(mark))
        self._queue.extend(self._vocabulary.tokenize_within("\n\n"))

    def _tokens_of(self, mark: str) -> Sequence[int]:
        control = self._vocabulary.tokenize(mark, add_bos=False)
        return control if len(control) == 1 else self._vocabulary.tokenize_within(mark)
