"""Loading a model and its context, with progress, cancellation, and one sentence for everything that can go wrong."""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import psutil

from thimble.engine import budget, hotlist
from thimble.engine.binding import LOG, llama
from thimble.engine.budget import Budget
from thimble.engine.cancel import CancelFlag
from thimble.engine.cores import CoreWatch, core_time, others_running
from thimble.engine.door import ComputeStop, has_store
from thimble.engine.experts import ExpertStore, Policy
from thimble.engine.fit import check_memory, history_room, size
from thimble.engine.head import ApproximateHead
from thimble.engine.kv import KvSizes, check_cache_types, ggml_type, kv_sizes, wrong_cache_types
from thimble.engine.load_errors import load_error
from thimble.engine.pressure import Governor, Pressure
from thimble.engine.projector import Projector
from thimble.engine.seeing import Sight, look_for, open_projector
from thimble.engine.soundness import check_weights
from thimble.engine.template import ChatTemplate
from thimble.engine.vectors import VectorMaker, check_room
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError
from thimble.modelfile import ModelHeader, check_model_file
from thimble.modelfile.authors import has_predictor, predictor_bytes
from thimble.modelfile.vectors import check_pooling, makes_vectors
from thimble.protocol import LoadOptions, ModelInfo

log = logging.getLogger(__name__)

BATCH: Final = 512
"""Prompt tokens decoded in one call: the grain of prompt progress, and upstream's own default of a ubatch."""

_FLASH_ATTENTION_AUTO: Final = -1
_LOAD_PLAIN: Final = 0


