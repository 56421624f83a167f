"""Answers of a given form: grammars (GBNF) that rule out every token that does not fit."""

from __future__ import annotations

import ctypes
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from thimble.engine.binding import llama
from thimble.engine.call_watch import CallWatch
from thimble.engine.schema_limits import MOST_REPEATED, within_reach
from thimble.errors import Code, ThimbleError

_ROOT = b"root"
_DEEPEST: Final = MOST_REPEATED + 100
"""Parentheses inside each other: llama.cpp reads them by recursion, and the stack of a thread can be 1 MiB."""
_NO_PARENTHESES: Final = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*', re.DOTALL)


def grammar_of_json(schema: Mapping[str, Any] | None = None) -> str:
    """The grammar of any JSON object, or of JSON that fits a schema, but for upper limits that are too high to count.

    Raises:
        ThimbleError: BAD_REQUEST for a schema that cannot be turned into a grammar.
    """
    llama()
    from llama_cpp import llama_grammar

    if schema is None:
        return str(llama_grammar.JSON_GBNF).strip() + "\n"
    try:
        return str(llama_grammar.json_schema_to_gbnf(json.dumps(within_reach(schema))))
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise ThimbleError(
            Code.BAD_REQUEST, "This JSON schema cannot be used.", "Simplify it.", f"{type(error).__name__}: {error}"
        ) from error


@dataclass(frozen=True, slots=True)
class Work:
    """What this thread's last call into a grammar took.

    Attributes:
        units: what was copied, compared and tried, counted; the same on every machine. 0 in a stock build.
        overran: it was given up, because it went beyond the engine's limit.
    """

    units: int = 0
    overran: bool = False


def last_work() -> Work:
    """The work of this thread's last call into a grammar."""
    units, overran = _counters()
    return Work(int(units()), bool(overran())) if units is not None else Work()


@cache
def _counters() -> tuple[Any, Any]:
    """The engine's functions that tell it; None in a stock build."""
    library = llama().llama_cpp._lib
    try:
        units, overran = library.thimble_grammar_work, library.thimble_grammar_overran
    except AttributeError:
        return None, None
    units.argtypes, units.restype = [], ctypes.c_uint64
    overran.argtypes, overran.restype = [], ctypes.c_bool
    return units, overran


def _too_many_ways() -> ThimbleError:
    return ThimbleError(
        Code.BAD_REQUEST,
        "This grammar or JSON schema can be read in too many ways.",
        "Simplify it: fewer repetitions inside repetitions, and no two rules that begin alike.",
        f"{last_work().units} units of work in one step",
    )


class Grammar:
    """The state of one grammar along one answer; holds C memory until `close`.

    Raises:
        ThimbleError: BAD_REQUEST for a text that is no grammar.
    """

    def __init__(self, text: str, vocabulary: Any) -> None:
        lib = llama()
        self._lib = lib
        self._candidates: Any = None
        self._sampler: Any = None
        if _depth(text) > _DEEPEST:
            raise ThimbleError(Code.BAD_REQUEST, "This grammar has too many parentheses in each other.", "Simplify it.")
        self._watch = CallWatch()
        with self._watch:
            self._sampler = lib.llama_sampler_init_grammar(vocabulary, text.encode(), _ROOT)
        if not self._sampler:
            self._watch.close()
            if last_work().overran:
                raise _too_many_ways()
            raise ThimbleError(
                Code.BAD_REQUEST,
                "This grammar cannot be read.",
                "It must be GBNF and have a rule named “root”.",
                text[:2000],
            )

    def allows(self, token: int) -> bool:
        """Whether the answer may go on with this token.

        Raises:
            ThimbleError: BAD_REQUEST when that is too much work to find out; so with all methods that ask.
        """
        data = (self._lib.llama_token_data * 1)(self._lib.llama_token_data(token, 1.0, 0.0))
        array = self._lib.llama_token_data_array(data, 1, -1, False)
        self.rule_out(array)
        return bool(data[0].logit != -math.inf)

    def choose(self, chain: Any, logits: Any, size: int) -> int:
        """The chain's choice among the tokens that are allowed; neither chain nor grammar has accepted it yet.

        Args:
            chain: a sampler chain that selects one token.
            logits: of the whole vocabulary.
            size: of the vocabulary.

        Raises:
            ThimbleError: BAD_REQUEST when no token is allowed.
        """
        # Most choices fit. Only for those that do not, the grammar goes through the whole vocabulary.
        token = self._selected(chain, logits, size, masked=False)
        if token is None or not self.allows(token):
            token = self._selected(chain, logits, size, masked=True)
        if token is None or not self.allows(token):
            raise ThimbleError(
                Code.BAD_REQUEST, "The grammar leaves no way to go on here.", "Change the grammar.", "no token fits"
            )
        return token

    def _selected(self, chain: Any, logits: Any, size: int, *, masked: bool) -> int | None:
        """What the chain selects. `llama_sampler_sample` would accept it as well, and that cannot be taken back."""
        if self._candidates is None:
            self._candidates = np.empty(size, np.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")]))
        candidates = self._candidates
        candidates["id"] = np.arange(size, dtype=np.int32)  # anew each time: samplers sort
        candidates["logit"] = np.ctypeslib.as_array(logits, (size,))
        candidates["p"] = 0.0
        data = candidates.ctypes.data_as(ctypes.POINTER(self._lib.llama_token_data))
        array = self._lib.llama_token_data_array(data, size, -1, False)
        if masked:
            self.rule_out(array)
        self._lib.llama_sampler_apply(chain, ctypes.byref(array))
        return int(array.data[array.selected].id) if 0 <= array.selected < array.size else None

    def begin_with(self, tokens: Iterable[int]) -> None:
        """The answer has begun with these tokens already.

        Raises:
            ThimbleError: BAD_REQUEST when they do not fit the grammar.
        """
        for token in tokens:
            if not self.allows(token):  # llama.cpp would abort on accepting it
                raise ThimbleError(
                    Code.BAD_REQUEST,
                    "What is written so far does not fit the chosen form of answers.",
                    "Write the answer anew, or change the form.",
                    f"token {token}",
                )
            self.accept(token)

    def accept(self, token: int) -> None:
        """The answer goes on with this token; it must be allowed."""
        with self._watch:
            self._lib.llama_sampler_accept(self._sampler, token)
        if last_work().overran:
            raise _too_many_ways()

    def rule_out(self, candidates: Any) -> None:
        """Gives the tokens that are not allowed a logit of -infinity.

        Args:
            candidates: a `llama_token_data_array`.
        """
        with self._watch:
            self._lib.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        if last_work().overran:
            raise _too_many_ways()

    def close(self) -> None:
        """Frees the C memory."""
        if self._sampler:
            self._watch.close()
            self._lib.llama_sampler_free(self._sampler)
            self._sampler = None


def _depth(grammar: str) -> int:
    """How many parentheses are open at once."""
    depth = deepest = 0
    for mark in re.findall(r"[()]", _NO_PARENTHESES.sub("", grammar)):
        depth += 1 if mark == "(" else -1
        deepest = max(deepest, depth)
    return deepest
