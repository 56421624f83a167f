"""Vectors of texts (embeddings): the context of a model that makes them, and what is computed with it."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thimble.engine import budget
from thimble.engine.binding import LOG, llama
from thimble.engine.cancel import CancelFlag, Stoppable
from thimble.engine.fit import check_memory
from thimble.engine.telemetry import Counters
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, FieldError, ThimbleError
from thimble.modelfile import ModelHeader, estimate_memory
from thimble.modelfile.vectors import Pooling, can_be_cut, is_causal, pooling_of

BATCH: Final = 512
"""Tokens of several texts that are computed at once; a longer text is computed alone."""
MOST_TOGETHER: Final = 32
"""Texts that are computed at once."""

_FLASH_ATTENTION_AUTO: Final = -1
_DONE: Final = 0
_ABORTED: Final = 2
_F32: Final = 4

Array = npt.NDArray[np.float32]
Text = str | Sequence[int]


@dataclass(frozen=True, slots=True)
class Vectors:
    """What came of one request.

    Attributes:
        values: one row of length 1 for each text, in their order.
        tokens: that were read, the marks the model wants around a text included.
    """

    values: Array = field(default_factory=lambda: np.empty((0, 0), np.float32))
    tokens: int = 0


class VectorMaker:
    """Turns texts into vectors; used by the worker thread only.

    Args:
        header: of the model.
        model: `llama_model *`.
        length: tokens of the longest text.
        threads: to compute with.
        limit: of the process's memory, bytes; 0 for none.

    Attributes:
        context: `llama_context *`; whoever made this object frees it.
        capacity: tokens of the longest text.
        width: numbers in a vector.

    Raises:
        ThimbleError: OUT_OF_MEMORY.
    """

    def __init__(self, header: ModelHeader, model: Any, length: int, threads: int, limit: int) -> None:
        lib = llama()
        self._lib = lib
        self._header = header
        self._alone = bool(lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model))
        # What only sees backwards needs to give out its last token. llama.cpp gives out every token it is asked for
        # embeddings of, with its logits: 600 kB for each with a vocabulary of 150 000.
        self._last_only = _last_only(header)
        self.capacity = length
        self.width = int(lib.llama_model_n_embd_out(model))
        self.vocabulary = Vocabulary(model)
        texts = 1 if self._alone else MOST_TOGETHER
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = length
        parameters.n_batch = parameters.n_ubatch = min(BATCH, length) if self._last_only else length
        parameters.n_seq_max = texts
        parameters.n_outputs_max = texts if self._last_only else 0
        parameters.n_outputs_max_per_seq = 1 if self._last_only else 0
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = _FLASH_ATTENTION_AUTO
        parameters.embeddings = True
        parameters.kv_unified = True  # a single text may have all of the context
        parameters.no_perf = True
        self.context: Any = lib.llama_init_from_model(model, parameters)
        if not self.context:
            raise _no_memory(length, LOG.take_errors())
        self._memory: Any = lib.llama_get_memory(self.context)
        self._texts = texts
        self._numbers = np.arange(texts, dtype=np.int32)
        needed = _weights(header) + budget.compute_bytes(lib, self.context) + budget.MARGIN + self._outputs()
        if limit and needed > limit:
            lib.llama_free(self.context)
            raise _no_memory(length, f"{needed} > {limit}")

    def make(
        self, texts: Sequence[Text], dimensions: int, cancel: CancelFlag, stop: Stoppable, counters: Counters
    ) -> Vectors:
        """The vectors of texts.

        Args:
            texts: each as text, or as tokens, which are taken as they are.
            dimensions: numbers in a vector; 0 for all.
            cancel: ends it.
            stop: what stops the context.
            counters: told of the tokens and the time.

        Raises:
            FieldError: a text is empty or too long, a number is no token, or vectors cannot be that short.
            ThimbleError: CANCELLED; MODEL_DAMAGED: the model computes what is no number; ENGINE_FAILED.
        """
        self._check_dimensions(dimensions)
        alone = len(texts) == 1
        tokens = [self._tokens("input" if alone else f"input.{at}", text) for at, text in enumerate(texts)]
        values = np.empty((len(texts), self.width), np.float32)
        with cancel.linked(stop):
            for some in self._groups([len(one) for one in tokens]):
                if cancel.is_set:
                    raise _cancelled()
                began = time.perf_counter_ns()
                values[some] = self._compute(tokens[some], cancel)
                counters.prompt_tokens += sum(map(len, tokens[some]))
                counters.prefill_compute_ns += time.perf_counter_ns() - began
        return Vectors(self._of_length_one(values[:, : dimensions or self.width]), sum(map(len, tokens)))

    def _check_dimensions(self, dimensions: int) -> None:
        if not dimensions or dimensions == self.width:
            return
        if dimensions > self.width:
            raise FieldError(
                "dimensions", f"Vectors of this model have {self.width:,} numbers; {dimensions:,} were asked for."
            )
        if not can_be_cut(self._header):
            raise FieldError(
                "dimensions",
                f"Vectors of this model have {self.width:,} numbers and cannot be cut: it was not made for that, "
                "or its file does not say so.",
                action=f"Leave “dimensions” out, or ask for {self.width}.",
            )

    def _tokens(self, field: str, text: Text) -> list[int]:
        if isinstance(text, str):
            tokens = self.vocabulary.tokenize_whole(text) if text else []
        else:
            tokens = list(text)
            for token in tokens:
                if not 0 <= token < self.vocabulary.size:
                    raise FieldError(
                        field,
                        f"{token} is not a token of this model; it has tokens 0 to {self.vocabulary.size - 1}.",
                    )
        if not tokens:
            raise FieldError(field, f"The field “{field}” is empty: nothing has no vector.")
        if len(tokens) > self.capacity:
            raise FieldError(
                field,
                f"The text in “{field}” has {len(tokens):,} tokens, but this model is loaded for {self.capacity:,}.",
                Code.CONTEXT_TOO_LONG,
                "Split the text, or choose a longer context in the settings if the model can read more.",
            )
        return tokens

    def _groups(self, lengths: Sequence[int]) -> Iterator[slice]:
        """Neighbours that are computed together."""
        begin = room = 0
        for at, length in enumerate(lengths):
            if at > begin and (at - begin == self._texts or length > room):
                yield slice(begin, at)
                begin = at
            if at == begin:
                room = min(BATCH, self.capacity)
            room -= length
        yield slice(begin, len(lengths))

    def _compute(self, texts: Sequence[Sequence[int]], cancel: CancelFlag) -> Array:
        lib = self._lib
        if self._memory:
            lib.llama_memory_clear(self._memory, False)
        token = np.concatenate([np.asarray(text, np.int32) for text in texts])
        place = np.concatenate([np.arange(len(text), dtype=np.int32) for text in texts])
        text_of = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        if self._last_only:
            last = np.cumsum([len(text) for text in texts]) - 1
            before = np.setdiff1d(np.arange(token.size), last, assume_unique=True)
            lib.llama_set_embeddings(self.context, False)
            step = min(BATCH, self.capacity)
            for begin in range(0, before.size, step):
                some = before[begin : begin + step]
                self._run(token[some], place[some], text_of[some], cancel, out=False)
            lib.llama_set_embeddings(self.context, True)
            token, place, text_of = token[last], place[last], text_of[last]
        self._run(token, place, text_of, cancel, out=True)
        found = [lib.llama_get_embeddings_seq(self.context, number) for number in range(len(texts))]
        rows: Array = np.stack([np.ctypeslib.as_array(pointer, (self.width,)) for pointer in found])
        return rows

    def _run(
        self,
        token: npt.NDArray[np.int32],
        place: npt.NDArray[np.int32],
        text_of: npt.NDArray[np.int64],
        cancel: CancelFlag,
        *,
        out: bool,
    ) -> None:
        lib, count = self._lib, int(token.size)
        token, place = np.ascontiguousarray(token), np.ascontiguousarray(place)
        ones, outs = np.ones(count, np.int32), np.full(count, out, np.int8)
        # one pointer for each token, to the number of its text
        numbers = (self._numbers.ctypes.data + text_of * self._numbers.itemsize).astype(np.uintp)
        batch = lib.llama_batch()
        kinds = dict(type(batch)._fields_)
        batch.n_tokens = count
        for name, array in (
            ("token", token),
            ("pos", place),
            ("n_seq_id", ones),
            ("seq_id", numbers),
            ("logits", outs),
        ):
            setattr(batch, name, ctypes.cast(ctypes.c_void_p(array.ctypes.data), kinds[name]))
        result = (lib.llama_decode if self._memory else lib.llama_encode)(self.context, batch)
        if result == _DONE:
            return
        if result == _ABORTED or cancel.is_set:
            raise _cancelled()
        raise ThimbleError(
            Code.ENGINE_FAILED,
            "The engine failed while it computed these embeddings.",
            "Try again; if it happens again, look at the log.",
            f"{'decode' if self._memory else 'encode'} of {count} tokens returned {result}: {LOG.take_errors()}",
        )

    def _of_length_one(self, values: Array) -> Array:
        exact = values.astype(np.float64)
        length = np.sqrt((exact * exact).sum(axis=1, keepdims=True))
        if not np.isfinite(length).all() or not length.all():
            raise ThimbleError(
                Code.MODEL_DAMAGED,
                "The model computes values that are no numbers.",
                "Its file is probably damaged: delete it, then download it again, or choose another model.",
                str(self._header.path),
            )
        normal: Array = (exact / length).astype(np.float32)
        return normal

    def _outputs(self) -> int:
        """Bytes of what the context gives out at the most."""
        if self._last_only or not self._memory:
            return 0  # a few rows; encoders have no logits
        return self.capacity * (self.vocabulary.size + self.width) * _F32


def check_room(header: ModelHeader, length: int, limit: int) -> bool:
    """Refuses a model that needs more than the limit, before it is loaded; the context is measured later.

    Returns:
        whether the weights may be repacked; see `check_memory`.

    Raises:
        ThimbleError: OUT_OF_MEMORY.
    """
    if _last_only(header):
        return check_memory(header, length, limit)
    at_once = estimate_memory(header, 1, ubatch=length).compute - estimate_memory(header, 1).compute
    return check_memory(header, 1, limit, more=max(0, at_once))


def _last_only(header: ModelHeader) -> bool:
    return is_causal(header) and pooling_of(header) is Pooling.LAST


def _weights(header: ModelHeader) -> int:
    return header.expert_bytes + header.non_expert_bytes


def _no_memory(length: int, detail: str) -> ThimbleError:
    return ThimbleError(
        Code.OUT_OF_MEMORY,
        f"There is not enough memory for texts of {length:,} tokens beside this model's weights.",
        "Choose a shorter context length in the settings, or raise the memory limit.",
        detail,
    )


def _cancelled() -> ThimbleError:
    return ThimbleError(Code.CANCELLED, "The request was cancelled.")


def writes_no_text(name: str) -> ThimbleError:
    """The error of a model for vectors that is asked to write."""
    return ThimbleError(
        Code.CHAT_UNSUPPORTED,
        f"“{name}” turns texts into embeddings; it cannot write.",
        "Choose another model to chat with.",
    )


def makes_no_vectors(name: str) -> ThimbleError:
    """The error of a model that writes and is asked for vectors."""
    return ThimbleError(
        Code.EMBEDDINGS_UNSUPPORTED,
        f"“{name}” writes text; it was not made for embeddings.",
        "Name an embedding model in “model”; GET /v1/models marks them.",
    )