@dataclass(slots=True)
class LoadedModel:
    """A model and its one context, in C memory until `close`.

    Attributes:
        info: what others are told about it.
        header: of its file.
        options: as asked for.
        model, context: `llama_model *` and `llama_context *`.
        stop: stops what the context computes.
        vocabulary, template: of the model.
        window: tokens of the sliding window; 0 when all layers see everything.
        recurrent: part of its state cannot be rewound.
        experts: the store of its experts; None for a dense model, and in a stock build.
        budget: how the memory limit is divided; None without a store.
        head: the approximate head; None: the whole one is computed.
        projector: reads pictures; None for a model that cannot see.
        vectors: makes embeddings; None for a model that writes, which is any other.
        governor: what the experts get of that while memory is short; None without a store.
        remember: keep a list of the hot experts for the next run.
        threads_now: compute threads at this moment; 0 before the first answer.
        kv: what the KV cache takes.
        history: bytes of rows that window layers have dropped and that are kept; see `hold_history`.
        history_room: the most that may take where there is no `budget`.
        weights_bytes: weights that are always in memory; 0 where the model's file is mapped, whole.
        compute_bytes: reserved for intermediate results; see `budget.compute_bytes`.
    """

    info: ModelInfo
    header: ModelHeader
    options: LoadOptions
    model: Any
    context: Any
    stop: ComputeStop
    vocabulary: Vocabulary
    template: ChatTemplate
    window: int
    recurrent: bool
    experts: ExpertStore | None = None
    budget: Budget | None = None
    governor: Governor | None = None
    head: ApproximateHead | None = None
    projector: Projector | None = None
    vectors: VectorMaker | None = None
    remember: bool = True
    threads_now: int = 0
    kv: KvSizes = field(default_factory=KvSizes)
    history: int = 0
    history_room: int = 0
    weights_bytes: int = 0
    compute_bytes: int = 0
    _watch: CoreWatch | None = None
    _memory_lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def memory_limit(self) -> int:
        """Bytes the process may use, as a person chose it; 0 for none."""
        if self.budget is None:
            return self.options.memory_limit
        return self.budget.limit if self.budget.chosen else 0

    def differs_in_memory_only(self, path: Path, options: LoadOptions) -> bool:
        """Whether this model would be the one asked for after a `resize`."""
        alike = replace(options, memory_limit=self.options.memory_limit, expert_cache=self.options.expert_cache)
        return self.experts is not None and path == self.header.path and alike == self.options != options

    def differs_in_template_only(self, path: Path, options: LoadOptions) -> bool:
        """Whether this model would be the one asked for after `use_template`."""
        alike = replace(options, chat_template=self.options.chat_template)
        return path == self.header.path and alike == self.options != options

    def use_template(self, chosen: str) -> None:
        """Changes the chat template; "" for the file's own. Not while anything is made of the present one."""
        self.template = _template(llama(), self.model, self.vocabulary, chosen)
        self.info = replace(self.info, has_chat_template=self.template.own)
        self.options = replace(self.options, chat_template=chosen)

    def resize(self, *, limit: int = 0, expert_cache: int = 0) -> Budget:
        """Divides memory anew while the model is loaded; from any thread, also while an answer is computed.

        Args:
            limit: of the whole process, bytes; 0 for what is free.
            expert_cache: for the experts alone; 0 for all that is left.

        Raises:
            ThimbleError: the model has no experts on disk, or would not work with so little. Nothing has changed then.
        """
        if self.experts is None or self.budget is None:
            raise ThimbleError(
                Code.BAD_REQUEST,
                "The memory of this model cannot be changed while it is loaded.",
                "Load it again with another limit.",
            )
        new = budget.divide(
            self.header,
            self.experts.stats(),
            self.info.context,
            limit=limit,
            others=self.budget.others,
            expert_cache=expert_cache,
        )
        with self._memory_lock:
            before, self.budget = self.budget, new
            try:
                self.experts.resize(self._experts_full())
            except BaseException:
                self.budget = before
                raise
            self.governor = self._new_governor()
        self.options = replace(self.options, memory_limit=limit, expert_cache=expert_cache)
        return new

    def limits(self) -> tuple[int, int]:
        """The least memory limit with which the model works, and the one with which all experts stay in memory."""
        if self.experts is None or self.budget is None:
            return 0, 0
        stats = self.experts.stats()
        return (
            self.budget.limit_for(budget.least_for_experts(self.header, stats)),
            self.budget.limit_for(stats.total_bytes),
        )

    def experts_at(self, limit: int) -> int | None:
        """Bytes that the experts would get at a memory limit; None when it is too small."""
        if self.experts is None or self.budget is None:
            return None
        stats = self.experts.stats()
        try:
            return budget.divide(
                self.header, stats, self.info.context, limit=limit, others=self.budget.others, quiet=True
            ).experts
        except ThimbleError:
            return None

    def hold_history(self, size: int) -> bool:
        """Lets the rows that window layers have dropped (`WindowHistory`) take so many bytes in all, off the experts'.

        Returns:
            False, and nothing has changed, when that is more than they may have.
        """
        with self._memory_lock:
            most, before = self.history_room, self.history
            if self.budget is not None and self.experts is not None:
                most = self.budget.history
                least = budget.least_for_experts(self.header, self.experts.stats())
                if size > before and self.budget.experts_beside(size) < least:
                    return False
            if size and size > most:
                return False
            self.history = size
            if self.experts is not None and self.governor is not None and self.budget is not None:
                full, allowed = self._experts_full(), self.governor.now
                self.governor.change(full, self.budget.others + size)
                if self.governor.now != allowed:
                    self.experts.resize(self.governor.now)
            return True

    def _experts_full(self) -> int:
        """What the experts get when memory is not short."""
        if self.budget is None or self.experts is None:
            return 0
        least = budget.least_for_experts(self.header, self.experts.stats())
        return max(least, self.budget.experts_beside(self.history))

    def govern(self, pressure: Pressure, time: float) -> None:
        """Lets the experts have less while memory is short, and more again later; not in several threads at once.

        Args:
            pressure: now.
            time: see `Governor.decide`.
        """
        if self.governor is None or self.experts is None:
            return
        with self._memory_lock:
            before = self.governor.now
            allowed = self.governor.decide(pressure, time, self.experts.stats().resident_bytes)
            if allowed == before:
                return
            log.info("memory for experts: %s instead of %s (%s)", size(allowed), size(before), pressure)
            try:
                self.experts.resize(allowed)
            except BaseException:
                self.governor.now = before  # to be tried again
                raise

    def given_back(self, cache: int) -> int:
        """Bytes the experts do without because memory is short.

        Args:
            cache: what they may have now.
        """
        return max(0, self._experts_full() - cache) if self.budget else 0

    def _new_governor(self) -> Governor | None:
        if self.experts is None or self.budget is None:
            return None
        least = budget.least_for_experts(self.header, self.experts.stats())
        return Governor(self._experts_full(), least, self.budget.others + self.history)

    def settle_threads(self) -> None:
        """Chooses the compute threads an answer begins with, unless a person has: the cores that others leave."""
        self._watch = None
        threads = self.info.threads
        if not self.options.threads:
            watch = CoreWatch(threads, usable_cores(), others_running(), core_time)
            self._watch = watch if has_store() else None  # of a stock build, answers would depend on it
            threads = watch.threads
        self._set_threads(threads)

    def follow_cores(self, now_ns: int) -> None:
        """Between two tokens: gives a core back that another program has taken, and takes it again later. The answer
        does not depend on it (patch `attention-parts`).

        Args:
            now_ns: see `CoreWatch.follow`.
        """
        if self._watch is not None and (threads := self._watch.follow(now_ns)) != self.threads_now:
            log.info("%d compute threads instead of %d: other programs", threads, self.threads_now)
            self._set_threads(threads)

    def _set_threads(self, threads: int) -> None:
        self.threads_now = threads
        llama().llama_set_n_threads(self.context, threads, threads)

    def close(self) -> None:
        """Frees everything; nothing may use this object afterwards."""
        lib = llama()
        if self.projector is not None:
            self.projector.close()
            self.projector = None
        if self.context is not None:
            lib.llama_free(self.context)
            self.context = None
            self.stop.close()
        if self.model is not None:
            lib.llama_model_free(self.model)
            self.model = None
        if self.head is not None:
            self.head.close()
        if self.experts is not None:
            if self.remember:
                hotlist.save(self.header.files, self.experts.hot())
            self.experts.close()


