"""The one sequence in the KV cache: what is in it, what of it the next prompt can use again, and feeding it."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thimble.engine.binding import LOG, llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.checkpoints import Checkpoints
from thimble.engine.kv import WindowRows
from thimble.engine.model import BATCH, LoadedModel
from thimble.engine.pictures import PictureTokens
from thimble.engine.places import Places, whole_pictures
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
    """Tokens whose keys and values are in the cache, in order; those of pictures are negative (`PictureTokens.id`).

    Used by the worker thread only.
    """

    def __init__(self, loaded: LoadedModel) -> None:
        lib = llama()
        self._lib = lib
        self._loaded = loaded
        self._memory: Any = lib.llama_get_memory(loaded.context)
        self._decode = lib.llama_decode
        self._array = (ctypes.c_int32 * BATCH)()
        self._one = lib.llama_batch_get_one(self._array, 1)
        self._tokens: list[int] = []
        self._places = Places()
        self._positions: Any = None
        if loaded.projector is not None and loaded.projector.mrope:
            # llama.cpp would go on behind the highest position, which is the first of a picture's
            self._positions = (ctypes.c_int32 * BATCH)()
            self._one.pos = ctypes.cast(self._positions, ctypes.POINTER(ctypes.c_int32))
        self._logits_at = 0
        self._logits: npt.NDArray[np.float32] = np.empty(0, np.float32)
        self._history = _history(loaded)
        self._checkpoints = (
            Checkpoints(loaded.context, loaded.hold_history, self._places.position) if loaded.recurrent else None
        )
        self.capacity = loaded.info.context

    @property
    def length(self) -> int:
        """Tokens in the cache."""
        return len(self._tokens)

    def rewind_to(self, prompt: Sequence[int], pictures: Mapping[int, PictureTokens] | None = None) -> int:
        """Keeps the longest beginning of the prompt that is in the cache and may be used; forgets the rest.

        At least the prompt's last token is left to be read, because its logits are needed. Pictures stay whole.

        Returns:
            how many tokens of the prompt are in the cache now.
        """
        keep = whole_pictures(min(common_prefix(self._tokens, prompt), len(prompt) - 1), prompt, pictures or {})
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
        if self._loaded.window > 0 and not self._places.straight:
            self.clear()  # rows that windows have dropped are known by index
            return 0
        if self._history is not None:
            self._history.settle()
        if not (self._history.can_go_back(keep, lowest) if self._history else self._holds_window(keep, lowest)):
            log.info("%d tokens are read again: their window is gone", keep)
            self.clear()
            return 0
        removed = self._lib.llama_memory_seq_rm(self._memory, _SEQUENCE, self._places.position(keep), -1)
        if not removed or (self._history is not None and not self._history.put_back(keep, lowest)):
            self.clear()
            return 0
        self._cut(keep)
        return keep

    def clear(self) -> None:
        """Forgets everything."""
        self._lib.llama_memory_clear(self._memory, False)
        self._cut(0)
        if self._history is not None:
            self._history.clear()
        if self._checkpoints is not None:
            self._checkpoints.clear()

    def chunk_end(self, prompt: Sequence[int], done: int) -> int:
        """Where the next `read` of a prompt ends: before a picture, at the latest.

        Args:
            prompt: all of it.
            done: tokens of the prompt in the cache; a token of text comes next.
        """
        end = min(len(prompt), done + BATCH)
        end = next((at for at in range(done, end) if prompt[at] < 0), end)
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
        batch = self._lib.llama_batch_get_one(self._array, count)
        if self._positions is not None:
            begin = self._places.position(len(self._tokens))
            self._positions[:count] = range(begin, begin + count)
            batch.pos = self._one.pos
        result = self._decode(self._loaded.context, batch)
        if result != _DONE:
            self._failed(result, tokens)
        self._tokens.extend(tokens)
        if self._checkpoints is not None:
            self._checkpoints.reached(len(self._tokens))

    def read_picture(self, tokens: PictureTokens, cancel: CancelFlag) -> None:
        """Computes a picture's embeddings and decodes them behind the tokens in the cache: all of them, or none.

        Raises:
            Aborted: the cancel flag was set.
            ThimbleError: as `read`, or the projector failed.
        """
        projector = self._loaded.projector
        assert projector is not None  # noqa: S101 - without one there are no picture tokens
        chunk = projector.encode(tokens, cancel)
        if chunk is None:
            raise Aborted
        begin = length = len(self._tokens)

        def before_batch(count: int) -> None:
            nonlocal length
            if self._history is not None:
                self._history.save(length, count)
            length += count

        try:
            result = projector.decode(self._loaded.context, chunk, self._places.position(begin), before_batch)
        except Exception:
            self._forget_from(begin)
            raise
        if result != _DONE:
            self._forget_from(begin)
            self._failed(result, ())
        self._tokens.extend([tokens.id] * tokens.count)
        self._places.add(len(self._tokens), tokens)
        if self._checkpoints is not None:
            self._checkpoints.reached(len(self._tokens))

    def step(self, token: int) -> None:
        """`read` of a single token, without building anything: the decode loop's call."""
        if self._history is not None:
            self._history.save(len(self._tokens), 1)
        self._array[0] = token
        if self._positions is not None:
            self._positions[0] = self._places.position(len(self._tokens))
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
        self._cut(reached)
        return reached

    def _cut(self, length: int) -> None:
        del self._tokens[length:]
        self._places.cut(length)

    def _forget_from(self, length: int) -> None:
        """Takes a half-read picture out of the cache."""
        position = self._places.position(length)
        whole = self._checkpoints is None and self._loaded.window <= 0
        if not whole or not self._lib.llama_memory_seq_rm(self._memory, _SEQUENCE, position, -1):
            self.clear()

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
            self._cut(reached)
            if not reached:
                self.clear()
            return
        if not tokens:
            return  # a picture, which `_forget_from` has taken out
        highest = int(self._lib.llama_memory_seq_pos_max(self._memory, _SEQUENCE))
        self._tokens = [*self._tokens, *tokens][: self._places.index(highest) + 1]


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
