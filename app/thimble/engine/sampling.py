"""How the next token is chosen: llama.cpp's own sampler chain."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from thimble.engine.binding import llama
from thimble.engine.grammar import Grammar
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import ThimbleError

PENALTY_TOKENS: Final = 64
"""The penalties look at this many of the answer's last tokens.

Not at the prompt: there the chat template's end-of-turn token stands in every turn, and a penalty on it keeps answers
from ending."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Parameters of the chain.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_k: keep this many of the likeliest; 0 for all.
        top_p: keep the likeliest until their probability reaches this; 1 for all.
        min_p: drop what is less likely than this share of the likeliest; 0 for nothing.
        seed: None for a random one.
        repeat_penalty: 1 for none; presence_penalty and frequency_penalty: 0 for none.
        logit_bias: added to the logits of these tokens.
        grammar: GBNF that the answer has to fit; "" for none.
        left_out: names of those above of which nobody said anything.
    """

    temperature: float = 0.6
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    seed: int | None = None
    repeat_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: dict[int, float] = field(default_factory=dict)
    grammar: str = ""
    left_out: frozenset[str] = frozenset()

    @property
    def penalizes(self) -> bool:
        """Whether any penalty is in force."""
        return self.repeat_penalty != 1.0 or self.presence_penalty != 0.0 or self.frequency_penalty != 0.0


class Sampler:
    """One chain, for one answer. Use as a context manager: it holds C memory.

    Args:
        sampling: parameters.
        vocabulary: of the model.
        written: the beginning of the answer, when one is continued; the grammar goes on behind it.

    Raises:
        ThimbleError: BAD_REQUEST for a grammar that cannot be read, or that `written` does not fit.
    """

    def __init__(self, sampling: Sampling, vocabulary: Vocabulary, written: str = "") -> None:
        lib = llama()
        vocabulary_size = self._size = vocabulary.size
        self._vocabulary = vocabulary
        self._grammar: Grammar | None = None
        if sampling.grammar:
            self.constrain(sampling.grammar, written)
        self._logits = lib.llama_get_logits_ith
        self._accept = lib.llama_sampler_accept
        self._sample = lib.llama_sampler_sample
        self._chain: Any = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        add = lib.llama_sampler_chain_add
        biases = [(token, bias) for token, bias in sampling.logit_bias.items() if 0 <= token < vocabulary_size]
        if biases:
            array = (lib.llama_logit_bias * len(biases))(*(lib.llama_logit_bias(t, b) for t, b in biases))
            add(self._chain, lib.llama_sampler_init_logit_bias(vocabulary_size, len(biases), array))
        if sampling.penalizes:
            add(
                self._chain,
                lib.llama_sampler_init_penalties(
                    vocabulary_size,
                    PENALTY_TOKENS,
                    sampling.repeat_penalty,
                    sampling.frequency_penalty,
                    sampling.presence_penalty,
                ),
            )
        if sampling.temperature <= 0:
            add(self._chain, lib.llama_sampler_init_greedy())
            return
        if sampling.top_k > 0:
            add(self._chain, lib.llama_sampler_init_top_k(sampling.top_k))
        if sampling.top_p < 1:
            add(self._chain, lib.llama_sampler_init_top_p(sampling.top_p, 1))
        if sampling.min_p > 0:
            add(self._chain, lib.llama_sampler_init_min_p(sampling.min_p, 1))
        add(self._chain, lib.llama_sampler_init_temp(sampling.temperature))
        seed = secrets.randbits(32) if sampling.seed is None else sampling.seed & 0xFFFFFFFF
        add(self._chain, lib.llama_sampler_init_dist(seed))

    def constrain(self, grammar: str, written: str) -> None:
        """From now on the answer keeps to this grammar, of which `written` is the beginning.

        Raises:
            ThimbleError: BAD_REQUEST for a grammar that cannot be read, or that `written` does not fit.
        """
        if not self._vocabulary.has_text:  # without texts llama.cpp aborts the process
            return
        made = Grammar(grammar, self._vocabulary.pointer)
        try:
            made.begin_with(self._vocabulary.tokenize_within(written))
        except ThimbleError:
            made.close()
            raise
        if self._grammar is not None:
            self._grammar.close()
        self._grammar = made

    def sample(self, context: Any) -> int:
        """The next token after the context's last decoded one."""
        if self._grammar is None:
            return int(self._sample(self._chain, context, -1))
        token = self._grammar.choose(self._chain, self._logits(context, -1), self._size)
        self._accept(self._chain, token)  # only now: penalties count what was written
        self._grammar.accept(token)
        return token

    def take(self, token: int) -> bool:
        """Has this token written instead of choosing one; False when the grammar does not allow it."""
        if self._grammar is not None:
            if not self._grammar.allows(token):
                return False
            self._grammar.accept(token)
        self._accept(self._chain, token)
        return True

    def close(self) -> None:
        """Frees chain and grammar."""
        if self._grammar is not None:
            self._grammar.close()
            self._grammar = None
        if self._chain is not None:
            llama().llama_sampler_free(self._chain)
            self._chain = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
