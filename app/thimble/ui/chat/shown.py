"""A message as the conversation view shows it: what is stored, and its place among its siblings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from thimble.conversations import Attachment, Message, MessageState, ToolStep
from thimble.errors import Problem
from thimble.protocol import Timings
from thimble.retrieval.choosing import Found

if TYPE_CHECKING:
    from thimble.ui.chat.answer import Answer


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """One message on the shown path.

    Attributes:
        id: of the stored message; negative for one that could not be stored.
        role: "user" or "assistant".
        text: its text so far.
        state: see `MessageState`.
        model: id of the model that wrote it; "" for the user's.
        timings: figures of the answer, once it is over.
        problem: why it failed, if it did.
        sibling: place among the versions of this message, from 0.
        siblings: number of versions.
        files: what is attached.
        steps: the calls of tools within it.
        passages: what was found in files for it; None when nothing was looked for.
    """

    id: int
    role: str
    text: str
    state: str = MessageState.DONE
    model: str = ""
    timings: Timings | None = None
    problem: Problem | None = None
    sibling: int = 0
    siblings: int = 1
    files: tuple[Attachment, ...] = ()
    passages: Found | None = None
    steps: tuple[ToolStep, ...] = ()

    @classmethod
    def of(cls, message: Message, siblings: list[Message], files: Sequence[Attachment] = ()) -> ShownMessage:
        """The stored message among its versions (itself included, oldest first), with its attached files."""
        ids = [sibling.id for sibling in siblings]
        return cls(
            id=message.id,
            role=message.role,
            text=message.text,
            state=message.state,
            model=message.model,
            timings=Timings.from_json(message.timings) if message.timings else None,
            problem=Problem.from_json(message.problem) if message.problem else None,
            sibling=ids.index(message.id) if message.id in ids else 0,
            siblings=max(1, len(ids)),
            files=tuple(files),
            passages=Found.from_json(message.passages) if message.passages else None,
            steps=message.steps,
        )

    def is_same_as(self, other: ShownMessage) -> bool:
        """Whether the other one can be shown in its place: the same message of the same side."""
        return (self.id, self.role) == (other.id, other.role)

    def by(self, answer: Answer) -> ShownMessage:
        """The same message as its answer is now, stored or not."""
        return replace(
            self,
            text=answer.written,
            steps=answer.steps,
            state=answer.state,
            timings=answer.timings,
            problem=answer.problem,
        )


def places_of(words: str, messages: Sequence[ShownMessage]) -> list[tuple[int, int]]:
    """Where words occur, upper and lower case alike: (message id, number of the place in it)."""
    wanted = words.strip().casefold()
    if not wanted:
        return []
    return [(m.id, number) for m in messages for number in range(m.text.casefold().count(wanted))]