def usable_cores() -> int:
    """Processors this process may use, hyper-threads counted one by one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once."""
    return max(1, min(psutil.cpu_count(logical=False) or usable_cores(), usable_cores()))


def load_model(
    path: Path,
    options: LoadOptions,
    *,
    progress: Callable[[float], None],
    cancel: CancelFlag,
    admit: Callable[[], None] | None = None,
    remember: bool = True,
) -> LoadedModel:
    """Loads a model; blocks.

    Args:
        path: the GGUF; of a split model any part.
        options: context length, threads, memory limit.
        progress: told the share that is loaded, 0…1, never falling.
        cancel: stops the load at the next tensor.
        admit: frees the model to be replaced; called once, when llama.cpp has understood the file's header and found
            all its weights, before memory is taken for them. None when there is no such model.
        remember: read first what was hot in the last run with this model, and keep that for the next.

    Raises:
        ThimbleError: the file is not a usable model, it does not fit, llama.cpp refused it, or the load was cancelled.
    """
    header = check_model_file(path)
    length = min(options.context, header.context_trained) if header.context_trained else options.context
    cache = (options.cache_k, options.cache_v)
    embeds = makes_vectors(header)
    if embeds:
        check_pooling(header)
    else:
        check_cache_types(header, cache)
    lib = llama()
    sight = Sight() if embeds else look_for(header, options)
    paged = not embeds and budget.is_pageable(header) and ExpertStore.available()
    if embeds:
        repack = check_room(header, length, options.memory_limit)
    elif paged:
        repack = True  # nothing is mapped, so a re-arranged matrix is the only copy
        if options.memory_limit:
            budget.refuse_early(header, length, options.memory_limit, cache)
    else:
        sight = sight.within(lambda more: check_memory(header, length, options.memory_limit, cache, more))
        repack = check_memory(header, length, options.memory_limit, cache, sight.bytes)
    LOG.take_errors()
    check_weights(header)
    if admit is not None:
        lib.llama_model_free(_load_weights(lib, header.path, _ignore, cancel, repack=False, dry=True))
        admit()
    store = None
    if paged:
        store = ExpertStore(header.files, policy=Policy[options.expert_policy.upper()])
    model = context = head = projector = vectors = None
    try:
        if options.approximate_head and ApproximateHead.available():
            head = ApproximateHead()
        model = _load_weights(lib, header.path, progress, cancel, repack=repack, store=store, head=head)
        if head is not None and not head.use(model):
            log.warning("%s has no predictor for the approximate head, or one of the wrong size", header.path)
            head.close()
            head = None
        threads = options.threads or physical_cores()
        if not embeds and (not lib.llama_model_has_decoder(model) or lib.llama_model_has_encoder(model)):
            raise ThimbleError(
                Code.MODEL_UNSUPPORTED,
                "This model does not write text; Thimble can only chat with decoder-only language models.",
                "Choose another model.",
                str(path),
            )
        projector, sight = open_projector(sight, model, threads, min(BATCH, length), cancel)
        if embeds:
            vectors = VectorMaker(header, model, length, threads, options.memory_limit)
            context = vectors.context
        else:
            context = _make_context(lib, model, length, threads, cache)
        if cancel.is_set:
            raise cancelled_load()
        divided = None
        if store is not None:
            divided = budget.divide(
                header,
                store.stats(),
                int(lib.llama_n_ctx(context)),
                limit=options.memory_limit,
                others=budget.needed_besides(lib, context, header.files)
                + (projector.working_bytes if projector is not None else 0),
                expert_cache=options.expert_cache,
            )
            if remember:
                store.warm(hotlist.load(header.files))
            store.resize(divided.experts)
        progress(1.0)
        vocabulary = Vocabulary(model)
        template = _template(lib, model, vocabulary, options.chat_template)
        sizes = kv_sizes(context)
        stop = ComputeStop()
        stop.attach(context)
        if store is not None:
            stop.watch(store.handle)
        loaded = LoadedModel(
            info=replace(
                _info(
                    header,
                    vectors.capacity if vectors is not None else int(lib.llama_n_ctx(context)),
                    threads,
                    has_template=template.own,
                    approximate=head is not None,
                    sight=sight,
                ),
                cache_k=options.cache_k,
                cache_v=options.cache_v,
                window=sizes.window_cells and int(lib.llama_model_n_swa(model)),
                embeds=embeds,
            ),
            header=header,
            options=options,
            model=model,
            context=context,
            stop=stop,
            vocabulary=vocabulary,
            template=template,
            window=int(lib.llama_model_n_swa(model)),
            recurrent=bool(lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model)),
            experts=store,
            budget=divided,
            head=head,
            projector=projector,
            vectors=vectors,
            remember=remember,
            kv=sizes,
            weights_bytes=budget.dense_bytes(header) + (predictor_bytes(header) if head is not None else 0)
            if store is not None
            else 0,
            compute_bytes=budget.compute_bytes(lib, context),
            history_room=0
            if store is not None or embeds
            else max(0, history_room(header, length, options.memory_limit, cache, repack=repack) - sight.bytes),
        )
        loaded.governor = loaded._new_governor()
        return loaded
    except BaseException:
        if projector is not None:
            projector.close()
        if context is not None:
            lib.llama_free(context)
        if model is not None:
            lib.llama_model_free(model)
        if head is not None:
            head.close()
        if store is not None:
            store.close()
        raise


