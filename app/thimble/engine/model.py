"""The resident model and its one context: its memory while it is there, its threads, its end."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from thimble.engine import budget, hotlist
from thimble.engine.binding import llama
from thimble.engine.budget import Budget
from thimble.engine.cores import CoreWatch, core_time, others_running, usable_cores
from thimble.engine.door import ComputeStop, has_store
from thimble.engine.experts import ExpertStore
from thimble.engine.fit import size
from thimble.engine.head import ApproximateHead
from thimble.engine.kv import KvSizes
from thimble.engine.pressure import Governor, Pressure
from thimble.engine.projector import Projector
from thimble.engine.template import ChatTemplate, template_of
from thimble.engine.vectors import VectorMaker
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError
from thimble.modelfile import ModelHeader
from thimble.protocol import LoadOptions, ModelInfo

log = logging.getLogger(__name__)

BATCH: Final = 512
"""Prompt tokens decoded in one call: the grain of prompt progress, and upstream's own default of a ubatch."""


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
        before, self.template = self.template, template_of(self.model, self.vocabulary, chosen)
        before.close()
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
            self.begin_governing()
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

    def division(self) -> tuple[int, int]:
        """The memory limit, and the bytes of it that experts get; where nobody chose a limit, the least one with which
        they would get as much."""
        if self.budget is None:
            return 0, 0
        share = self.budget
        return share.limit if share.chosen else share.limit_for(share.experts), share.experts

    def experts_at(self, limit: int) -> int | None:
        """Bytes that the experts would get at a memory limit if nothing was chosen for them alone; None when it is too
        small."""
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

    def begin_governing(self) -> None:
        """Has a governor by the present division of memory; needs a store."""
        if self.experts is None or self.budget is None:
            return
        least = budget.least_for_experts(self.header, self.experts.stats())
        self.governor = Governor(self._experts_full(), least, self.budget.others + self.history)

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
        self.template.close()
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
