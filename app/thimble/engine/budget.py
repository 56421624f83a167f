"""Dividing the memory limit: what the engine needs besides experts is measured, the experts get the rest."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from thimble.engine.experts import EXPERT_TENSOR, ExpertStats
from thimble.engine.fit import MIB, size
from thimble.engine.memory import memory_use
from thimble.errors import Code, ThimbleError
from thimble.modelfile import F16_CACHE, ModelHeader, estimate_memory
from thimble.modelfile.authors import predictor_bytes
from thimble.probe import left_free, probe_machine

log = logging.getLogger(__name__)

MARGIN: Final = 16 * MIB
"""What appears after the measurement: kernels' work buffers, readers' buffers, touched rows of the embeddings, the
server's own objects. Measured with the 4B shape at a ubatch of 512: 11 MiB."""

_PAGE_TABLES: Final = 256
"""One byte of page tables and of the kernel's other accounts for so many bytes of memory; 512 with small pages."""

HISTORY_SHARE: Final = 16
"""Of the limit, one part may be taken off the experts for going back in a conversation: a prompt that is read again
costs minutes, an expert that is read again milliseconds."""

_SPARE_SLOTS: Final = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """How a memory limit is divided, bytes.

    Attributes:
        limit: of the whole process.
        chosen: whether a person chose the limit; else it comes from the memory that was free.
        others: what everything but the experts takes.
        experts: what the experts get.
    """

    limit: int
    chosen: bool
    others: int
    experts: int

    def limit_for(self, experts: int) -> int:
        """The limit with which the experts get so many bytes."""
        return -(-(self.others + experts) * _PAGE_TABLES // (_PAGE_TABLES - 1))

    @property
    def spare(self) -> int:
        """What is left when all experts have what they were given."""
        return max(0, self.limit - self.others - self.limit // _PAGE_TABLES - self.experts)

    @property
    def history(self) -> int:
        """The most that window layers' dropped rows may take: what is left, and a sixteenth of the limit."""
        return self.spare + self.limit // HISTORY_SHARE

    def experts_beside(self, history: int) -> int:
        """What the experts get while so many bytes of dropped rows are kept."""
        return self.experts - max(0, history - self.spare)


def is_pageable(header: ModelHeader) -> bool:
    """Whether the model has experts that can be kept on disk."""
    return any(EXPERT_TENSOR.match(tensor.name) for tensor in header.tensors)


def default_limit() -> int:
    """The limit where nobody chose one: what is free now and what this process has already, less a rest that keeps
    the computer usable: 1 GiB, or a tenth of its memory if that is more. Bytes."""
    machine = probe_machine()
    return max(MIB, machine.memory_available + memory_use().now - left_free(machine))


def refuse_early(header: ModelHeader, context: int, limit: int, cache: tuple[str, str] = F16_CACHE) -> None:
    """Refuses a model whose header already shows that the limit is too small for it; `divide` decides exactly.

    Args:
        header: the model.
        context: KV-cache length in tokens.
        limit: bytes.
        cache: types of keys and values.

    Raises:
        ThimbleError: OUT_OF_MEMORY, with the least workable limit as far as it is known.
    """
    paged = sum(tensor.bytes for tensor in header.tensors if EXPERT_TENSOR.match(tensor.name))
    layers = len({tensor.name.split(".")[1] for tensor in header.tensors if EXPERT_TENSOR.match(tensor.name)})
    one = paged // max(1, layers * header.expert_count)
    least = dense_bytes(header) + estimate_memory(header, context, cache=cache).kv_cache
    least += one * (header.expert_used_count + _SPARE_SLOTS)
    if least > limit:
        raise too_small(least, context, limit)


def dense_bytes(header: ModelHeader) -> int:
    """Bytes of the weights that are always in memory when the others are paged; a predictor is not among them."""
    names = {tensor.name for tensor in header.tensors}
    embeddings = sum(tensor.bytes for tensor in header.tensors if tensor.name == "token_embd.weight")
    paged = sum(tensor.bytes for tensor in header.tensors if EXPERT_TENSOR.match(tensor.name))
    # of the embeddings only rows are read, unless they serve as the output, too
    others = header.non_expert_bytes - (embeddings if "output.weight" in names else 0) - predictor_bytes(header)
    return others + header.expert_bytes - paged


def compute_bytes(library: Any, context: Any) -> int:
    """Of the compute buffers: reserved, but not in memory before the first graph is computed; 0 in a stock build.

    Args:
        library: the module llama_cpp.
        context: the `llama_context *`.
    """
    function = getattr(library.llama_cpp._lib, "thimble_context_compute_bytes", None)
    if function is None:
        return 0
    function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_size_t
    return int(function(context))


def divide(
    header: ModelHeader,
    stats: ExpertStats,
    context: int,
    *,
    limit: int,
    others: int,
    expert_cache: int = 0,
    quiet: bool = False,
) -> Budget:
    """What the experts get.

    Args:
        header: the model.
        stats: of its store, before the first resize.
        context: KV-cache length in tokens, for the sentence.
        limit: bytes that a person chose; 0: what is free.
        others: see `needed_besides`.
        expert_cache: bytes that a person chose for the experts alone; 0: all that is left.
        quiet: nothing is logged: somebody only asks.

    Raises:
        ThimbleError: OUT_OF_MEMORY, with the least workable limit.
    """
    whole = limit or default_limit()
    others += whole // _PAGE_TABLES
    left = min(whole - others, stats.total_bytes)
    if expert_cache:
        left = min(left, expert_cache) if limit else min(expert_cache, stats.total_bytes)
    least = least_for_experts(header, stats)
    if left < least:
        if expert_cache and expert_cache < least <= whole - others:
            raise ThimbleError(
                Code.OUT_OF_MEMORY,
                f"The expert cache of this model needs at least {-(-least // MIB):,} MiB, "
                f"but it was given {expert_cache / MIB:,.1f} MiB.",
                "Give it more.",
                f"{expert_cache} < {least}",
            )
        raise too_small(others + least, context, whole, chosen=bool(limit))
    budget = Budget(whole, bool(limit), others - whole // _PAGE_TABLES, left)
    log.log(
        logging.DEBUG if quiet else logging.INFO,
        "memory limit %s: %s for %s of %s experts, %s for everything else",
        size(whole),
        size(left),
        stats.total_experts * left // max(1, stats.total_bytes),
        stats.total_experts,
        size(others),
    )
    return budget


def least_for_experts(header: ModelHeader, stats: ExpertStats) -> int:
    """Bytes below which the experts of one token do not fit, with two that are on their way."""
    return min(stats.total_bytes, (header.expert_used_count + _SPARE_SLOTS) * stats.expert_bytes)


def needed_besides(library: Any, context: Any, files: Sequence[Path]) -> int:
    """What the process needs besides experts, bytes; called when model and context are there and the store is empty.

    Args:
        library: the module llama_cpp.
        context: the `llama_context *`.
        files: of the model.
    """
    # Read-ahead of headers, libraries and modules that nothing maps or needs any more: after a cold start up to 50 MiB
    # of page cache, which would count against the limit for nothing.
    for file in {*files, *_own_files()}:
        _drop_cached(file)
    trim()
    return memory_use().now + compute_bytes(library, context) + MARGIN


def too_small(least: int, context: int, limit: int, *, chosen: bool = True) -> ThimbleError:
    """The error of a limit below what works, with both figures."""
    least = -(-least // MIB) * MIB
    what = f"the limit is {limit // MIB:,} MiB" if chosen else f"only {limit // MIB:,} MiB are free"
    return ThimbleError(
        Code.OUT_OF_MEMORY,
        f"This model needs at least {least // MIB:,} MiB of memory with a context of {context:,} tokens, but {what}.",
        "Raise the memory limit in the settings, shorten the context, or choose a smaller model."
        if chosen
        else "Close other programs, shorten the context, or choose a smaller model.",
        f"{least} > {limit}",
    )


def _own_files() -> set[Path]:
    """Files this process has mapped, and those its modules came from."""
    found = {getattr(module, "__cached__", None) for module in list(sys.modules.values())}
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
        found |= {line.split(maxsplit=5)[-1] for line in lines if " /" in line}
    return {Path(name) for name in found if isinstance(name, str) and name.startswith("/") and Path(name).is_file()}


def _drop_cached(file: Path) -> None:
    """Pages of a file that no process maps leave the page cache."""
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError), file.open("rb") as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def trim() -> None:
    """Gives back what the allocator holds without using it: staging buffers of the load, mostly."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
        if trim is not None:
            trim(ctypes.c_size_t(0))
