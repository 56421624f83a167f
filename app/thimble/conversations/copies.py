"""Readable copies: a folder in which every stored chat lies as a Markdown file, too. They are never read back."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from thimble.conversations.export import as_markdown, file_name, free_path, save_text
from thimble.conversations.store import Store
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

LIST_FILE: Final = ".thimble-copies-{0:08x}.json"
"""Which file is whose copy, and what it was made of: only what has changed is written, and only own files go. One for
each store: where the chats are lost, or another computer writes into the same folder, its copies stay."""
_VERSION: Final = 1


def write_copies(
    store: Store,
    folder: Path,
    names: Mapping[str, str],
    untitled: str,
    cancelled: Callable[[], bool] = lambda: False,
) -> int:
    """Brings the copies in step with the chats. A chat whose answer is being written has its turn when that is done.

    Args:
        store: the chats.
        folder: must be there.
        names: what each role is called.
        untitled: name and heading of a chat without a title.
        cancelled: asked between two chats; the rest is written the next time.

    Returns:
        How many files were written or removed.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE, DISK_FULL; the copies written before stay, whole.
    """
    if not folder.is_dir():
        raise ThimbleError(
            Code.FILE_NOT_WRITABLE,
            "The folder for readable copies of your chats is not there; the chats themselves are stored as always.",
            "Choose another folder in the settings, or bring it back.",
            str(folder),
        )
    list_file = folder / LIST_FILE.format(store.identity)
    known = _read(list_file)
    before = json.dumps(known, sort_keys=True)
    done = 0
    try:
        done = _bring_in_step(store, folder, known, names, untitled, cancelled)
    finally:
        if json.dumps(known, sort_keys=True) != before:
            save_text(list_file, json.dumps({"version": _VERSION, "chats": known}, ensure_ascii=False))
    return done


def _bring_in_step(
    store: Store,
    folder: Path,
    known: dict[str, dict[str, Any]],
    names: Mapping[str, str],
    untitled: str,
    cancelled: Callable[[], bool],
) -> int:
    states = store.states()
    done = 0
    for key in [key for key in known if int(key) not in states]:
        _remove(folder / known[key]["file"])
        del known[key]
        done += 1
    taken = {entry.name.casefold() for entry in folder.iterdir()}
    for conversation_id, state in states.items():
        if cancelled():
            break
        key = str(conversation_id)
        old = known.get(key)
        if state is None or (old is not None and old["state"] == state and (folder / old["file"]).exists()):
            continue
        conversation = store.conversation(conversation_id)
        attached = {m: [file.name for file in files] for m, files in store.attachments(conversation_id).items()}
        text = as_markdown(conversation, store.path(conversation_id), names, untitled, attached)
        wanted = file_name(conversation.title or untitled)
        if old is not None and old["title"] == conversation.title:
            path = folder / old["file"]
        elif not _owned(known, f"{wanted}.md") and _says(folder / f"{wanted}.md", text):  # its list was lost
            path = folder / f"{wanted}.md"
        else:
            path = free_path(folder, wanted, ".md", taken)
        if not _says(path, text):
            save_text(path, text)
            done += 1
        if old is not None and old["file"] != path.name:
            _remove(folder / old["file"])
            taken.discard(old["file"].casefold())
        known[key] = {"file": path.name, "title": conversation.title, "state": state}
    return done


def _read(list_file: Path) -> dict[str, dict[str, Any]]:
    """The list of the copies; an empty one when it is not there or damaged."""
    try:
        data = json.loads(list_file.read_text("utf-8"))
        chats = data["chats"] if data["version"] == _VERSION else {}
        return {
            str(int(key)): {
                "file": Path(entry["file"]).name,
                "title": str(entry["title"]),
                "state": list(entry["state"]),
            }
            for key, entry in chats.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("%s: %s", list_file, error)
        return {}


def _owned(known: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    return any(entry["file"].casefold() == name.casefold() for entry in known.values())


def _says(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") == text
    except (OSError, ValueError):
        return False


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("a copy was not removed: %s", error)
