"""A model from the hub in one call: what `thimble models --get` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library import tokens
from thimble.library.away import known_disk_of
from thimble.library.choices import Choice, suggested
from thimble.library.connection import Connection, access_of
from thimble.library.copying import storage_error
from thimble.library.download_jobs import DownloadStatus
from thimble.library.downloads import Downloads
from thimble.library.hub import Hub
from thimble.library.hub_cache import HubCache
from thimble.library.stages import Stage
from thimble.settings import Settings

_LOOK_S: Final = 0.25


def get_model(settings: Settings, wanted: str, show: Callable[[DownloadStatus], None]) -> Path:
    """Downloads a model, or goes on with it; returns at once when it is here.

    Args:
        settings: address of the hub, download folder.
        wanted: "author/name", with ":Q4_K_M" behind it for another size than the suggested one.
        show: called four times a second with how far it is.

    Returns:
        The model's file, of a split model the first part.

    Raises:
        ThimbleError: as `Connection.json` and `Downloads.add` do, and whatever made the download fail.
    """
    name, _, label = wanted.partition(":")
    access = access_of(settings)
    if not access.offline:
        access = replace(access, token=tokens.load(access.host))
    with Connection(access) as connection:
        repository = Hub(connection).repository(name)
    labels = [choice.label for choice in repository.choices]
    choice = suggested(repository.choices)
    if label:
        choice = next((c for c in repository.choices if c.label.casefold() == label.casefold()), None)
    if choice is None:
        raise ThimbleError(
            Code.NOT_FOUND,
            f"{name} has no model file of that kind.",
            f"It has: {', '.join(labels)}." if labels else "",
            wanted,
        )
    cache = HubCache(settings.hub_cache(), name)
    if all(cache.is_whole(file, repository.commit) for file in choice.wanted):
        return _placed(cache, repository.commit, choice)
    downloads = Downloads(paths.downloads_file(), access=access, disk_of=known_disk_of)
    try:
        identity = downloads.add(name, repository.commit, choice, settings.hub_cache(), first=True)
        while True:
            status = downloads.wait(identity, _LOOK_S)
            if status is None:
                raise ThimbleError(Code.CANCELLED, "The download was taken out of the list.")
            show(status)
            if status.stage == Stage.DONE:
                return Path(status.path)
            if status.stage == Stage.FAILED and status.problem is not None:
                raise ThimbleError.of(status.problem)
    finally:
        downloads.close()


def _placed(cache: HubCache, commit: str, choice: Choice) -> Path:
    try:
        return cache.place(commit, choice.wanted)
    except OSError as error:
        raise storage_error(error, cache.folder) from error
