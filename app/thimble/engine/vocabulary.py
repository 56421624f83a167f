"""Text to tokens and back, with the model's own vocabulary."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from thimble.engine.binding import llama
from thimble.errors import Code, ThimbleError

_NONE: Final = 0  # LLAMA_VOCAB_TYPE_NONE


class Vocabulary:
    """Reads from a `llama_vocab`, which is constant: any thread may call, as long as the model lives."""

    def __init__(self, model: Any) -> None:
        lib = llama()
        self._lib = lib
        self.pointer: Any = lib.llama_model_get_vocab(model)
        self.size = int(lib.llama_vocab_n_tokens(self.pointer))
        self.has_text = int(lib.llama_vocab_type(self.pointer)) != _NONE
        """False for a model without a tokenizer: llama.cpp aborts the process when it is asked for texts."""
        self.bos = int(lib.llama_vocab_bos(self.pointer))
        self.eos = int(lib.llama_vocab_eos(self.pointer))
        self.adds_bos = bool(lib.llama_vocab_get_add_bos(self.pointer)) and self.bos >= 0
        self.control = self._control_pattern()
        """Finds the text of control tokens."""
        self.is_end = lru_cache(maxsize=4096)(self._is_end)
        self._buffer_size = 64

    def text_of(self, token: int) -> str:
        """The token as it is written in the vocabulary, e.g. "<|im_end|>"; "" for no token."""
        if not 0 <= token < self.size or not self.has_text:
            return ""
        text = self._lib.llama_vocab_get_text(self.pointer, token)
        return text.decode("utf-8", "replace") if text else ""

    def tokenize(self, text: str, *, add_bos: bool = True, parse_special: bool = True) -> list[int]:
        """The tokens of a text.

        Args:
            text: any text.
            add_bos: put the beginning-of-text token before it, if the model wants one and it is not there yet.
            parse_special: read control tokens written out in the text as such.
        """
        result = self._tokens_of(text, add_special=False, parse_special=parse_special)
        if add_bos and self.adds_bos and result[:1] != [self.bos]:
            result.insert(0, self.bos)
        return result

    def tokenize_whole(self, text: str) -> list[int]:
        """The tokens of a text with all marks that the model wants around one: beginning, end, separators."""
        return self._tokens_of(text, add_special=True, parse_special=True)

    def tokenize_within(self, text: str) -> list[int]:
        """The tokens of a text as it stands behind another: nothing is control, and no space comes before it.

        Some vocabularies (SentencePiece) put a space before whatever they are given.
        """
        data = text.encode("utf-8", "replace")
        for lead in ("", "\n", "|"):
            tokens = self.tokenize(lead + text, add_bos=False, parse_special=False)
            pieces = [self.piece(token) for token in tokens]
            surplus, skipped = sum(map(len, pieces)) - len(data), 0
            while surplus > 0 and skipped < len(pieces):
                surplus -= len(pieces[skipped])
                skipped += 1
            if b"".join(pieces[skipped:]) == data:
                return tokens[skipped:]
        return self.tokenize(text, add_bos=False, parse_special=False)

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of one token; control tokens are empty unless `special`."""
        if not self.has_text:
            return b""
        size = self._buffer_size
        buffer = ctypes.create_string_buffer(size)
        length = self._lib.llama_token_to_piece(self.pointer, token, buffer, size, 0, special)
        if length < 0:
            size = -length
            buffer = ctypes.create_string_buffer(size)
            length = self._lib.llama_token_to_piece(self.pointer, token, buffer, size, 0, special)
        return bytes(buffer.raw[: max(0, length)])

    def tokens_of_marks(self, marks: Sequence[str]) -> frozenset[int]:
        """The control tokens whose text is one of these."""
        found: set[int] = set()
        for mark in marks if self.has_text else ():
            tokens = self.tokenize(mark, add_bos=False)
            if len(tokens) == 1 and not self.piece(tokens[0]):
                found.add(tokens[0])
        return frozenset(found)

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The text of tokens, control tokens written out.

        Raises:
            ThimbleError: a number is no token of this vocabulary.
        """
        for token in tokens:
            if not 0 <= token < self.size:
                raise ThimbleError(
                    Code.BAD_REQUEST, f"{token} is not a token of this model; it has tokens 0 to {self.size - 1}."
                )
        return b"".join(self.piece(token, special=True) for token in tokens).decode("utf-8", "replace")

    def _tokens_of(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        if not self.has_text:
            raise ThimbleError(
                Code.MODEL_UNSUPPORTED,
                "This model has no tokenizer: it understands numbers, not text.",
                "Choose another model.",
            )
        data = text.encode("utf-8", "replace")
        capacity = len(data) + 16
        tokens = (ctypes.c_int32 * capacity)()
        count = self._lib.llama_tokenize(self.pointer, data, len(data), tokens, capacity, add_special, parse_special)
        if count < 0:
            raise ThimbleError(
                Code.BAD_REQUEST, "This text is too long to be split into tokens.", detail=f"{len(data)} bytes: {count}"
            )
        return list(tokens[:count])

    def _control_pattern(self) -> re.Pattern[str]:
        """What `llama_tokenize` takes for a token only with `parse_special`; about 30 ms for 100,000 tokens."""
        if not self.has_text:
            return re.compile(r"(?!)")
        lib, pointer = self._lib, self.pointer
        wanted = lib.LLAMA_TOKEN_ATTR_CONTROL | lib.LLAMA_TOKEN_ATTR_UNKNOWN
        attributes = lib.llama_vocab_get_attr
        texts = {self.text_of(token) for token in range(self.size) if attributes(pointer, token) & wanted}
        texts = {text for text in texts if len(text) > 1}
        if not texts:
            return re.compile(r"(?!)")
        first = "".join(sorted({re.escape(text[0]) for text in texts}))  # most places of a text fail here at once
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        return re.compile(f"(?=[{first}])(?:{'|'.join(map(re.escape, longest_first))})")

    def _is_end(self, token: int) -> bool:
        return self.has_text and bool(self._lib.llama_vocab_is_eog(self.pointer, token))
