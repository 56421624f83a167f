"""What waits to be sent in one composer: the words being typed, and files."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.errors import Problem, ThimbleError
from thimble.ui.chat.pictures import as_address, is_picture, read_picture
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QImage

    from thimble.conversations import Attachment, Conversation
    from thimble.conversations.documents import Document
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.stores import Stores
    from thimble.ui.jobs import JobHandle

log = logging.getLogger(__name__)

DRAFT_MS: Final = 400
DRAFT_KEY: Final = "chat.draft"
SECOND_DRAFT_KEY: Final = "chat.draft2"
MOST_CHARACTERS: Final = 16
"""A text with more characters for each token of the context cannot fit, whatever the tokenizer."""
USUAL_CONTEXT: Final = 32_768
"""Taken while no model is loaded."""
ROOM_SHARE: Final = 8
"""Files fit when an eighth of the context is left for the answer."""


@dataclass(slots=True, eq=False)
class _Place:
    """Where a file waits; a new chat's gets its conversation while files are still being read for it."""

    conversation: int | None = None


class Outbox(QObject):
    """Keeps draft and files with their conversation; those of a new chat wait for its first message.

    Args:
        context: the window's shared parts.
        stores: where the conversations are.
        parent: owner.
        is_first: of two that are shown side by side; files for a new chat wait in the first.

    Signals:
        changed: there is something else to count.
        files_changed: list of `Attachment` that wait for the next message.
    """

    changed = Signal()
    files_changed = Signal(object)

    def __init__(
        self, context: AppContext, stores: Stores, parent: QObject | None = None, *, is_first: bool = True
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._stores = stores
        self._is_first = is_first
        self._of_new = self._place = _Place()
        self._of_new_chat = str(context.window_state.get(self._key, ""))
        self._save_soon = Debounce(DRAFT_MS, self._store_draft, self)
        self.draft = ""
        self.files: list[Attachment] = []
        self._kept_whole: set[int] = set()

    # --- which conversation -------------------------------------------------------------------------------------

    @property
    def _conversation(self) -> int | None:
        return self._place.conversation

    @property
    def is_first(self) -> bool:
        """Whether what waits for a new chat waits here."""
        return self._is_first

    @property
    def _key(self) -> str:
        """Under which words for a new chat are remembered."""
        return DRAFT_KEY if self._is_first else SECOND_DRAFT_KEY

    def become_first(self) -> None:
        """There is no other any more: words for a new chat are remembered in its place; the other's, too.

        Raises:
            ThimbleError: words that would be replaced cannot be kept as a chat; they stay where they were.
        """
        self.flush()
        if self._is_first:
            return
        state = self._context.window_state
        others = str(state.get(DRAFT_KEY, ""))
        self._is_first = True
        state.set(SECOND_DRAFT_KEY, None)
        if not self._of_new_chat.strip():
            self._of_new_chat = others
        elif others.strip():
            store = self._stores.stored
            store.set_draft(store.create_conversation().id, others)
        state.set(DRAFT_KEY, self._of_new_chat)

    def turn_to(self, conversation: Conversation | None) -> None:
        """Shows what waits in another conversation; None for a new one."""
        self._place = _Place(conversation.id) if conversation is not None else self._of_new
        self.draft = conversation.draft if conversation is not None else self._of_new_chat
        if self._conversation is None and not self._is_first:
            self.files = []
            return
        try:
            store = self._stores.of(self._conversation or 0)
            self.files = store.waiting_attachments(self._conversation)
        except ThimbleError as error:
            self.files = []
            log.warning("waiting files not read: %s", error.problem.detail)

    def flush(self) -> None:
        """Stores what was typed a moment ago."""
        if self._save_soon.pending:
            self._save_soon.flush()

    def became(self, conversation: Conversation) -> None:
        """The new chat has its conversation now.

        Raises:
            ThimbleError: the store refuses.
        """
        self._of_new.conversation = conversation.id
        self._of_new = _Place()
        if self.files:
            self._stores.of(conversation.id).move_waiting([file.id for file in self.files], conversation.id)
        self._of_new_chat = ""
        self._context.window_state.set(self._key, "")
        if self.draft:
            self._save_soon()

    def send(self, message_id: int) -> list[Attachment]:
        """Gives everything to a message that was just stored; the files it has now.

        Raises:
            ThimbleError: the store refuses.
        """
        assert self._conversation is not None  # noqa: S101 - a message has a conversation
        store = self._stores.of(self._conversation)
        if self.files:
            store.give_attachments([file.id for file in self.files], self._conversation, message_id)
        self.draft = ""
        self._save_soon.cancel()
        store.set_draft(self._conversation, "")
        files, self.files = self.files, []
        return files

    def forget(self) -> None:
        """The conversation is gone: nothing is stored for it any more."""
        self._save_soon.cancel()
        self._place, self.draft, self.files = self._of_new, "", []

    # --- words --------------------------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        """Remembers what is being typed; stored when the typing pauses."""
        if text != self.draft:
            self.draft = text
            self._save_soon()
            self.changed.emit()

    def _store_draft(self) -> None:
        if self._conversation is None:
            self._of_new_chat = self.draft
            self._context.window_state.set(self._key, self.draft)
            return
        try:
            self._stores.of(self._conversation).set_draft(self._conversation, self.draft)
        except ThimbleError as error:
            log.warning("draft not stored: %s", error.problem.detail)

    # --- files --------------------------------------------------------------------------------------------------

    def attach(self, paths: Sequence[Path]) -> None:
        """Reads files in jobs and lets them wait for the next message; what cannot be read is said in a toast."""
        shown = [path for path in paths if is_picture(path)]
        if shown:
            self._attach_pictures([(path.name, partial(read_picture, path)) for path in shown])
        for path in paths:
            if path in shown:
                continue

            def read(handle: JobHandle, path: Path = path) -> Document:
                from thimble.conversations.documents import read_document

                return read_document(path, handle.is_cancelled)

            self._attach(read, path.name)

    def attach_picture(self, image: QImage, name: str) -> None:
        """Lets a picture wait for the next message, one that was pasted."""
        self._attach_pictures([(name, lambda: as_address(image, name))])

    def _attach_pictures(self, named: Sequence[tuple[str, Callable[[], str]]]) -> None:
        """Reads pictures one after the other: their order says which is the first."""
        place, owner = self._place, self._conversation
        store = self._stores.of(owner or 0)
        report, toasts = self._context.navigation.report, self._context.toasts

        def keep(_handle: JobHandle) -> tuple[list[Attachment], list[Problem]]:
            made: list[Attachment] = []
            problems: list[Problem] = []
            for name, read in named:
                try:
                    made.append(store.attach(owner, name, read(), picture=True))
                except ThimbleError as error:
                    problems.append(error.problem)
            return made, problems

        def done(found: tuple[list[Attachment], list[Problem]]) -> None:
            made, problems = found
            if made:
                self._take(made, place, owner)
            for problem in problems:
                report(toasts, problem)

        self._context.jobs.run(keep, done=done, failed=lambda problem: report(toasts, problem), name="read pictures")

    def attach_text(self, name: str, text: str) -> None:
        """Lets a long text wait for the next message like a file."""
        from thimble.conversations.documents import Document

        self._attach(lambda _handle: Document(name, text), name)

    def _attach(self, read: Callable[[JobHandle], Document], name: str) -> None:
        place, owner = self._place, self._conversation
        store = self._stores.of(owner or 0)
        model = self._context.link.status.model
        longest = MOST_CHARACTERS * (model.context if model is not None else USUAL_CONTEXT)

        def keep(handle: JobHandle) -> Attachment:
            document = read(handle)
            searched = len(document.text) > longest
            return store.attach(owner, document.name, document.text, document.pages, searched=searched)

        self._keep(keep, place, owner, name)

    def _keep(self, keep: Callable[[JobHandle], Attachment], place: _Place, owner: int | None, name: str) -> None:
        """Does the work in a job; what it made waits in the composer, unless another conversation is shown by then."""

        def done(made: Attachment) -> None:
            self._take([made], place, owner)

        report = self._context.navigation.report
        toasts = self._context.toasts
        self._context.jobs.run(keep, done=done, failed=lambda problem: report(toasts, problem), name=f"read {name}")

    def _take(self, made: list[Attachment], place: _Place, owner: int | None) -> None:
        """Files were read that were stored for `owner`; a new chat may be a stored one by now."""
        if place.conversation is not None and place.conversation != owner:
            try:
                self._stores.of(place.conversation).move_waiting([file.id for file in made], place.conversation)
            except ThimbleError as error:
                self._context.navigation.report(self._context.toasts, error.problem)
                return
        if place.conversation == self._conversation:
            self.files += made
            self._tell()

    def detach(self, attachment_id: int) -> None:
        """Takes a file out again."""
        try:
            self._stores.of(attachment_id).detach(attachment_id)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return
        self.files = [file for file in self.files if file.id != attachment_id]
        self._tell()

    def fit(self, used: int, capacity: int) -> None:
        """The prompt has been counted: if it is too long, passages of the longest waiting file are to do.

        Args:
            used, capacity: tokens of the prompt and of the context.
        """
        if not capacity or used <= capacity - capacity // ROOM_SHARE:
            return
        whole = [file for file in self.files if not (file.searched or file.picture or file.id in self._kept_whole)]
        if whole:
            self.search_in(max(whole, key=lambda file: file.characters).id, searched=True)

    def choose_search(self, attachment_id: int, searched: bool) -> None:
        """The person wants passages of a file, or all of it."""
        if not searched:
            self._kept_whole.add(attachment_id)
        self.search_in(attachment_id, searched=searched)

    def search_in(self, attachment_id: int, *, searched: bool) -> None:
        """Passages of a waiting file go with each question, or all of it with its message."""
        try:
            self._stores.of(attachment_id).set_searched(attachment_id, searched=searched)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return
        self.files = [replace(file, searched=searched) if file.id == attachment_id else file for file in self.files]
        self._tell()

    def _tell(self) -> None:
        self.files_changed.emit(list(self.files))
        self.changed.emit()
