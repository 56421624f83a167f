"""The one sequence in the KV cache: what is in it, what of it the next prompt can use again, and feeding it."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thimble.engine.binding import LOG, llama
from thimble.engine.checkpoints import Checkpoints
from thimble.engine.kv import WindowRows
from thimble.engine.model import BATCH, LoadedModel
from thimble.engine.window_history import WindowHistory
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

_DONE: Final = 0
_NO_ROOM: Final = 1
_ABORTED: Final = 2
_SEQUENCE: Final = 0


class Aborted(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The compute was stopped by the cancel flag; the session knows which tokens got through."""


class Session:
    """Tokens whose keys and values are in the cache, in order. Used by the worker thread only."""

    def __init__(self, loaded: LoadedModel) -> None:
        lib = llama()
        self._lib = lib
        self._loaded = loaded
        self._memory: Any = lib.llama_get_memory(loaded.context)
        self._decode = lib.llama_decode
        self._array = (ctypes.c_int32 * BATCH)()
        self._one = lib.llama_batch_get_one(self._array, 1)
        self._tokens: list[int] = []
        self._logits_at = 0
        self._logits: npt.NDArray[np.float32] = np.empty(0, np.float32)
        self._history = _history(loaded)
        self._checkpoints = Checkpoints(loaded.context, loaded.hold_history) if loaded.recurrent else None
        self.capacity = loaded.info.context

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return len(self._tokens)

    def rewind_to(self, prompt: Sequence[int]) -> int:
        """Keeps the longest beginning of the prompt that is in the cache and may be used; forgets the rest.

        At least the prompt's last token is left to be read, because its logits are needed.

        Returns:
            how many tokens of the prompt are in the cache now.
        """
        keep = min(common_prefix(self._tokens, prompt), len(prompt) - 1)
        if self._checkpoints is not None:
            keep = self._rewind_states(self._checkpoints, keep)
            self._checkpoints.plan(len(prompt))
            return keep
        if keep == len(self._tokens):
            return keep
        if keep <= 0:
            self.clear()
            return 0
        # llama.cpp removes the tail without a word, too, when window layers no longer hold what the token behind it
        # would see; its logits are then wrong.
        lowest = self._lowest(keep)
        if self._history is not None:
            self._history.settle()
        if not (self._history.can_go_back(keep, lowest) if self._history else self._holds_window(keep, lowest)):
            log.info("%d tokens are read again: their window is gone", keep)
            self.clear()
            return 0
        removed = self._lib.llama_memory_seq_rm(self._memory, _SEQUENCE, keep, -1)
        if not removed or (self._history is not None and not self._history.put_back(keep, lowest)):
            self.clear()
            return 0
        del self._tokens[keep:]
        return keep

    def clear(self) -> None:
        """Forgets everything."""
        self._lib.llama_memory_clear(self._memory, False)
        self._tokens.clear()
        if self._history is not None:
            self._history.clear()
        if self._checkpoints is not None:
            self._checkpoints.clear()

    def chunk_end(self, done: int, total: int) -> int:
        """Where the next `read` of a prompt ends.

        Args:
            done: tokens of the prompt in the cache.
            total: tokens of the prompt.
        """
        end = min(total, done + BATCH)
        return self._checkpoints.next_stop(done, end) if self._checkpoints is not None else end

    def read(self, tokens: Sequence[int]) -> None:
        """Decodes up to `BATCH` tokens behind those in the cache.

        Raises:
            Aborted: the cancel flag was set.
            ThimbleError: llama.cpp failed.
        """
        count = len(tokens)
        if self._history is not None:
            self._history.save(len(self._tokens), count)
        self._array[:count] = list(tokens)
        result = self._decode(self._loaded.context, self._lib.llama_batch_get_one(self._array, count))
        if result != _DONE:
            self._failed(result, tokens)
        self._tokens.extend(tokens)
        if self._checkpoints is not None:
            self._checkpoints.reached(len(self._tokens))

    def step(self, token: int) -> None:
        """`read` of a single token, without building anything: the decode loop's call."""
        if self._history is not None:
            self._history.save(len(self._tokens), 1)
        self._array[0] = token
        result = self._decode(self._loaded.context, self._one)
        if result != _DONE:
            self._failed(result, (token,))
        self._tokens.append(token)

    def logits(self) -> npt.NDArray[np.float32]:
        """Of the last token read, for the whole vocabulary; valid until the next one, and after `check` only."""
        return self._logits

    def check(self) -> None:
        """Refuses logits that are no numbers, before a sampler makes the same token of them for ever.

        -inf is a number here: it bars a token. Costs 15 µs with a vocabulary of 150 000.

        Raises:
            ThimbleError: MODEL_DAMAGED; nothing is in the cache then.
        """
        pointer = self._lib.llama_get_logits_ith(self._loaded.context, -1)
        address = ctypes.addressof(pointer.contents)
        if address != self._logits_at:
            self._logits_at = address
            self._logits = np.ctypeslib.as_array(pointer, (self._loaded.vocabulary.size,))
        if not np.isfinite(self._logits.max()):
            self.clear()
            raise ThimbleError(
                Code.MODEL_DAMAGED,
                "The model computes values that are no numbers; what it had written so far is kept.",
                "Its file is probably damaged: delete it, then download it again, or choose another model.",
                str(self._loaded.header.path),
            )

    def _rewind_states(self, checkpoints: Checkpoints, keep: int) -> int:
        """`rewind_to` of a model with recurrent layers: to the last checkpoint at or before `keep`."""
        if keep == len(self._tokens):
            checkpoints.take(keep)  # the place to which an edit of what comes now will go back
            return keep
        reached = checkpoints.go_back(keep) if keep > 0 else 0
        if not reached:
            self.clear()
            return 0
        del self._tokens[reached:]
        return reached

    def _lowest(self, keep: int) -> int:
        """The first position that window layers hold, or `keep` when they hold none before it."""
        lowest = int(self._lib.llama_memory_seq_pos_min(self._memory, _SEQUENCE))
        return lowest if 0 <= lowest < keep else keep

    def _holds_window(self, keep: int, lowest: int) -> bool:
        """Whether the cache alone has all that the token at position `keep` sees."""
        return self._loaded.window <= 0 or lowest <= max(0, keep - self._loaded.window + 1)

    def _failed(self, result: int, tokens: Sequence[int]) -> None:
        unread = self._loaded.experts.take_error() if self._loaded.experts else None
        if unread is not None:
            # the graph was ended in the middle of a ubatch; what was decoded before it is right
            self._keep_what_got_through(tokens)
            raise ThimbleError(
                Code.MODEL_READ_FAILED,
                f"{unread.partition(': ')[0]}; what was written so far is kept.",
                "Check the disk, then try again. If the file was changed or moved, load the model again.",
                unread,
            )
        if result == _ABORTED:
            self._keep_what_got_through(tokens)
            raise Aborted
        self.clear()
        if result == _NO_ROOM:
            raise ThimbleError(
                Code.CONTEXT_TOO_LONG,
                f"The context of {self.capacity:,} tokens is full.",
                "Start a new conversation, or choose a longer context in the settings.",
                LOG.take_errors(),
            )
        raise ThimbleError(
            Code.ENGINE_FAILED,
            "The engine failed while it computed this answer; what it had written so far is kept.",
            "Try again; if it happens again, look at the log.",
            f"llama_decode returned {result}: {LOG.take_errors()}",
        )

    def _keep_what_got_through(self, tokens: Sequence[int]) -> None:
        """After an aborted decode: those of its tokens that are in the cache count; a recurrent state is unknown, so
        that the last checkpoint has to do."""
        if self._checkpoints is not None:
            reached = self._checkpoints.go_back(len(self._tokens))
            del self._tokens[reached:]
            if not reached:
                self.clear()
            return
        highest = int(self._lib.llama_memory_seq_pos_max(self._memory, _SEQUENCE))
        self._tokens = [*self._tokens, *tokens][: highest + 1]


def _history(loaded: LoadedModel) -> WindowHistory | None:
    """For a model whose window layers drop something before the context is full."""
    if loaded.recurrent or not loaded.kv.window_cells or loaded.kv.window_cells >= loaded.kv.global_cells:
        return None
    rows = WindowRows(loaded.context)
    if not rows.bytes:
        return None
    return WindowHistory(rows, loaded.window, loaded.kv.window_cells, loaded.hold_history)


def common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    """Length of the common beginning."""
    length = min(len(first), len(second))
    for position in range(length):
        if first[position] != second[position]:
            return position
    return length
