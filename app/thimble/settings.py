"""Typed settings with three layers (global < model < conversation), stored as one JSON file with migrations.

The settings page is drawn from the table in `settings_table`, the file is checked against it, and nothing else holds a
default.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from thimble import paths
from thimble.errors import Code, ThimbleError, to_translate
from thimble.settings_table import BY_KEY, RECOMMENDED, Scope, Value

log = logging.getLogger(__name__)

FILE_VERSION: Final = 2


def _by_name(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew models by their file's name alone; the file does not say which of several was meant."""
    return {**{key: value for key, value in data.items() if key != "models"}, _NAMED: data.get("models", {})}


_NAMED: Final = "models_by_name"
_LAYERS: Final = frozenset({"version", "global", "models", _NAMED})
MIGRATIONS: Final[tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]] = (_by_name,)


class Settings:
    """The settings file in memory: every change is checked, written at once, and told to the listeners.

    Not thread-safe: it belongs to the thread that made it (the GUI thread in the window). Listeners are called in
    that thread with the key that changed.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._global: dict[str, Value] = {}
        self._models: dict[str, dict[str, Value]] = {}
        self._named: dict[str, Any] = {}  # of version 1, by file name; a model's first change copies them
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
            settings.warning = to_translate("The settings file was damaged and was set aside; the defaults are in use.")
            aside = path.with_suffix(".damaged")
            try:
                path.replace(aside)
            except OSError as failure:
                log.warning("cannot set %s aside: %s", path, failure)
            return settings
        settings._read(_migrated(data))
        return settings

    def _read(self, data: dict[str, Any]) -> None:
        self._unknown = {k: v for k, v in data.items() if k not in _LAYERS}
        self._version = max(FILE_VERSION, _version(data))
        named = data.get(_NAMED)
        self._named = dict(named) if isinstance(named, dict) else {}
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
        if model and setting.scope is not Scope.GLOBAL and key in (own := self._of_model(model)):
            return own[key]
        if key in self._global:
            return self._global[key]
        return RECOMMENDED.get(_file_name(model or ""), {}).get(key, setting.default)

    def integer(self, key: str, *, model: str | None = None) -> int:
        """`value` of a number setting as an integer."""
        return int(self.value(key, model=model))

    def text(self, key: str, *, model: str | None = None) -> str:
        """`value` of a text, choice or folder setting."""
        return str(self.value(key, model=model))

    def switch(self, key: str, *, model: str | None = None) -> bool:
        """`value` of a switch."""
        return bool(self.value(key, model=model))

    def name_of(self, path: str | Path) -> str:
        """What a person calls the model in this file; empty when nobody gave it a name."""
        return self.text("model.name", model=self.model_key(path)).strip()

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
        return key in self._of_model(model)

    def model_key(self, path: str | Path) -> str:
        """What `model` is for the model in this file: see `modelfile.places.model_key`; empty for no file."""
        from thimble.modelfile.places import model_key  # only where a model is: most commands have none

        return model_key(Path(path), self.models_folder()) if str(path) else ""

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
            layer = self._own_layer(model)
        if layer.get(key) == accepted:
            return
        layer[key] = accepted
        self._changed(key)

    def reset(self, key: str, *, model: str | None = None) -> None:
        """Back to the next outer layer's value."""
        layer = self._global if model is None else self._own_layer(model)
        if layer.pop(key, None) is not None:
            self._changed(key)

    def subscribe(self, listener: Callable[[str], None]) -> Callable[[], None]:
        """Calls `listener(key)` after every change; returns the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _of_model(self, model: str) -> Mapping[str, Value]:
        own = self._models.get(model)
        return own if own is not None else _accepted(self._named.get(_file_name(model)))

    def _own_layer(self, model: str) -> dict[str, Value]:
        """What this model alone has, to be changed: with what its file's name had before."""
        if model not in self._models:
            named = self._named.get(_file_name(model))
            self._models[model] = _accepted(named)
            self._unknown_models[model] = _unknown(named)
        return self._models[model]

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
            # One without values stays where its name has some: nothing of these is in force.
            "models": {model: values for model, values in models.items() if values or _file_name(model) in self._named},
        }
        if self._named:
            data[_NAMED] = self._named
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


def _file_name(model: str) -> str:
    """The last part of a model's key."""
    return model.rsplit("/", 1)[-1]


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
