"""Calls of tools within an answer: what the model wanted, what a person said to it, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self


class StepState(StrEnum):
    """How far a call has come."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DENIED = "denied"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ToolStep:
    """One call.

    Attributes:
        id: names the call within its answer.
        function: the name under which the model called it.
        tool: the tool's own name.
        server: what the person calls the server.
        key: names the tool for good; "" for one that is not there.
        arguments: JSON, as the model wrote it.
        at: how much of the answer's text had been written before it, in characters.
        round: calls of one round were wanted together.
        state: see `StepState`.
        result: for the model, and for people.
    """

    id: str
    function: str
    tool: str = ""
    server: str = ""
    key: str = ""
    arguments: str = ""
    at: int = 0
    round: int = 0
    state: str = StepState.ASKED
    result: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in {StepState.ASKED, StepState.RUNNING}

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `to_json` wrote; what is missing or of another type gets its default."""
        known: dict[str, Any] = {"id": "", "function": ""}
        for each in fields(cls):
            value = data.get(each.name)
            if isinstance(value, int if each.name in {"at", "round"} else str) and not isinstance(value, bool):
                known[each.name] = value
        return cls(**known)


def steps_of(records: Iterable[Any]) -> tuple[ToolStep, ...]:
    """Steps from JSON; what is none is left out."""
    return tuple(ToolStep.from_json(record) for record in records if isinstance(record, Mapping))


def spoken(text: str, steps: Iterable[ToolStep]) -> list[dict[str, Any]]:
    """An answer with calls as the protocol wants it: words and calls, results, more words.

    Args:
        text: the whole answer.
        steps: its calls, in their order.

    Returns:
        messages of the roles assistant and tool; the last one is the assistant's when there are words after the calls.
    """
    messages: list[dict[str, Any]] = []
    rounds: dict[int, list[ToolStep]] = {}
    for step in steps:
        rounds.setdefault(step.round, []).append(step)
    begun = 0
    for number in sorted(rounds):
        calls = rounds[number]
        end = max(begun, min(calls[0].at, len(text)))
        wanted = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function, "arguments": call.arguments or "{}"},
            }
            for call in calls
        ]
        messages.append({"role": "assistant", "content": text[begun:end], "tool_calls": wanted})
        messages += [{"role": "tool", "tool_call_id": call.id, "content": _told(call)} for call in calls]
        begun = end
    if text[begun:].strip():
        messages.append({"role": "assistant", "content": text[begun:]})
    return messages


def _told(call: ToolStep) -> str:
    match call.state:
        case StepState.DENIED:
            return "The user did not allow this call."
        case StepState.DONE | StepState.FAILED:
            return call.result or "(nothing)"
    return "The call was not finished."
