"""A temporary chat that is kept after all."""

from __future__ import annotations

import json

from thimble.conversations import AttachedFile, Conversation, Store, as_json
from thimble.conversations.importing.formats import from_thimble
from thimble.errors import Code, ThimbleError


def as_stored(memory: Store, conversation_id: int, stored: Store) -> Conversation:
    """Copies a chat from memory into the file, with its draft and the files that wait.

    Raises:
        ThimbleError: one of the stores cannot be read or written.
    """
    chat = memory.conversation(conversation_id)
    document = as_json(chat, memory.messages(chat.id), memory.files_of(chat.id))
    imported = from_thimble(json.loads(document))
    if imported is None:
        raise ThimbleError(Code.INTERNAL, "This chat could not be copied.")
    waiting = [
        AttachedFile(a.name, memory.attachment_text(a.id), a.pages, a.searched)
        for a in memory.waiting_attachments(chat.id)
    ]
    kept = stored.add_imported(imported, draft=chat.draft, waiting=waiting)
    stored.set_searched_folders(kept.id, memory.searched_folders(chat.id))
    stored.set_model(kept.id, chat.model)
    stored.set_tools(kept.id, chat.tools, chat.allowed)
    return stored.conversation(kept.id)
