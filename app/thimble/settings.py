"""Typed settings with three layers (global < model < conversation), stored as one JSON file with migrations.

Every setting is declared once in `SETTINGS`: its type, range, default, and the sentence that tells its consequence.
The settings page is drawn from that table, the file is checked against it, and nothing else holds a default.
Titles and sentences are English source texts marked for translation; the window translates them when it draws.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from thimble import paths
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

GIB: Final = 2**30
MIB: Final = 2**20
FILE_VERSION: Final = 1

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
    TEXT = "text"
    LINE = "line"


class Scope(StrEnum):
    """The innermost layer at which a setting may be overridden."""

    GLOBAL = "global"
    MODEL = "model"
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
        if self.kind in {Kind.FOLDER, Kind.TEXT, Kind.LINE}:
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

BY_KEY: Final[Mapping[str, Setting]] = {setting.key: setting for setting in SETTINGS}

# A migration turns the file's content of version n into version n + 1; entry 0 is for version 1.
MIGRATIONS: Final[tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]] = ()


class Settings:
    """The settings file in memory: every change is checked, written at once, and told to the listeners.

    Not thread-safe: it belongs to the thread that made it (the GUI thread in the window). Listeners are called in
    that thread with the key that changed.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._global: dict[str, Value] = {}
        self._models: dict[str, dict[str, Value]] = {}
        self._unknown: dict[str, Any] = {}
        self._unknown_global: dict[str, Any] = {}
        self._unknown_models: dict[str, dict[str, Any]] = {}
        self._version = FILE_VERSION
        self._listeners: list[Callable[[str], None]] = []
        self.warning = ""
        """What was wrong with the file when it was read, as a sentence; empty when nothing was."""

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Reads the file. A damaged file is set aside as `*.damaged` and the defaults hold; `warning` says so."""
        settings = cls(path)
        try:
            data = json.loads(path.read_text("utf-8"))
            if not isinstance(data, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return settings
        except (OSError, ValueError) as error:
            log.warning("settings file %s cannot be read: %s", path, error)
            settings.warning = "The settings file was damaged and was set aside; the defaults are in use."
            aside = path.with_suffix(".damaged")
            try:
                path.replace(aside)
            except OSError as failure:
                log.warning("cannot set %s aside: %s", path, failure)
            return settings
        settings._read(_migrated(data))
        return settings

    def _read(self, data: dict[str, Any]) -> None:
        self._unknown = {k: v for k, v in data.items() if k not in {"version", "global", "models"}}
        self._version = max(FILE_VERSION, _version(data))
        self._global = _accepted(data.get("global"))
        self._unknown_global = _unknown(data.get("global"))
        models = data.get("models")
        if isinstance(models, dict):
            self._models = {str(model): _accepted(values) for model, values in models.items()}
            self._unknown_models = {str(model): _unknown(values) for model, values in models.items()}

    def value(self, key: str, *, model: str | None = None, conversation: Mapping[str, object] | None = None) -> Value:
        """The value in force: the conversation's, else the model's, else the global one, else what suits the model."""
        setting = BY_KEY[key]
        if conversation and setting.scope is Scope.CONVERSATION and key in conversation:
            try:
                return setting.accept(conversation[key])
            except ValueError as error:
                log.warning("conversation setting ignored: %s", error)
        if model and setting.scope is not Scope.GLOBAL and key in self._models.get(model, {}):
            return self._models[model][key]
        if key in self._global:
            return self._global[key]
        return RECOMMENDED.get(model or "", {}).get(key, setting.default)

    def integer(self, key: str, *, model: str | None = None) -> int:
        """`value` of a number setting as an integer."""
        return int(self.value(key, model=model))

    def text(self, key: str, *, model: str | None = None) -> str:
        """`value` of a text, choice or folder setting."""
        return str(self.value(key, model=model))

    def switch(self, key: str, *, model: str | None = None) -> bool:
        """`value` of a switch."""
        return bool(self.value(key, model=model))

    def models_folder(self) -> Path:
        """Where models are kept: the folder chosen by the user, else Thimble's own."""
        chosen = self.text("files.models_folder")
        return Path(chosen).expanduser() if chosen else paths.default_models_dir()

    def hub_cache(self) -> Path:
        """Where downloaded models go: the folder chosen by the user, else the cache that programs share."""
        chosen = self.text("files.hub_cache")
        return Path(chosen).expanduser() if chosen else paths.default_hub_cache()

    def model_folders(self) -> tuple[Path, Path]:
        """The two places where models are: the models folder and the download folder."""
        return self.models_folder(), self.hub_cache()

    def has_own(self, key: str, model: str) -> bool:
        """Whether somebody chose a value for this model."""
        return key in self._models.get(model, {})

    def is_default(self, key: str) -> bool:
        """Whether nobody chose a global value."""
        return key not in self._global

    def set(self, key: str, value: object, *, model: str | None = None) -> None:
        """Checks, stores and writes a value, then tells the listeners.

        Raises:
            ValueError: the value does not fit the setting, or the setting has no such layer.
            ThimbleError: the file cannot be written; the value holds until the program ends.
        """
        setting = BY_KEY[key]
        accepted = setting.accept(value)
        if model is None:
            layer = self._global
        elif setting.scope is Scope.GLOBAL:
            raise ValueError(f"{key} is the same for every model")
        else:
            layer = self._models.setdefault(model, {})
        if layer.get(key) == accepted:
            return
        layer[key] = accepted
        self._changed(key)

    def reset(self, key: str, *, model: str | None = None) -> None:
        """Back to the next outer layer's value."""
        layer = self._global if model is None else self._models.get(model, {})
        if layer.pop(key, None) is not None:
            self._changed(key)

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Calls `listener(key)` after every change; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _changed(self, key: str) -> None:
        try:
            self._write()
        finally:
            for listener in tuple(self._listeners):
                listener(key)

    def _write(self) -> None:
        if self._path is None:
            return
        models = {
            model: {**self._unknown_models.get(model, {}), **self._models.get(model, {})}
            for model in (*self._unknown_models, *self._models)
        }
        data = {
            **self._unknown,
            "version": self._version,
            "global": {**self._unknown_global, **self._global},
            "models": {model: values for model, values in models.items() if values},
        }
        try:
            write_atomically(self._path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise ThimbleError(
                Code.FILE_NOT_WRITABLE,
                "The settings could not be saved; they hold until Thimble is closed.",
                "Check that the disk is not full and the folder may be written.",
                f"{self._path}: {error}",
            ) from error


def _migrated(data: dict[str, Any]) -> dict[str, Any]:
    for migrate in MIGRATIONS[_version(data) - 1 :]:
        data = migrate(data)
    return data


def _version(data: dict[str, Any]) -> int:
    version = data.get("version")
    return version if isinstance(version, int) and version >= 1 else 1


def _unknown(values: object) -> dict[str, Any]:
    """What another version of Thimble wrote: kept in the file, so that going back and forth loses nothing."""
    return {str(k): v for k, v in values.items() if k not in BY_KEY} if isinstance(values, dict) else {}


def _accepted(values: object) -> dict[str, Value]:
    accepted: dict[str, Value] = {}
    for key, value in values.items() if isinstance(values, dict) else ():
        setting = BY_KEY.get(str(key))
        if setting is None:
            continue
        try:
            accepted[setting.key] = setting.accept(value)
        except ValueError as error:
            log.warning("setting ignored: %s", error)
    return accepted


def write_atomically(path: Path, text: str) -> None:
    """Replaces a file whole: a crash or a full disk leaves the old content.

    Raises:
        OSError: the file could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
