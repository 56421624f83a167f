"""Where Thimble keeps things on this system (platformdirs), and where its bundled files are.

`THIMBLE_HOME` moves everything below one folder: tests, portable installations and second profiles use it.

Chats, settings, logs and keys are in folders that only their owner may open; so the files in them need no care.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import platformdirs

APP_NAME = "thimble"
HOME_VARIABLE = "THIMBLE_HOME"


def _home() -> Path | None:
    value = os.environ.get(HOME_VARIABLE, "").strip()
    return Path(value).expanduser() if value else None


def _folder(below_home: str, otherwise: Callable[[], str], *, private: bool = True) -> Path:
    """The folder, made if need be; a private one is shut to other users, also if an earlier version left it open."""
    home = _home()
    path = home / below_home if home else Path(otherwise())
    path.mkdir(parents=True, exist_ok=True)
    if private and os.name == "posix":
        _shut(path)
    return path


def _shut(path: Path) -> None:
    status = path.stat()
    if status.st_mode & 0o077 and status.st_uid == os.geteuid():
        with suppress(OSError):  # disks without permissions: there is nothing to shut
            path.chmod(status.st_mode & 0o700)


def data_dir() -> Path:
    """Conversations and the model registry."""
    return _folder("data", lambda: platformdirs.user_data_dir(APP_NAME, appauthor=False))


def config_dir() -> Path:
    """settings.json and window state."""
    return _folder("config", lambda: platformdirs.user_config_dir(APP_NAME, appauthor=False))


def cache_dir() -> Path:
    """Things that can be made again."""
    return _folder("cache", lambda: platformdirs.user_cache_dir(APP_NAME, appauthor=False))


def log_dir() -> Path:
    """Log files of the window and the engine."""
    return _folder("log", lambda: platformdirs.user_log_dir(APP_NAME, appauthor=False))


def runtime_dir() -> Path:
    """The engine's lock file; only this user may read it."""
    path = _folder("run", _system_runtime_dir)
    if os.name == "posix":
        path.chmod(0o700)  # fails, and with it the start, when it is somebody else's: a token is written there
    return path


def _system_runtime_dir() -> str:
    """The session's runtime folder; without one (ssh, cron, containers) a folder in the user's own cache.

    platformdirs would warn and fall back to a well-known name in the folder that all users share.
    """
    if sys.platform.startswith("linux") and not os.environ.get("XDG_RUNTIME_DIR"):
        return str(Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "run")
    return platformdirs.user_runtime_dir(APP_NAME, appauthor=False)


def default_models_dir() -> Path:
    """Where models are kept unless the settings name another folder."""
    here = Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "models"
    return _folder("models", lambda: str(here), private=False)


def hugging_face_home() -> Path:
    """Where Hugging Face's own programs keep things; may not be there. `THIMBLE_HOME` moves it, HF_HOME wins."""
    named = os.environ.get("HF_HOME", "").strip()
    if named:
        return Path(os.path.expandvars(named)).expanduser()
    home = _home()
    if home is not None:
        return home / "huggingface"
    cache = os.environ.get("XDG_CACHE_HOME", "").strip()
    return (Path(cache) if cache else Path.home() / ".cache") / "huggingface"


def default_hub_cache() -> Path:
    """The cache of downloaded models that programs share; may not be there."""
    named = (os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE") or "").strip()
    return Path(os.path.expandvars(named)).expanduser() if named else hugging_face_home() / "hub"


def is_model(path: Path) -> bool:
    """Whether a file's name says that it is a model."""
    return path.suffix.lower() == ".gguf"


def database_file() -> Path:
    """The conversations' SQLite file."""
    return data_dir() / "conversations.sqlite3"


def downloads_file() -> Path:
    """The queue of downloads."""
    return data_dir() / "downloads.json"


def measurements_file() -> Path:
    """What was measured of each model."""
    return data_dir() / "measurements.json"


def connections_file() -> Path:
    """The connections to servers on other machines; their keys are elsewhere."""
    return config_dir() / "connections.json"


def tool_servers_file() -> Path:
    """The tool servers; their environments are elsewhere."""
    return config_dir() / "tool-servers.json"


def other_disks_file() -> Path:
    """Which models were seen on disks that may be unplugged."""
    return data_dir() / "other-disks.json"


def settings_file() -> Path:
    """The settings' JSON file."""
    return config_dir() / "settings.json"


def engine_log_file() -> Path:
    """What the engine process writes."""
    return log_dir() / "engine.log"


def app_log_file() -> Path:
    """What the window and the terminal commands write."""
    return log_dir() / "thimble.log"


def assets_dir() -> Path:
    """Icons, licences and other bundled files: inside the wheel, or beside app/ in a checkout."""
    inside = Path(__file__).parent / "assets"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "assets"
