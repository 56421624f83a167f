"""Time to the first token, and the cost of our process and protocol against a bare llama.cpp loop."""

from __future__ import annotations

import ctypes
import statistics
import time
from pathlib import Path

from tests.benchmarks.figures import Figure, at_most
from thimble.client import ChatRequest, EngineClient, EngineSupervisor, Finished, TextDelta
from thimble.protocol import LoadOptions, Role, Timings

QUESTIONS = (
    "What is the capital of France?",
    "Name three fruits.",
    "Why is the sky blue?",
    "Write a line about rain.",
    "What is 12 times 12?",
    "Who wrote Hamlet?",
    "Translate 'good morning' into Spanish.",
    "Give me a title for a book about cats.",
    "How do I boil an egg?",
    "What is a prime number?",
)
DECODE_TOKENS = 128
ROUNDS = 5


def first_token(model: Path) -> list[Figure]:
    """From sending a new question, nothing of it cached but the template's head, to the first text."""
    supervisor = EngineSupervisor(Role.TOOL)
    try:
        client = supervisor.ensure()
        begun = time.perf_counter()
        client.load(str(model), LoadOptions())
        load_seconds = time.perf_counter() - begun
        seconds = [_to_first_text(client, question) for question in QUESTIONS]
    finally:
        supervisor.close()
    return [
        at_most("first token after send, model loaded", seconds, "s", 0.3, "starter model, short new question"),
        Figure("load of the starter model", load_seconds, "s"),
    ]


def _to_first_text(client: EngineClient, question: str) -> float:
    begun = time.perf_counter()
    seconds = 0.0
    for event in client.chat(ChatRequest([{"role": "user", "content": question}], max_tokens=4)):
        if isinstance(event, TextDelta) and not seconds:
            seconds = time.perf_counter() - begun
    return seconds


def decode_speed(model: Path) -> list[Figure]:
    """Tokens per second through the server against a bare loop of llama_decode in this process, interleaved."""
    supervisor = EngineSupervisor(Role.TOOL)
    try:
        client = supervisor.ensure()
        client.load(str(model), LoadOptions())
        loop = _BareLoop(model)
        ours, bare = [], []
        for _ in range(ROUNDS):
            bare.append(loop.tokens_per_second())
            timings = _answer(client)
            ours.append(timings.decode_tokens_per_second)
        loop.close()
    finally:
        supervisor.close()
    ratio = [a / b for a, b in zip(ours, bare, strict=True)]
    return [
        Figure("decode through the server", statistics.median(ours), "tok/s", runs=tuple(ours)),
        Figure("decode in a bare llama_decode loop", statistics.median(bare), "tok/s", runs=tuple(bare)),
        Figure("server / bare loop", statistics.median(ratio), "×", runs=tuple(ratio), note="same wheel, interleaved"),
    ]


def _answer(client: EngineClient) -> Timings:
    request = ChatRequest(
        [{"role": "user", "content": "Write a very long story about a lighthouse keeper and the sea."}],
        temperature=0,
        max_tokens=DECODE_TOKENS,
    )
    return next(event.timings for event in client.chat(request) if isinstance(event, Finished))


class _BareLoop:
    """Greedy decode with nothing around it."""

    def __init__(self, model: Path) -> None:
        import llama_cpp as lib
        import psutil

        self._lib = lib
        threads = psutil.cpu_count(logical=False) or 1
        lib.llama_backend_init()
        self._silence = lib.llama_log_callback(lambda _level, _text, _data: None)
        lib.llama_log_set(self._silence, ctypes.c_void_p(0))
        self._model = lib.llama_model_load_from_file(str(model).encode(), lib.llama_model_default_params())
        params = lib.llama_context_default_params()
        params.n_ctx, params.n_threads, params.n_threads_batch = 4096, threads, threads
        self._context = lib.llama_init_from_model(self._model, params)
        self._vocab = lib.llama_model_get_vocab(self._model)
        self._words = lib.llama_vocab_n_tokens(self._vocab)

    def tokens_per_second(self) -> float:
        import numpy as np

        lib = self._lib
        lib.llama_memory_clear(lib.llama_get_memory(self._context), True)
        self._decode([1, *range(300, 340)])
        begun = time.perf_counter()
        for _ in range(DECODE_TOKENS):
            logits = np.ctypeslib.as_array(lib.llama_get_logits_ith(self._context, -1), (self._words,))
            self._decode([int(logits.argmax())])
        return DECODE_TOKENS / (time.perf_counter() - begun)

    def _decode(self, tokens: list[int]) -> None:
        array = (self._lib.llama_token * len(tokens))(*tokens)
        if self._lib.llama_decode(self._context, self._lib.llama_batch_get_one(array, len(tokens))):
            raise RuntimeError("llama_decode failed")

    def close(self) -> None:
        self._lib.llama_free(self._context)
        self._lib.llama_model_free(self._model)