def _template(lib: Any, model: Any, vocabulary: Vocabulary, chosen: str) -> ChatTemplate:
    """The chosen chat template, or the file's own where there is none or it cannot be read."""
    bos, eos = vocabulary.text_of(vocabulary.bos), vocabulary.text_of(vocabulary.eos)
    if chosen and (made := ChatTemplate(chosen, bos=bos, eos=eos)).own:
        return made
    source = lib.llama_model_chat_template(model, None)
    return ChatTemplate(source.decode("utf-8", "replace") if source else None, bos=bos, eos=eos)


def cancelled_load() -> ThimbleError:
    """The error of a load that somebody stopped."""
    return ThimbleError(Code.CANCELLED, "Loading was cancelled.")


def _ignore(_share: float) -> None:
    """Progress of a load that is none."""


def _load_weights(
    lib: Any,
    path: Path,
    progress: Callable[[float], None],
    cancel: CancelFlag,
    *,
    repack: bool,
    dry: bool = False,
    store: ExpertStore | None = None,
    head: ApproximateHead | None = None,
) -> Any:
    highest = 0.0

    def on_progress(share: float, _user: object) -> bool:
        nonlocal highest
        if share > highest:
            highest = min(share, 0.999)  # the context is still to come
            progress(highest)
        return not cancel.is_set

    parameters = lib.llama_model_default_params()
    parameters.n_gpu_layers = 0
    parameters.use_extra_bufts = repack
    if dry:
        parameters.no_alloc = True  # everything but the weights themselves
        parameters.load_mode = _LOAD_PLAIN  # mapping would need them
    if store is not None:
        store.apply(parameters)
    if head is not None:
        head.apply(parameters)
    callback = lib.llama_progress_callback(on_progress)
    parameters.progress_callback = callback
    model = lib.llama_model_load_from_file(os.fsencode(path), parameters)
    if model:
        return model
    if cancel.is_set:
        raise cancelled_load()
    raise load_error(path, LOG.take_errors())


