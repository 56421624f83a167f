"""The one door to llama_cpp: imported late, its log sent to ours, its build named.

Importing this module costs nothing; `llama()` loads the shared library (about 0.2 s), so the engine process calls it
in its worker thread after it has told that it answers.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import logging
import threading
from collections import deque
from functools import cache
from typing import Any, Final

from thimble.engine import variants
from thimble.errors import Code, ThimbleError
from thimble.own_process import engine_action

log = logging.getLogger("thimble.llama")

PATCH_MARK: Final = "+thimble."
_LEVELS: Final = {1: logging.DEBUG, 2: logging.INFO, 3: logging.WARNING, 4: logging.ERROR}
_ERROR_LEVEL: Final = 4
_CONTINUED: Final = 5


def installed() -> bool:
    """Whether llama_cpp is there, without importing it."""
    return importlib.util.find_spec("llama_cpp") is not None


def build_version() -> str:
    """llama_cpp's version, e.g. "0.3.36+thimble.1"; "" when it is not installed."""
    try:
        return importlib.metadata.version("llama-cpp-python")
    except importlib.metadata.PackageNotFoundError:
        return ""


def patched() -> bool:
    """Whether the installed build carries our patches."""
    return PATCH_MARK in build_version()


@cache
def llama() -> Any:
    """The module llama_cpp, ready for use.

    Raises:
        ThimbleError: it is not installed, or its library cannot be loaded on this machine, or the processor is too old.
    """
    try:
        variants.preload()
        import llama_cpp
        from llama_cpp import _logger  # noqa: F401 - it sets its own log callback when imported: import it before ours
    except ImportError as error:
        raise not_built(str(error)) from error
    except (OSError, RuntimeError) as error:
        raise ThimbleError(
            Code.ENGINE_NOT_BUILT,
            "The engine's library cannot be loaded on this computer.",
            engine_action("Build it again: python3 -m installer engine"),
            str(error),
        ) from error
    callback = llama_cpp.llama_log_callback(LOG.write)
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    LOG.callback = callback  # C keeps only the address; the object must live as long as the library
    llama_cpp.llama_backend_init()
    system = llama_cpp.llama_print_system_info().decode("utf-8", "replace")
    log.info("llama_cpp %s, built for %s: %s", build_version(), variants.name(), system)
    return llama_cpp


@cache
def mtmd() -> Any:
    """The module llama_cpp.mtmd_cpp, whose library reads pictures; None in a build without it."""
    llama()
    try:
        from llama_cpp import mtmd_cpp
    except (ImportError, OSError, RuntimeError) as error:
        log.info("no library for pictures: %s", error)
        return None
    mtmd_cpp.mtmd_helper_log_set(LOG.callback, ctypes.c_void_p(0))
    return mtmd_cpp


def not_built(detail: str = "") -> ThimbleError:
    """The error of a missing llama_cpp."""
    return ThimbleError(
        Code.ENGINE_NOT_BUILT,
        "The engine is not installed yet.",
        engine_action("Build it: python3 -m installer engine"),
        detail,
    )


class LlamaLog:
    """Turns llama.cpp's log callback (pieces of lines, any thread) into log records, and keeps the last errors."""

    def __init__(self) -> None:
        self.callback: Any = None
        self._lock = threading.Lock()
        self._pending = ""
        self._level = 2
        self._errors: deque[str] = deque(maxlen=6)

    def write(self, level: int, text: bytes | None, _user: object) -> None:
        """The callback itself. Never raises: an exception cannot cross C."""
        if not text or (level == 1 and not log.isEnabledFor(logging.DEBUG)):
            return
        with self._lock:
            if level != _CONTINUED:
                self._level = level
            self._pending += text.decode("utf-8", "replace")
            *lines, self._pending = self._pending.split("\n")
            for line in lines:
                if not line.strip(" ."):  # the dots of llama.cpp's own progress bar
                    continue
                if self._level == _ERROR_LEVEL:
                    self._errors.append(line)
                log.log(_LEVELS.get(self._level, logging.INFO), "%s", line)

    def take_errors(self) -> str:
        """The last error lines since the previous call, joined."""
        with self._lock:
            errors = " / ".join(self._errors)
            self._errors.clear()
            return errors


LOG: Final = LlamaLog()
