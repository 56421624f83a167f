"""Teacher-forced and greedy decoding through llama.cpp's low-level API, with experts in memory or on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from thimble.engine.binding import llama
from thimble.engine.door import ComputeStop
from thimble.engine.experts import ExpertStats, ExpertStore
from thimble.engine.head import ApproximateHead
from thimble.modelfile import split_files

Logits = npt.NDArray[np.float32]


class DecodeFailed(Exception):  # noqa: N818 - what llama_decode says
    """`llama_decode` returned something else than 0."""


class Decoder:
    """One model with one context or more.

    Args:
        path: the model; of a split one the first part.
        budget: bytes for the experts, from the store's sizes; None: the ordinary load, without a store.
        repack: whether weights are re-arranged, experts included.
        ubatch: tokens computed at once.
        threads: compute threads.
        context: KV-cache length in tokens.
        contexts: how many.
        head: an approximate head to be used, its caller's to close; see `head_used`.
        exact_cache: keys and values in F32 and attention without its fused kernel, to be compared with NumPy.
        on_node: a `ggml_backend_sched_eval_callback` that is asked before every node.
        store: further arguments of `ExpertStore`.
    """

    def __init__(
        self,
        path: Path,
        budget: Callable[[ExpertStats], int] | None = None,
        *,
        repack: bool = True,
        ubatch: int = 64,
        threads: int = 2,
        context: int = 512,
        contexts: int = 1,
        head: ApproximateHead | None = None,
        exact_cache: bool = False,
        on_node: Any = None,
        **store: Any,
    ) -> None:
        lib = self._lib = llama()
        self.store = ExpertStore(split_files(path), repack=repack, **store) if budget else None
        parameters = lib.llama_model_default_params()
        parameters.n_gpu_layers = 0
        parameters.use_extra_bufts = repack
        if self.store:
            self.store.apply(parameters)
        if head:
            head.apply(parameters)
        self._model = lib.llama_model_load_from_file(os.fsencode(path), parameters)
        assert self._model, "the model did not load"
        self.head_used = head is not None and head.use(self._model)
        self._stops = []
        self._contexts = []
        for _ in range(contexts):
            options = lib.llama_context_default_params()
            options.n_ctx = context
            options.n_batch = options.n_ubatch = ubatch
            options.n_threads = options.n_threads_batch = threads
            options.n_outputs_max = 1
            options.swa_full = False
            if exact_cache:
                options.type_k = options.type_v = lib.GGML_TYPE_F32
                options.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
            if on_node is not None:
                options.cb_eval = on_node
            self._contexts.append(lib.llama_init_from_model(self._model, options))
            stop = ComputeStop()
            stop.attach(self._contexts[-1])
            if self.store:
                stop.watch(self.store.handle)
            self._stops.append(stop)
        self._ubatch = ubatch
        self._vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(self._model))
        if self.store and budget:
            self.store.resize(budget(self.store.stats()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for context in self._contexts:
            self._lib.llama_free(context)
        for stop in self._stops:
            stop.close()
        self._lib.llama_model_free(self._model)
        if self.store:
            self.store.close()

    def decode(self, tokens: Sequence[int], at: int = 0) -> Logits:
        """Reads tokens in one call; the last one's logits.

        Raises:
            DecodeFailed: with what `llama_decode` returned.
        """
        array = (self._lib.llama_token * len(tokens))(*tokens)
        result = self._lib.llama_decode(self._contexts[at], self._lib.llama_batch_get_one(array, len(tokens)))
        if result != 0:
            raise DecodeFailed(result)
        logits = self._lib.llama_get_logits_ith(self._contexts[at], -1)
        return np.ctypeslib.as_array(logits, (self._vocabulary,)).copy()

    def run(self, prompt: Sequence[int], greedy: int, at: int = 0) -> Logits:
        """Logits after each ubatch of the prompt, and after each of so many tokens that follow greedily."""
        out = [self.decode(prompt[i : i + self._ubatch], at) for i in range(0, len(prompt), self._ubatch)]
        for _ in range(greedy):
            out.append(self.decode([int(out[-1].argmax())], at))
        return np.array(out)

    def use_threads(self, threads: int, at: int = 0) -> None:
        """Computes with so many from now on."""
        self._lib.llama_set_n_threads(self._contexts[at], threads, threads)

    def forget(self, at: int = 0) -> None:
        """Empties the context."""
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._contexts[at]), True)
