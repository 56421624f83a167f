"""`thimble models`: what is installed, and how more comes."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from thimble.cli.choice import read_settings
from thimble.cli.terminal import LoadLine, out

if TYPE_CHECKING:
    from thimble.settings import Settings


def run_models(options: argparse.Namespace) -> int:
    """Lists the models, after fetching what was asked for; the exit code."""
    from thimble.library import guide, installed_models, starter, with_names

    settings = read_settings()
    folder = settings.models_folder()
    if options.get_starter and not starter.installed(folder):
        line = LoadLine(quiet=options.json)
        starter.install(
            folder,
            progress=lambda done, total: line.write("Fetching the starter model", done / total if total else 0.0),
            offline=settings.switch("files.offline"),
        )
        line.done()
    if options.get_guide:
        guide.install(folder)
    if options.get:
        _get(settings, options.get, quiet=options.json)
    models = with_names(installed_models(*settings.model_folders()), settings)
    if options.json:
        out(json.dumps([_model_json(model) for model in models], indent=2) + "\n")
        return 0
    if not models:
        out(f"No model is installed in {folder}.\nGet the small starter model with `thimble models --get-starter`.\n")
        return 0
    width = max(len(model.id) for model in models)
    for model in models:
        if model.problem is not None:
            out(f"{model.id:<{width}}  {model.problem.sentence}\n")
            continue
        size = (
            f"{model.file_bytes / 2**20:.0f} MiB" if model.file_bytes < 2**30 else f"{model.file_bytes / 2**30:.1f} GiB"
        )
        facts = [model.architecture, model.parameters_text, model.quantization, size]
        if model.expert_count:
            facts.append(f"{model.expert_used_count} of {model.expert_count} experts")
        out(f"{model.id:<{width}}  {'  '.join(facts)}\n")
    return 0


def _get(settings: Settings, wanted: str, *, quiet: bool) -> None:
    from thimble.library.get import get_model

    line = LoadLine(quiet=quiet)
    said: set[str] = set()

    def show(status: Any) -> None:
        if status.problem is not None and status.problem.sentence not in said:
            said.add(status.problem.sentence)
            sys.stderr.write(f"\n{status.problem.sentence} Trying again.\n")
        line.write(f"Downloading {wanted}", status.done / max(1, status.total))

    try:
        get_model(settings, wanted, show)
    finally:
        line.done()


def _model_json(model: Any) -> dict[str, Any]:
    return {
        "id": model.id,
        "path": str(model.path),
        "name": model.name,
        "architecture": model.architecture,
        "quantization": model.quantization,
        "file_bytes": model.file_bytes,
        "expert_count": model.expert_count,
        "expert_used_count": model.expert_used_count,
        "context_trained": model.context_trained,
        "problem": model.problem.to_json() if model.problem else None,
    }
