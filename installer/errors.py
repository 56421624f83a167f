"""The installer's one exception: a sentence for a person, and the command that helps."""

from __future__ import annotations


class InstallerError(Exception):
    """Something a person has to know about.

    Attributes:
        sentence: what happened, in one sentence.
        command: what to type to mend it; empty when there is no such command.
    """

    def __init__(self, sentence: str, command: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.command = command
