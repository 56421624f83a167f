"""Which model a command means, and how it is loaded."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from thimble import paths
from thimble.errors import Code, ThimbleError

if TYPE_CHECKING:
    from thimble.client import EngineClient
    from thimble.protocol import EngineStatus, LoadOptions
    from thimble.settings import Settings


def read_settings() -> Settings:
    """The settings; what is wrong with their file is said."""
    from thimble.settings import Settings

    settings = Settings.load(paths.settings_file())
    if settings.warning:
        sys.stderr.write(settings.warning + "\n")
    return settings


def choose_model(wanted: str, settings: Settings, client: EngineClient) -> str:
    """Path of the model to use: the wanted one, else the resident one, else the first installed one."""
    from thimble.library import installed_models, starter, with_names
    from thimble.modelfile.places import preferred

    as_path = os.path.abspath(Path(wanted).expanduser())  # noqa: PTH100 - resolve() would lose a link's own name
    if wanted and Path(as_path).is_file():
        return as_path
    if not wanted:
        status: EngineStatus = client.status()
        if status.model is not None:
            return status.model.path
    installed = with_names(installed_models(*settings.model_folders()), settings)
    usable = [model for model in installed if model.problem is None]
    writing = [model for model in usable if model.writes]
    if wanted:
        for model in usable:
            if wanted.lower() in {model.id.lower(), model.name.lower()}:
                return str(model.path)
        if "/" in wanted or wanted.endswith(".gguf"):
            return as_path  # which says itself that it is not there
        names = ", ".join(model.id for model in usable) or "none"
        raise ThimbleError(Code.MODEL_NOT_FOUND, f"No installed model is called {wanted!r}.", f"Installed: {names}.")
    if not writing:
        raise ThimbleError(
            Code.NO_MODEL, "No model is installed.", "Run `thimble models --get-starter`, or give one with --model."
        )
    able = preferred(writing)
    first = next((m for m in able if Path(m.path) != starter.path(settings.models_folder())), able[0])
    return str(first.path)


def load_options_of(options: argparse.Namespace, settings: Settings, path: str) -> LoadOptions:
    """The settings' options for a model, and above them those of the command line."""
    from thimble.loading import load_options

    given = {
        name: value
        for name in ("context", "threads", "memory_limit", "expert_cache", "expert_policy", "cache_k", "cache_v")
        if (value := getattr(options, name)) is not None
    }
    return replace(load_options(settings, path), **given)
