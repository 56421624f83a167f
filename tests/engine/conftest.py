"""A host with tiny models, and a short way to ask it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import tiny_model
from thimble.engine import variants
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Event, PromptRead, TextPiece
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.host import Host
from thimble.engine.sampling import Sampling
from thimble.protocol import LoadOptions, Timings

variants.preload()  # before a test imports llama_cpp by itself

SECONDS = 60
"""The longest wait for anything; nothing here takes one second."""
SENTENCE = "Gräfin 🙂!"
"""What the model of `chain` says; no byte occurs twice."""
GREEDY = Sampling(temperature=0)


@dataclass
class Answer:
    """What came of one task."""

    events: list[Event]
    timings: Timings
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = "".join(event.text for event in self.events if isinstance(event, TextPiece))

    @property
    def progress(self) -> list[PromptRead]:
        """The prompt's progress."""
        return [event for event in self.events if isinstance(event, PromptRead)]


class Engine:
    """A host, spoken to in whole sentences."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def load(self, path: Path, context: int = 4096, **options: Any) -> None:
        """Loads a model with one thread."""
        wanted = LoadOptions(context=context, threads=options.pop("threads", 1), **options)
        self.host.load(path, wanted, CancelFlag()).result(SECONDS)

    def run(
        self, task: AnswerTask, cancel: CancelFlag | None = None, emit: Callable[[Event], object] | None = None
    ) -> Answer:
        """One answer, whole."""
        events: list[Event] = []

        def keep(event: Event) -> None:
            events.append(event)
            if emit is not None:
                emit(event)

        timings = self.host.answer(task, cancel or CancelFlag(), keep).result(SECONDS)
        return Answer(events, timings)

    def ask(self, *messages: str, max_tokens: int = 24, stops: tuple[str, ...] = ()) -> Answer:
        """Greedy answer to messages that alternate between user and assistant."""
        roles = ("user", "assistant")
        chat = [{"role": roles[i % 2], "content": text} for i, text in enumerate(messages)]
        return self.run(AnswerTask(ChatPrompt(chat), GREEDY, max_tokens, stops))

    def go_on(self, prompt: str | list[int], max_tokens: int = 24) -> Answer:
        """Greedy continuation of plain text or tokens."""
        return self.run(AnswerTask(prompt, GREEDY, max_tokens))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """A host without a model."""
    host = Host()
    yield Engine(host)
    host.close().result(SECONDS)


@pytest.fixture
def chain(engine: Engine, tmp_path: Path) -> Engine:
    """A model that says one sentence, an emoji in it, and ends."""
    engine.load(tiny_model.write_chain(tmp_path / "chain.gguf", SENTENCE))
    return engine


@pytest.fixture
def endless(engine: Engine, tmp_path: Path) -> Engine:
    """A model that says abcdefg for ever."""
    engine.load(tiny_model.write_chain(tmp_path / "endless.gguf", "abcdefg", loops=True, context=32768), context=32768)
    return engine


@pytest.fixture
def nonsense(engine: Engine, tmp_path: Path) -> Engine:
    """A model with random weights and full attention."""
    engine.load(tiny_model.write_random(tmp_path / "random.gguf"))
    return engine


@pytest.fixture
def windowed(engine: Engine, tmp_path: Path) -> Engine:
    """A model with random weights, every other layer of which sees 16 tokens."""
    engine.load(tiny_model.write_random(tmp_path / "window.gguf", window=16))
    return engine
