"""Counts what the model would have to read, exactly, whenever typing pauses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import AttachedFile, Attachment, Conversation, Message, MessageState, Role, Store
from thimble.ui.chat.prompt import as_prompt
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

COUNT_MS: Final = 350


@dataclass(frozen=True, slots=True)
class Countable:
    """What is in the model's view.

    Attributes:
        store: where the conversation is.
        conversation: None for one that is not stored yet.
        path: its messages.
        draft: what is being typed.
        files: what waits for the next message.
        tools: what the model is told it may call, as OpenAI's `tools`.
    """

    store: Store
    conversation: Conversation | None
    path: Sequence[Message]
    draft: str
    files: Sequence[Attachment]
    tools: Sequence[dict[str, Any]] = ()


class TokenCounter(QObject):
    """Asks the engine, one thing at a time.

    Args:
        context: the window's shared parts.
        look: what is to be counted now; None for nothing.
        parent: owner.

    Signals:
        counted: (tokens, context length).
        files_counted: how many of the tokens are attached files.
    """

    counted = Signal(int, int)
    files_counted = Signal(int)

    def __init__(
        self, context: AppContext, look: Callable[[], Countable | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._look = look
        self.file_tokens: dict[int, int] = {}
        """Tokens of attached files, by attachment, as far as they were counted with this model."""
        self.files = 0
        """Tokens of all files in the model's view, as last counted."""
        self._reading: JobHandle | None = None
        self._soon = Debounce(COUNT_MS, self._count, self)
        self.files_counted.connect(self._take_files)
        context.link.busy_changed.connect(self._on_model)

    def soon(self) -> None:
        """Counts when nothing has changed for a moment."""
        self._soon()

    def close(self) -> None:
        """Forgets what is due."""
        self._soon.cancel()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _take_files(self, tokens: int) -> None:
        self.files = tokens

    def _on_model(self) -> None:
        self.file_tokens.clear()  # another model counts otherwise
        self._soon()

    def _count(self) -> None:
        model, what = self._context.link.status.model, self._look()
        if model is None or what is None:
            return
        chat, store, capacity = what.conversation, what.store, model.context
        own = chat.settings if chat else {}
        system = str(
            self._context.settings.value("answers.system_prompt", model=self._context.link.model_key, conversation=own)
        )
        path, draft, waiting, pictures = list(what.path), what.draft, list(what.files), model.pictures
        tools = what.tools
        if self._reading is not None:
            self._reading.cancel()  # what it reads is out of date

        def read(_handle: JobHandle) -> tuple[list[dict[str, Any]], list[Attachment]]:
            """In a thread: attached files may be megabytes."""
            shown = list(path)
            files = store.files_of(chat.id, searched_too=False) if chat else {}
            named = store.attachments(chat.id) if chat else {}
            ids = {message.id for message in shown}
            attached = [file for message, group in named.items() if message in ids for file in group]
            if draft.strip() or waiting:  # as if it were sent now
                shown.append(Message(0, 0, None, Role.USER, draft, MessageState.DONE, "", 0.0))
                files[0] = [
                    AttachedFile(
                        file.name, "" if file.searched else store.attachment_text(file.id), file.pages, file.searched
                    )
                    for file in waiting
                ]
            whole = [file for file in (*attached, *waiting) if not file.searched]
            return as_prompt(shown, system, files, pictures=pictures, with_steps=bool(tools)), whole

        def done(found: tuple[list[dict[str, Any]], list[Attachment]]) -> None:
            messages, attached = found
            if not messages or messages[-1]["role"] == Role.SYSTEM:
                self.counted.emit(0, capacity)
                self.files_counted.emit(0)
                return

            def counted(count: int) -> None:
                self.counted.emit(count, capacity)
                self._count_files(store, attached)

            self._context.link.count_tokens(messages, counted, tools)

        self._reading = self._context.jobs.run(read, done=done, name="read what is counted")

    def _count_files(self, store: Store, attached: Sequence[Attachment]) -> None:
        """One file after the other: the link counts one thing at a time."""
        unknown = next((file for file in attached if file.id not in self.file_tokens), None)
        if unknown is None:
            self.files_counted.emit(sum(self.file_tokens[file.id] for file in attached))
            return

        def counted(count: int) -> None:
            self.file_tokens[unknown.id] = count
            self._count_files(store, attached)

        def done(text: str) -> None:
            content: str | list[dict[str, Any]] = text
            if unknown.picture:
                if not self._context.link.sees_pictures:
                    counted(0)
                    return
                content = [{"type": "image_url", "image_url": {"url": text}}]
            self._context.link.count_tokens([{"role": str(Role.USER), "content": content}], counted)

        self._context.jobs.run(
            lambda _handle: store.attachment_text(unknown.id), done=done, name="read a file to count"
        )
