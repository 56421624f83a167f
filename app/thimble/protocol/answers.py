"""What is said of an answer when it is over."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from thimble.protocol.values import Values, known_fields

KEPT_ANSWERS: Final = 256
"""So many records of answers are kept, by the engine and by whoever shows them."""


class StopReason(StrEnum):
    """Why an answer ended. OpenAI's `finish_reason` is "stop" for END and STOP_STRING, "length" for the lengths."""

    END = "end"
    STOP_STRING = "stop_string"
    MAX_TOKENS = "max_tokens"
    CONTEXT_FULL = "context_full"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Timings(Values):
    """The per-answer block: `timings` in the last chunk of a stream and in every whole answer.

    Attributes:
        prompt_tokens: tokens of the prompt, cached ones included.
        cached_tokens: of these, how many were still in the KV cache.
        generated_tokens: tokens of the answer.
        reasoning_tokens: of these, how many were thoughts, without the marks around them.
        first_token_ms: from the start of work on the request (not its wait in the queue) to its first token.
        queued_ms: the wait in the queue.
        prefill_ms, decode_ms: time in the two phases.
        stop_reason: see `StopReason`.
        stop_string: the stop string that ended the answer.
        expert_hits, expert_misses, expert_bytes_read, expert_stall_ms: the expert cache's counters over this answer.
        peak_memory_bytes: the engine process's highest memory so far, file-backed pages included.
        dropped_messages, dropped_tokens: what was left out of the prompt because the context was full
            (`context_policy` "drop_oldest").
        context: tokens the context holds.
        head_rows, head_all_rows: rows of the vocabulary that the approximate head computed, and what the whole one
            would have been; both 0 when the whole head was computed.
        head_checked, head_changed: tokens for which the whole head was computed, too, to compare (one in 32), and those
            of them whose top token is another.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    first_token_ms: float = 0.0
    queued_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    stop_reason: str = StopReason.END
    expert_hits: int = 0
    expert_misses: int = 0
    expert_bytes_read: int = 0
    expert_stall_ms: float = 0.0
    peak_memory_bytes: int = 0
    dropped_messages: int = 0
    dropped_tokens: int = 0
    context: int = 0
    head_rows: int = 0
    head_all_rows: int = 0
    head_checked: int = 0
    head_changed: int = 0
    stop_string: str = ""
    reasoning_tokens: int = 0

    @property
    def decode_tokens_per_second(self) -> float:
        """Tokens after the first, over the decode time; 0 when there was only one."""
        return (
            (self.generated_tokens - 1) / self.decode_ms * 1e3
            if self.decode_ms > 0 and self.generated_tokens > 1
            else 0.0
        )

    @property
    def prefill_tokens_per_second(self) -> float:
        """Prompt tokens really read, over the prefill time."""
        return (self.prompt_tokens - self.cached_tokens) / self.prefill_ms * 1e3 if self.prefill_ms > 0 else 0.0


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """One answer that is over (`GET /thimble/answers`).

    Attributes:
        number: counts up from 1 in one engine's life.
        ended_ns: the engine's monotonic clock, as in `Sample`.
        ended: seconds since 1970.
        model: its id.
        memory_limit: bytes at its end, 0 for none.
        timings: of the answer.
    """

    number: int
    ended_ns: int
    ended: float
    model: str
    memory_limit: int
    timings: Timings

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote, ignoring unknown fields."""
        known = known_fields(cls, data)
        return cls(**{**known, "timings": Timings.from_json(known["timings"])})
