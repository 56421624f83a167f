"""Every setting, declared once: its type, range, default, and the sentence that tells its consequence.

Titles and sentences are English source texts marked for translation; the window translates them when it draws.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        grouped: a number's thousands stand apart; not in a name such as a port.
        needs_predictor: it says something about models only whose file brings a predictor for the approximate head.
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
    grouped: bool = True

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


_ENGINE = QT_TRANSLATE_NOOP("Settings", "Engine")
_ANSWERS = QT_TRANSLATE_NOOP("Settings", "Answers")
_LOOK = QT_TRANSLATE_NOOP("Settings", "Appearance")
_FILES = QT_TRANSLATE_NOOP("Settings", "Files and network")
_PROGRAMS = QT_TRANSLATE_NOOP("Settings", "For other programs")
_AUTOMATIC = QT_TRANSLATE_NOOP("Settings", "Automatic")

_CACHE_TYPES: Final = tuple((name, name) for name in ("f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"))
"""All of `protocol.CacheType`."""

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        "engine.memory_limit",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Memory limit"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "The most memory the engine may use. Of a Mixture-of-Experts model, experts that do not fit stay on disk.",
        ),
        Kind.BYTES,
        0,
        Scope.MODEL,
        minimum=256 * MIB,
        maximum=1024 * GIB,
        step=256 * MIB,
        automatic=QT_TRANSLATE_NOOP("Settings", "What is free"),
        reload_model=True,
    ),
    Setting(
        "engine.context",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Context length"),
        QT_TRANSLATE_NOOP(
            "Settings", "How many tokens of a conversation the model can see at once; more takes more memory."
        ),
        Kind.INTEGER,
        4096,
        Scope.MODEL,
        minimum=256,
        maximum=1_048_576,
        step=256,
        reload_model=True,
    ),
    Setting(
        "engine.cache_k",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Keys in the context"),
        QT_TRANSLATE_NOOP(
            "Settings", "How the context's keys are kept: fewer bits take less memory and are a little less exact."
        ),
        Kind.CHOICE,
        "f16",
        Scope.MODEL,
        choices=_CACHE_TYPES,
        reload_model=True,
    ),
    Setting(
        "engine.cache_v",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Values in the context"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "How the context's values are kept; fewer than 16 bits need flash attention, which a few models lack.",
        ),
        Kind.CHOICE,
        "f16",
        Scope.MODEL,
        choices=_CACHE_TYPES,
        reload_model=True,
    ),
    Setting(
        "engine.threads",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Threads"),
        QT_TRANSLATE_NOOP("Settings", "Processor threads for the model; automatic uses one for each physical core."),
        Kind.INTEGER,
        0,
        Scope.MODEL,
        minimum=1,
        maximum=256,
        automatic=_AUTOMATIC,
        reload_model=True,
    ),
    Setting(
        "engine.unload_after",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Unload when idle"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "After so many minutes without a question the model is unloaded; the next question loads it again.",
        ),
        Kind.INTEGER,
        0,
        Scope.MODEL,
        minimum=1,
        maximum=1440,
        step=5,
        automatic=QT_TRANSLATE_NOOP("Settings", "Never"),
    ),
    Setting(
        "engine.pictures",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Pictures"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Models with a projector file beside them can see pictures; it takes memory while they are loaded.",
        ),
        Kind.SWITCH,
        True,
        Scope.MODEL,
        reload_model=True,
    ),
    Setting(
        "engine.projector",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Projector"),
        QT_TRANSLATE_NOOP(
            "Settings", "The mmproj file by which this model sees; automatic takes the one beside the model."
        ),
        Kind.FILE,
        "",
        Scope.MODEL_ONLY,
        automatic=_AUTOMATIC,
        reload_model=True,
    ),
    Setting(
        "engine.approximate_head",
        _ENGINE,
        QT_TRANSLATE_NOOP("Settings", "Approximate head"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Faster, but answers may differ: only words that the model file's own predictor expects can be chosen.",
        ),
        Kind.SWITCH,
        False,
        Scope.MODEL,
        reload_model=True,
        needs_predictor=True,
    ),
    Setting(
        "answers.system_prompt",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "System prompt"),
        QT_TRANSLATE_NOOP("Settings", "Instructions the model reads before every conversation; empty for none."),
        Kind.TEXT,
        "You are a helpful assistant.",
        Scope.CONVERSATION,
    ),
    Setting(
        "answers.temperature",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Temperature"),
        QT_TRANSLATE_NOOP(
            "Settings", "Higher is more varied, lower is more predictable; 0 always takes the likeliest token."
        ),
        Kind.DECIMAL,
        0.6,
        Scope.CONVERSATION,
        minimum=0,
        maximum=2,
        step=0.1,
    ),
    Setting(
        "answers.repeat_penalty",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Repetition penalty"),
        QT_TRANSLATE_NOOP("Settings", "Above 1, words that were just used become less likely; 1 changes nothing."),
        Kind.DECIMAL,
        1.0,
        Scope.CONVERSATION,
        minimum=1,
        maximum=2,
        step=0.05,
    ),
    Setting(
        "answers.max_tokens",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Longest answer"),
        QT_TRANSLATE_NOOP(
            "Settings", "Tokens after which an answer stops; automatic lets it run until the context is full."
        ),
        Kind.INTEGER,
        0,
        Scope.CONVERSATION,
        minimum=16,
        maximum=1_048_576,
        step=16,
        automatic=_AUTOMATIC,
    ),
    Setting(
        "answers.context_full",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "When the context is full"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Whether the model goes on without the oldest messages, or stops and says how long the chat is.",
        ),
        Kind.CHOICE,
        "drop_oldest",
        Scope.CONVERSATION,
        choices=(
            ("drop_oldest", QT_TRANSLATE_NOOP("Settings", "Leave out the oldest")),
            ("error", QT_TRANSLATE_NOOP("Settings", "Stop")),
        ),
    ),
    Setting(
        "answers.passages",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Passages per question"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "At most so many passages of searched files go with a question. More of them take longer to read.",
        ),
        Kind.INTEGER,
        6,
        Scope.CONVERSATION,
        minimum=1,
        maximum=40,
    ),
    Setting(
        "answers.thinking",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Thinking"),
        QT_TRANSLATE_NOOP(
            "Settings", "Whether a model that can reason does so before it answers; thoughts take time and context."
        ),
        Kind.CHOICE,
        "auto",
        Scope.CONVERSATION,
        choices=(
            ("auto", QT_TRANSLATE_NOOP("Settings", "As the model wants")),
            ("on", QT_TRANSLATE_NOOP("Settings", "On")),
            ("off", QT_TRANSLATE_NOOP("Settings", "Off")),
        ),
    ),
    Setting(
        "answers.reasoning_budget",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Longest thoughts"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Tokens after which a model that reasons has to begin its answer: Thimble ends the thoughts for it.",
        ),
        Kind.INTEGER,
        0,
        Scope.CONVERSATION,
        minimum=16,
        maximum=1_048_576,
        step=16,
        automatic=QT_TRANSLATE_NOOP("Settings", "Any number"),
    ),
    Setting(
        "answers.top_k",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Top-k"),
        QT_TRANSLATE_NOOP("Settings", "Only so many of the likeliest tokens are considered; 0 considers all."),
        Kind.INTEGER,
        40,
        Scope.CONVERSATION,
        minimum=0,
        maximum=1000,
        step=1,
    ),
    Setting(
        "answers.top_p",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Top-p"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Only the likeliest tokens that together reach this probability count; 1 counts all.",
        ),
        Kind.DECIMAL,
        0.95,
        Scope.CONVERSATION,
        minimum=0,
        maximum=1,
        step=0.05,
    ),
    Setting(
        "answers.min_p",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Min-p"),
        QT_TRANSLATE_NOOP(
            "Settings", "Tokens less likely than this share of the likeliest one are left out; 0 leaves none out."
        ),
        Kind.DECIMAL,
        0.05,
        Scope.CONVERSATION,
        minimum=0,
        maximum=1,
        step=0.01,
    ),
    Setting(
        "answers.presence_penalty",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Presence penalty"),
        QT_TRANSLATE_NOOP(
            "Settings", "Above 0, words that occurred in the answer become less likely; 0 changes nothing."
        ),
        Kind.DECIMAL,
        0.0,
        Scope.CONVERSATION,
        minimum=-2,
        maximum=2,
        step=0.1,
    ),
    Setting(
        "answers.frequency_penalty",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Frequency penalty"),
        QT_TRANSLATE_NOOP(
            "Settings", "Above 0, words become less likely each time they occur in the answer; 0 changes nothing."
        ),
        Kind.DECIMAL,
        0.0,
        Scope.CONVERSATION,
        minimum=-2,
        maximum=2,
        step=0.1,
    ),
    Setting(
        "answers.seed",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Seed"),
        QT_TRANSLATE_NOOP(
            "Settings", "The same seed and the same words give the same answer; random makes each one different."
        ),
        Kind.INTEGER,
        0,
        Scope.CONVERSATION,
        minimum=1,
        maximum=2_147_483_647,
        step=1,
        automatic=QT_TRANSLATE_NOOP("Settings", "Random"),
    ),
    Setting(
        "answers.form",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Form of the answer"),
        QT_TRANSLATE_NOOP(
            "Settings", "Free text, a JSON object, or what your own grammar allows; anything else is ruled out."
        ),
        Kind.CHOICE,
        "text",
        Scope.CONVERSATION,
        choices=(
            ("text", QT_TRANSLATE_NOOP("Settings", "Text")),
            ("json", "JSON"),
            ("grammar", QT_TRANSLATE_NOOP("Settings", "By the grammar below")),
        ),
    ),
    Setting(
        "answers.grammar",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Grammar"),
        QT_TRANSLATE_NOOP("Settings", "GBNF with a rule named “root”; used when the form of the answer says so."),
        Kind.TEXT,
        "",
        Scope.CONVERSATION,
    ),
    Setting(
        "answers.titles",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Titles of chats"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "From your first words, or by the model after its first answer, which keeps it busy for a moment.",
        ),
        Kind.CHOICE,
        "words",
        choices=(
            ("words", QT_TRANSLATE_NOOP("Settings", "From the first words")),
            ("model", QT_TRANSLATE_NOOP("Settings", "By the model")),
        ),
    ),
    Setting(
        "answers.follow_ups",
        _ANSWERS,
        QT_TRANSLATE_NOOP("Settings", "Suggested questions"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "After an answer the model suggests what you could ask next; that costs a second, short answer each time.",
        ),
        Kind.SWITCH,
        False,
    ),
    Setting(
        "look.theme",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Theme"),
        QT_TRANSLATE_NOOP("Settings", "Light, dark, or whatever the system shows at the moment."),
        Kind.CHOICE,
        "system",
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "Like the system")),
            ("light", QT_TRANSLATE_NOOP("Settings", "Light")),
            ("dark", QT_TRANSLATE_NOOP("Settings", "Dark")),
        ),
    ),
    Setting(
        "look.text_size",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Text size of chats"),
        QT_TRANSLATE_NOOP("Settings", "In percent of the usual size; Ctrl and plus or minus change it, too."),
        Kind.INTEGER,
        100,
        minimum=70,
        maximum=200,
        step=10,
    ),
    Setting(
        "look.answers",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Answers"),
        QT_TRANSLATE_NOOP(
            "Settings", "Formatted, or as the model wrote them, with all marks; each message's menu has both."
        ),
        Kind.CHOICE,
        "formatted",
        choices=(
            ("formatted", QT_TRANSLATE_NOOP("Settings", "Formatted")),
            ("plain", QT_TRANSLATE_NOOP("Settings", "Plain text")),
        ),
    ),
    Setting(
        "look.language",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Language"),
        QT_TRANSLATE_NOOP("Settings", "The language of the window; the model answers in the language you write."),
        Kind.CHOICE,
        "system",
        choices=(
            ("system", QT_TRANSLATE_NOOP("Settings", "Like the system")),
            ("en", "English"),
            ("de", "Deutsch"),
        ),
    ),
    Setting(
        "look.follow",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Follow the answer"),
        QT_TRANSLATE_NOOP("Settings", "Whether the chat moves along while an answer is written."),
        Kind.CHOICE,
        "end",
        choices=(
            ("end", QT_TRANSLATE_NOOP("Settings", "When I am at its end")),
            ("never", QT_TRANSLATE_NOOP("Settings", "Never")),
        ),
    ),
    Setting(
        "look.reduce_motion",
        _LOOK,
        QT_TRANSLATE_NOOP("Settings", "Reduce motion"),
        QT_TRANSLATE_NOOP("Settings", "Changes appear at once instead of easing in."),
        Kind.SWITCH,
        False,
    ),
    Setting(
        "programs.on",
        _PROGRAMS,
        QT_TRANSLATE_NOOP("Settings", "Answer other programs"),
        QT_TRANSLATE_NOOP("Settings", "Programs on this computer that know the key may use your models."),
        Kind.SWITCH,
        False,
    ),
    Setting(
        "programs.port",
        _PROGRAMS,
        QT_TRANSLATE_NOOP("Settings", "Port"),
        QT_TRANSLATE_NOOP("Settings", "The last part of the address; change it when another program has it."),
        Kind.INTEGER,
        8080,
        minimum=1024,
        maximum=65535,
        grouped=False,
    ),
    Setting(
        "programs.lan",
        _PROGRAMS,
        QT_TRANSLATE_NOOP("Settings", "Answer the whole network"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Other computers with the key may ask, too. Nothing is encrypted on the way: only for networks you trust.",
        ),
        Kind.SWITCH,
        False,
    ),
    Setting(
        "programs.origins",
        _PROGRAMS,
        QT_TRANSLATE_NOOP("Settings", "Web pages that may ask"),
        QT_TRANSLATE_NOOP(
            "Settings", "Addresses with commas between, such as http://localhost:3000. All other pages are refused."
        ),
        Kind.LINE,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "No page"),
    ),
    Setting(
        "files.models_folder",
        _FILES,
        QT_TRANSLATE_NOOP("Settings", "Models folder"),
        QT_TRANSLATE_NOOP("Settings", "Where models are kept; GGUF files you put there appear on the Models page."),
        Kind.FOLDER,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "Thimble's own folder"),
    ),
    Setting(
        "files.hub_cache",
        _FILES,
        QT_TRANSLATE_NOOP("Settings", "Download folder"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Where downloaded models go. Hugging Face's own folder is shared with other programs: one copy for all.",
        ),
        Kind.FOLDER,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "Shared Hugging Face folder"),
    ),
    Setting(
        "files.copies_folder",
        _FILES,
        QT_TRANSLATE_NOOP("Settings", "Readable copies of chats"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "In this folder each chat is kept as a Markdown file, too, after every change. Thimble never reads it.",
        ),
        Kind.FOLDER,
        "",
        automatic=QT_TRANSLATE_NOOP("Settings", "None"),
    ),
    Setting(
        "files.hub_endpoint",
        _FILES,
        QT_TRANSLATE_NOOP("Settings", "Model hub"),
        QT_TRANSLATE_NOOP(
            "Settings",
            "Where models are found; enter a mirror's address where huggingface.co is out of reach.",
        ),
        Kind.LINE,
        "",
        automatic="huggingface.co",
    ),
    Setting(
        "files.offline",
        _FILES,
        QT_TRANSLATE_NOOP("Settings", "Work offline"),
        QT_TRANSLATE_NOOP("Settings", "Thimble opens no connection beyond this computer; downloads are refused."),
        Kind.SWITCH,
        False,
    ),
)

RECOMMENDED: Final[Mapping[str, Mapping[str, Value]]] = {
    # So small a model wanders off at any temperature, and goes in circles without one.
    "SmolLM2-135M-Instruct.Q4_1": {"answers.temperature": 0.0, "answers.repeat_penalty": 1.1},
}
"""By model id: what suits a model better than the default; anything a person chose wins."""

OF_A_MODEL: Final[tuple[Setting, ...]] = (
    Setting("model.name", "", "", "", Kind.LINE, "", Scope.MODEL),
    Setting("model.chat_template", "", "", "", Kind.TEXT, "", Scope.MODEL, reload_model=True),
)
"""What only one model can have; its card has places of their own for them. "" is what its file says."""

BY_KEY: Final[Mapping[str, Setting]] = {setting.key: setting for setting in (*SETTINGS, *OF_A_MODEL)}

# A migration turns the file's content of version n into version n + 1; entry 0 is for version 1.