def _make_context(lib: Any, model: Any, length: int, threads: int, cache: tuple[str, str]) -> Any:
    parameters = lib.llama_context_default_params()
    parameters.n_ctx = length
    parameters.n_batch = parameters.n_ubatch = min(BATCH, length)
    parameters.n_threads = parameters.n_threads_batch = threads
    parameters.n_outputs_max = 1  # only the last token is sampled; the default reserves logits for a whole batch
    parameters.flash_attn_type = _FLASH_ATTENTION_AUTO
    parameters.swa_full = False  # window layers hold their window only
    parameters.type_k, parameters.type_v = (ggml_type(name) for name in cache)
    parameters.no_perf = True
    context = lib.llama_init_from_model(model, parameters)
    if context:
        return context
    detail = LOG.take_errors()
    if re.search(r"cache type|V cache", detail):
        raise wrong_cache_types(f"This model cannot keep keys as {cache[0]} and values as {cache[1]}.", detail)
    raise ThimbleError(
        Code.OUT_OF_MEMORY,
        f"There is not enough memory for a context of {length:,} tokens.",
        "Choose a shorter context length in the settings.",
        detail,
    )


def _info(
    header: ModelHeader, context: int, threads: int, *, has_template: bool, approximate: bool, sight: Sight
) -> ModelInfo:
    return ModelInfo(
        id=header.id,
        path=str(header.path),
        name=header.name,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=header.parameters,
        file_bytes=header.file_bytes,
        context=context,
        context_trained=header.context_trained,
        threads=threads,
        expert_count=header.expert_count,
        expert_used_count=header.expert_used_count,
        has_chat_template=has_template,
        has_predictor=has_predictor(header) and ApproximateHead.available(),
        approximate_head=approximate,
        pictures=sight.path is not None,
        projector=str(sight.path or ""),
        no_pictures=sight.missing,
    )
