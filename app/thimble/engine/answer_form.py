"""The form of one answer: which tokens are its text, what the text means, and which grammar it keeps to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from thimble.engine.events import Event, TextPiece
from thimble.engine.sampling import Sampling
from thimble.engine.template import ChatTemplate
from thimble.engine.thought_budget import ThoughtBudget
from thimble.engine.tools import harmony
from thimble.engine.tools.answers import AnswerParser
from thimble.engine.tools.definitions import Tools
from thimble.engine.tools.formats import HARMONY, THOUGHTS, ToolFormat, tool_format
from thimble.engine.tools.grammar import calls_behind_opener, forced_calls, or_calls
from thimble.engine.tools.harmony import HarmonyParser
from thimble.engine.tools.thoughts import OPEN_THOUGHT, Thoughts
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError

_TAIL_TOKENS = 8


class AnswerForm:
    """Of an answer in a chat.

    Args:
        vocabulary, template: of the model.
        tools: that may be called; None for none.
        split_reasoning: what the model thinks comes as events of its own.
        tokens: of the prompt.
        beginning: of the answer, when one is continued.
        reasoning_budget: tokens that the model may think; None for as many as it wants.

    Raises:
        ThimbleError: TOOLS_UNSUPPORTED: this model cannot call tools.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        template: ChatTemplate,
        *,
        tools: Tools | None,
        split_reasoning: bool,
        tokens: Sequence[int],
        beginning: str = "",
        reasoning_budget: int | None = None,
    ) -> None:
        self._vocabulary = vocabulary
        self._template = template
        self._tools = tools
        self._format: ToolFormat | None = tool_format(template.source) if tools is not None else None
        self._constrained = False
        self._special = self._marks(thoughts=split_reasoning or reasoning_budget is not None)
        self.first: list[Event] = []
        """Told before the first token."""
        tail = "".join(
            vocabulary.piece(token, special=True).decode("utf-8", "replace") for token in tokens[-_TAIL_TOKENS:]
        )
        opened = None if beginning else OPEN_THOUGHT.search(tail)
        self._closing = dict(THOUGHTS)[opened[1]] if opened else ""
        self.budget: ThoughtBudget | None = None
        if reasoning_budget is not None:
            self.budget = ThoughtBudget(
                reasoning_budget,
                vocabulary,
                harmony_form=template.harmony,
                closing=self._closing,
                beginning=beginning,
            )
        self._parser: AnswerParser | HarmonyParser
        self._thoughts: Thoughts | HarmonyParser
        self._inline = False
        if template.harmony:
            self._parser = self._thoughts = HarmonyParser(tools, reasoning=split_reasoning)
            if beginning:
                self._parser.feed(harmony.beginning(beginning))
        else:
            thoughts = self._thoughts = Thoughts(self._closing)
            self._inline = not split_reasoning
            self._parser = AnswerParser(self._format, tools, thoughts if split_reasoning else None)
            if beginning:
                thoughts.feed(beginning)
            if opened and not split_reasoning:  # the template has written it, and it belongs to the answer
                self.first = [TextPiece(opened[0])]

    @property
    def calls_tools(self) -> bool:
        """Whether there may be tool calls."""
        return self._tools is not None

    @property
    def done(self) -> bool:
        """Nothing that comes now belongs to the answer."""
        return self._parser.done

    @property
    def thinks(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return self._thoughts.thinks

    def sampling(self, wanted: Sampling) -> Sampling:
        """The sampler's parameters, with the grammar of calls where there has to be one.

        Raises:
            ThimbleError: BAD_REQUEST: a grammar and tools at once, where that is not possible.
        """
        tools, form = self._tools, self._format
        if tools is None or form is None:
            return wanted
        if tools.forced:
            if wanted.grammar:
                raise ThimbleError(
                    Code.BAD_REQUEST,
                    "The answer cannot be a tool call and have a grammar or a response format as well.",
                    "Set “tool_choice” to “auto”, or leave out the other.",
                )
            thinks = "<think>" in self._template.source
            grammar = forced_calls(form, tools, thinks=thinks, thinking=self._closing)
        elif wanted.grammar:
            grammar = or_calls(wanted.grammar, form, tools)
        else:
            return wanted
        self._constrained = True
        return replace(wanted, grammar=grammar)

    def piece(self, token: int) -> bytes:
        """The bytes of a token, with control tokens that have a meaning here."""
        return self._vocabulary.piece(token, special=token in self._special)

    def feed(self, text: str) -> list[Event]:
        """More text of the answer, and what it means."""
        if self._inline:
            self._thoughts.feed(text)
        return self._parser.feed(text)

    def finish(self) -> list[Event]:
        """The answer has ended: what was held back."""
        return self._parser.finish()

    def new_grammar(self) -> tuple[str, str] | None:
        """When a call has just begun: the grammar of what follows its opening mark, and what of that is written."""
        written = self._parser.behind_opener
        if written is None or self._constrained or self._tools is None or self._format is None:
            return None
        self._constrained = True
        grammar = calls_behind_opener(self._format, self._tools)
        return (grammar, written) if grammar else None

    def _marks(self, *, thoughts: bool) -> frozenset[int]:
        texts = [mark for pair in THOUGHTS for mark in pair] if thoughts else []
        if self._template.harmony:
            texts += HARMONY.marks
        elif self._format is not None:
            texts += self._format.marks
        return self._vocabulary.tokens_of_marks(tuple(texts))
