"""The engine's lock file: who is running, on which port, with which token.

The engine writes it when it answers and removes it when it ends. After a kill it is stale: a reader therefore
believes it only as far as the process lives, and asks the port before using it.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import psutil

from thimble import paths
from thimble.protocol import LockFile

log = logging.getLogger(__name__)

NAME = "engine.json"
START_LOCK = "start.lock"


def path() -> Path:
    """Where the lock file is."""
    return paths.runtime_dir() / NAME


def read() -> LockFile | None:
    """The live engine's lock file; None when there is none, it is damaged, or its process is gone."""
    try:
        lock = LockFile.from_json(json.loads(path().read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("lock file ignored: %s", error)
        return None
    return lock if psutil.pid_exists(lock.pid) else None
