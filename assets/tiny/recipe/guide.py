"""The guide as people get it: the GGUF in Thimble's own engine."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final, Self

from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Event, TextPiece
from thimble.engine.experts import LayerInfo, RouteRecord
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.host import Host
from thimble.engine.sampling import Sampling
from thimble.protocol import LoadOptions

GREEDY: Final = Sampling(temperature=0)
_SECONDS: Final = 120
_TRACE_VALUES: Final = 1 << 24


class Guide:
    """A loaded guide. Use as a context manager.

    Args:
        path: the GGUF.
        expert_cache: bytes for experts; 0 for all of them.
        context: tokens.
    """

    def __init__(self, path: Path, expert_cache: int = 0, context: int = 1024) -> None:
        self._host = Host()
        options = LoadOptions(context=context, threads=2, expert_cache=expert_cache)
        self._host.load(path, options, CancelFlag()).result(_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._host.close().result(_SECONDS)

    def ask(self, *messages: str, sampling: Sampling = GREEDY, most: int = 300) -> str:
        """The answer to messages that alternate between user and guide."""
        roles = ("user", "assistant")
        prompt = ChatPrompt([{"role": roles[at % 2], "content": text} for at, text in enumerate(messages)])
        return self._run(AnswerTask(prompt, sampling, most))

    def tokens(self, text: str) -> list[int]:
        """A text's, without control tokens."""
        return self._host.tokenize(text, add_special=False)

    def layers(self) -> list[LayerInfo]:
        """Counters of each layer."""
        return self._host.layers()

    def guesses(self) -> tuple[int, int]:
        """Experts of the next layer that were foretold, and those that were chosen then."""
        sample = self._host.sample()
        return sample.expert_guesses, sample.expert_guesses_right

    def hit_rate(self) -> float:
        """Share of the experts asked for that were in memory."""
        sample = self._host.sample()
        return sample.expert_hits / max(1, sample.expert_hits + sample.expert_misses)

    def record(self) -> None:
        """Begins a route trace."""
        self._host.start_trace(_TRACE_VALUES)

    def recorded(self) -> list[RouteRecord]:
        """Its records since the last call."""
        return self._host.read_trace()

    def _run(self, task: AnswerTask) -> str:
        events: list[Event] = []
        self._host.answer(task, CancelFlag(), events.append).result(_SECONDS)
        return "".join(event.text for event in events if isinstance(event, TextPiece)).strip()
