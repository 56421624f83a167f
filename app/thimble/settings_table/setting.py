"""What a setting is: its type, range, default, and the sentence that tells its consequence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GIB: Final = 2**30
MIB: Final = 2**20

Value = bool | int | float | str


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:  # noqa: N802 - the name lupdate looks for
    """Marks a source text for the translators; returns it unchanged (this module must not import Qt).

    lupdate reads the context as a literal: a constant in its place would hide the text from it.
    """
    return text


class Kind(StrEnum):
    """How a setting is edited."""

    SWITCH = "switch"
    CHOICE = "choice"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BYTES = "bytes"
    FOLDER = "folder"
    FILE = "file"
    TEXT = "text"
    LINE = "line"


class Scope(StrEnum):
    """The innermost layer at which a setting may be overridden."""

    GLOBAL = "global"
    MODEL = "model"
    MODEL_ONLY = "model_only"
    """Says something about one model, nothing about all."""
    CONVERSATION = "conversation"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        key: name in the file, `section.name`.
        section: heading on the settings page.
        title: label.
        sentence: the consequence, in one sentence.
        kind: how it is edited.
        default: value when nobody chose one. 0 or "" means "automatic" where `automatic` is set.
        scope: innermost layer that may override it.
        minimum, maximum, step: range of numbers (bytes for `Kind.BYTES`).
        choices: (value, label) pairs of `Kind.CHOICE`.
        automatic: label of the value 0 or "" ("Automatic"), or "" when that value is not special.
        reload_model: the loaded model must be loaded again for a change to act.
        files: which ones a `Kind.FILE` may be.
        grouped: a number's thousands stand apart; not in a name such as a port.
        needs_predictor: it says something about models only whose file brings a predictor for the approximate head.
        needs_experts: it says something about models with experts only.
    """

    key: str
    section: str
    title: str
    sentence: str
    kind: Kind
    default: Value
    scope: Scope = Scope.GLOBAL
    minimum: float = 0
    maximum: float = 0
    step: float = 1
    choices: tuple[tuple[str, str], ...] = ()
    automatic: str = ""
    reload_model: bool = False
    needs_predictor: bool = False
    needs_experts: bool = False
    grouped: bool = True
    files: str = "*.gguf"

    def accept(self, value: object) -> Value:
        """The value in this setting's type and range.

        Raises:
            ValueError: wrong type, outside the range, or not among the choices.
        """
        if self.kind is Kind.SWITCH:
            if isinstance(value, bool):
                return value
            raise ValueError(f"{self.key} must be true or false")
        if self.kind is Kind.CHOICE:
            if isinstance(value, str) and value in {choice for choice, _ in self.choices}:
                return value
            raise ValueError(f"{self.key} must be one of {', '.join(c for c, _ in self.choices)}")
        if self.kind in {Kind.FOLDER, Kind.FILE, Kind.TEXT, Kind.LINE}:
            if isinstance(value, str):
                return value
            raise ValueError(f"{self.key} must be text")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"{self.key} must be a number")
        number: int | float = float(value) if self.kind is Kind.DECIMAL else int(value)
        if self.automatic and number == 0:
            return number
        if not self.minimum <= number <= self.maximum:
            raise ValueError(f"{self.key} must be between {self.minimum:g} and {self.maximum:g}")
        return number


AUTOMATIC: Final = QT_TRANSLATE_NOOP("Settings", "Automatic")
