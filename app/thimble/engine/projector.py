"""A model's projector: pictures into embeddings, by llama.cpp's libmtmd.

Each picture is laid out by itself, and its size alone decides how: the layout of one that is in the cache already
costs neither its pixels nor any computing.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from thimble.engine.binding import LOG, llama, mtmd
from thimble.engine.cancel import CancelFlag
from thimble.engine.pictures import Picture, PictureTokens
from thimble.errors import Code, ThimbleError
from thimble.modelfile.projectors import check_projector, projector_kind
from thimble.own_process import engine_action

log = logging.getLogger(__name__)

MOST_SIDE: Final = 2048
"""Pixels of a picture's longer side; larger ones are made smaller before they come here."""
MOST_TOKENS: Final = 1024
"""Of one picture, for models that would take as many as it has pixels for: 4,096 tokens take minutes on a processor,
and some projectors' masks grow with their square."""
LOOK_EVERY: Final = 16
"""Graph nodes between two looks at the cancel flag."""
_DYNAMIC_AT_ONCE: Final = frozenset({"gemma4v", "gemma4uv"})
"""Kinds whose tokens see each other and are as many as we let them be."""
_COPIES: Final = 2
"""Of a picture's pixels, while it is made ready."""
_IMAGE: Final = 1
_SEQUENCE: Final = 0

Array = npt.NDArray[np.float32]
Part = tuple[int, ...] | PictureTokens
"""What stands for a picture in a prompt: tokens of text, and runs of a picture's own."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Tokens and positions of a run."""

    count: int
    positions: int


class Projector:
    """One projector in C memory, made for one model, until `close`. Used by the worker thread, but for `layout`.

    Args:
        path: the GGUF.
        model: the `llama_model *`.
        threads: that compute.
        batch: tokens that a context decodes at once; a picture whose tokens see each other has to fit.
        cancel: stops the load.

    Attributes:
        path: of the file.
        bytes: of its weights.
        working_bytes: what reading a picture takes besides, as far as the system tells.
        mrope: a picture's tokens share positions.

    Raises:
        ThimbleError: MODEL_UNSUPPORTED and as `check_projector`.
    """

    def __init__(self, path: Path, model: Any, threads: int, batch: int, cancel: CancelFlag) -> None:
        lib = mtmd()
        if lib is None:
            raise ThimbleError(
                Code.ENGINE_NOT_BUILT,
                "The installed engine has no library for pictures.",
                engine_action("Build it again: python3 -m installer engine"),
            )
        header = check_projector(path)
        self.path, self.bytes = path, header.file_bytes
        self._lib, self._batch = lib, batch
        self._stop: CancelFlag | None = cancel
        self._nodes = 0
        # C keeps only addresses: these objects live as long as the projector
        self._on_node = llama().ggml_backend_sched_eval_callback(self._look)
        self._on_progress = lib.mtmd_progress_callback(lambda _share, _user: not cancel.is_set)
        LOG.take_errors()
        at_once = projector_kind(header) in _DYNAMIC_AT_ONCE
        self._context = self._open(path, model, threads, min(batch, MOST_TOKENS) if at_once else MOST_TOKENS)
        self.mrope = bool(lib.mtmd_decode_use_mrope(self._context))
        self._non_causal = bool(lib.mtmd_decode_use_non_causal(self._context, None))
        self._width = int(llama().llama_model_n_embd_inp(model))
        self._prepared: tuple[str, Any] | None = None
        self._laid_out = lru_cache(maxsize=512)(self._lay_out)
        try:
            self.working_bytes = self._try_out()
        except BaseException:
            self.close()
            raise
        self._stop = None
        log.info("projector %s: %d MiB, working %d MiB", path, self.bytes >> 20, self.working_bytes >> 20)

    def _open(self, path: Path, model: Any, threads: int, most_tokens: int) -> Any:
        parameters = self._lib.mtmd_context_params_default()
        parameters.use_gpu = False
        parameters.print_timings = False
        parameters.n_threads = threads
        parameters.warmup = False  # the working memory is made, and measured, when it is tried out
        parameters.image_max_tokens = most_tokens
        parameters.cb_eval = self._on_node
        parameters.progress_callback = self._on_progress
        opened = self._lib.mtmd_init_from_file(os.fsencode(path), model, parameters)
        if opened and self._lib.mtmd_support_vision(opened):
            return opened
        if opened:
            self._lib.mtmd_free(opened)
        if self._stop is not None and self._stop.is_set:
            raise ThimbleError(Code.CANCELLED, "Loading was cancelled.")
        detail = LOG.take_errors()
        if "mismatch between text model" in detail:
            raise ThimbleError(
                Code.MODEL_UNSUPPORTED,
                f"The projector “{path.name}” belongs to another model.",
                "Choose the one that came with this model, in the model's settings.",
                detail,
            )
        if "unknown projector type" in detail or "unexpected vision projector" in detail:
            raise ThimbleError(
                Code.MODEL_UNSUPPORTED,
                f"Thimble's engine does not know projectors of the kind of “{path.name}”.",
                "Choose another model, or update Thimble.",
                detail,
            )
        raise ThimbleError(
            Code.MODEL_LOAD_FAILED,
            f"The projector “{path.name}” could not be loaded; its file seems to be damaged.",
            "Delete it, then download it again, or turn pictures off in the model's settings.",
            detail,
        )

    def layout(self, picture: Picture) -> tuple[Part, ...]:
        """What stands for a picture in the prompt; any thread may ask.

        Raises:
            ThimbleError: PICTURE_UNUSABLE: this projector cannot take a picture of this size.
        """
        return tuple(
            part if isinstance(part, tuple) else PictureTokens(picture, number, part.count, part.positions)
            for number, part in enumerate(self._laid_out(picture.width, picture.height))
        )

    def encode(self, tokens: PictureTokens, cancel: CancelFlag) -> Any:
        """Computes a picture's embeddings; they are valid until the next call.

        Returns:
            the `mtmd_input_chunk *`, for `decode`; None when it was cancelled.

        Raises:
            ThimbleError: PICTURE_UNUSABLE.
        """
        chunks = self._chunks_of(tokens.picture)
        chunk = self._lib.mtmd_input_chunks_get(chunks, tokens.part)
        self._stop, self._nodes = cancel, 0
        try:
            failed = self._lib.mtmd_encode_chunk(self._context, chunk)
        finally:
            self._stop = None
        if cancel.is_set:
            return None
        if failed:
            raise _unusable(LOG.take_errors())
        return chunk

    def embeddings(self, tokens: PictureTokens) -> Array:
        """What `encode` made: a row for each token."""
        pointer = ctypes.cast(self._lib.mtmd_get_output_embd(self._context), ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, (tokens.count, self._width))

    def decode(self, context: Any, chunk: Any, past: int, before_batch: Callable[[int], None]) -> int:
        """Puts the embeddings that were computed last into a context's sequence 0.

        Args:
            context: the `llama_context *`.
            chunk: what `encode` returned.
            past: the position of the first.
            before_batch: told how many tokens are decoded next.

        Returns:
            what `llama_decode` returns.

        Raises:
            Exception: what `before_batch` raises; the batches before are decoded then.
        """
        count = int(self._lib.mtmd_input_chunk_get_n_tokens(chunk))
        done = 0
        raised: list[Exception] = []

        def after(batch: Any, _user: object) -> int:
            nonlocal done
            done += int(batch.contents.n_tokens)
            try:
                if done < count:
                    before_batch(min(self._batch, count - done))
            except Exception as error:  # noqa: BLE001 - it cannot cross C: C stops, and it is raised behind it
                raised.append(error)
            return len(raised)

        callback = self._lib.mtmd_helper_post_decode_callback(after)
        end = ctypes.c_int32()
        before_batch(min(self._batch, count))
        result = int(
            self._lib.mtmd_helper_decode_image_chunk(
                self._context,
                context,
                chunk,
                self._lib.mtmd_get_output_embd(self._context),
                past,
                _SEQUENCE,
                self._batch,
                ctypes.byref(end),
                callback,
                None,
            )
        )
        if raised:
            raise raised[0]
        return result

    def forget(self) -> None:
        """Frees the picture that was read last."""
        if self._prepared is not None:
            self._lib.mtmd_input_chunks_free(self._prepared[1])
            self._prepared = None

    def close(self) -> None:
        """Frees everything; nothing may use this object afterwards."""
        self.forget()
        if self._context is not None:
            self._lib.mtmd_free(self._context)
            self._context = None

    def _try_out(self) -> int:
        """Reads a picture of the largest size up to its first nodes; the bytes taken for it.

        Their memory is taken then, but not touched: the books have to know of it before pictures come.
        """
        side = MOST_SIDE
        grey = Picture("grey", side, side, lambda: b"\x80" * (3 * side * side))
        tokens = next((part for part in self.layout(grey) if isinstance(part, PictureTokens)), None)
        if tokens is None:
            raise _unusable("no tokens for a picture")
        stopped = CancelFlag()
        stopped.set()
        before = _data_bytes()
        self.encode(tokens, stopped)
        taken = max(0, _data_bytes() - before)
        self.forget()
        return taken + _COPIES * 3 * side * side

    def _look(self, _tensor: object, ask: bool, _user: object) -> bool:
        """Every some nodes the graph stops here; False ends it. No text model computes meanwhile."""
        stopped = self._stop is not None and self._stop.is_set
        if not ask:
            return not stopped
        self._nodes += 1
        return stopped or self._nodes % LOOK_EVERY == 0

    def _lay_out(self, width: int, height: int) -> tuple[tuple[int, ...] | _Run, ...]:
        chunks = self._tokenized(width, height, None)
        try:
            return tuple(self._part(chunks, number) for number in range(self._lib.mtmd_input_chunks_size(chunks)))
        finally:
            self._lib.mtmd_input_chunks_free(chunks)

    def _part(self, chunks: Any, number: int) -> tuple[int, ...] | _Run:
        chunk = self._lib.mtmd_input_chunks_get(chunks, number)
        if self._lib.mtmd_input_chunk_get_type(chunk) != _IMAGE:
            count = ctypes.c_size_t()
            pointer = self._lib.mtmd_input_chunk_get_tokens_text(chunk, ctypes.byref(count))
            return tuple(int(pointer[index]) for index in range(count.value))
        count_of = int(self._lib.mtmd_input_chunk_get_n_tokens(chunk))
        if self._non_causal and count_of > self._batch:
            raise _unusable(f"{count_of} tokens at once, {self._batch} are possible")
        return _Run(count_of, int(self._lib.mtmd_input_chunk_get_n_pos(chunk)))

    def _chunks_of(self, picture: Picture) -> Any:
        if self._prepared is not None and self._prepared[0] == picture.key:
            return self._prepared[1]
        self.forget()
        chunks = self._tokenized(picture.width, picture.height, picture.pixels())
        self._prepared = (picture.key, chunks)
        return chunks

    def _tokenized(self, width: int, height: int, pixels: bytes | None) -> Any:
        """A list of chunks, to be freed; without pixels their places only."""
        lib = self._lib
        if pixels is not None and len(pixels) != 3 * width * height:
            raise _unusable(f"{len(pixels)} bytes for {width} x {height} pixels")
        data = None if pixels is None else (ctypes.c_uint8 * len(pixels)).from_buffer_copy(pixels)
        bitmap = lib.mtmd_bitmap_init(width, height, data)
        part = lib.mtmd_input_part(None, bitmap)
        parts = (ctypes.POINTER(lib.mtmd_input_part) * 1)(ctypes.pointer(part))
        chunks = lib.mtmd_input_chunks_init()
        LOG.take_errors()
        try:
            failed = lib.mtmd_tokenize_from_parts(self._context, chunks, parts, 1, False)
        finally:
            lib.mtmd_bitmap_free(bitmap)
        if failed:
            lib.mtmd_input_chunks_free(chunks)
            raise _unusable(LOG.take_errors())
        return chunks


def _unusable(detail: str) -> ThimbleError:
    return ThimbleError(
        Code.PICTURE_UNUSABLE,
        "The model's projector cannot take this picture.",
        "Try one of another size or shape.",
        detail,
    )


def _data_bytes() -> int:
    """What this process has taken for data, whether it was touched or not; 0 where the system does not tell."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmData:")) * 1024
    return 0
