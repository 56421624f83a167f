"""Before a question is answered: looks for passages in the files and folders of its chat, and stores what it found."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from thimble import paths
from thimble.conversations import Message, Role, Store, path_in
from thimble.errors import Code, Problem, ThimbleError
from thimble.retrieval import Found, Passage, mended
from thimble.retrieval.choosing import Note
from thimble.ui.chat.folder_updates import FolderUpdates
from thimble.ui.chat.passage_index import PassageIndex
from thimble.ui.chat.prompt import as_prompt

if TYPE_CHECKING:
    from thimble.retrieval import Index
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.answer import Answer
    from thimble.ui.chat.stores import Stores
    from thimble.ui.jobs import JobHandle

log = logging.getLogger(__name__)

INDEX_FILE: Final = "passages.sqlite3"
UPDATE_S: Final = 2.0
"""So long a question waits for files that have changed; what is left then is read in the background."""
ANSWER_SHARE: Final = 4
"""A quarter of the context is kept for the answer."""
_MOST_TRIES: Final = 3
ASSUMED_CONTEXT: Final = 8192
"""Of a remote model whose server does not tell; only for how many passages are taken along."""
_CHARACTERS_PER_TOKEN: Final = 3
"""A careful guess: nobody here can count a remote model's tokens."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Everything a search needs, gathered in the GUI thread.

    Attributes:
        store: where the conversation is.
        question: what is asked.
        above: the messages up to the question, oldest first.
        folders: where is looked, besides the files.
        indexing: folders that are being indexed at this moment.
        temporary: whether no file may hold the texts.
        system: the system prompt.
        context: length of the model's context, in tokens.
        most: at most so many passages.
        longest: of the answer, in tokens; 0 for no limit.
        drops: whether the oldest messages may be left out of the prompt.
        count: tokens of messages, asked in a thread.
    """

    store: Store
    question: Message
    above: tuple[Message, ...]
    folders: tuple[str, ...]
    indexing: frozenset[str]
    temporary: bool
    system: str
    context: int
    most: int
    longest: int
    drops: bool
    count: Callable[[list[dict[str, str]]], int]


class PassageSearch(QObject):
    """The window's searches and indexes.

    Args:
        context: the window's shared parts.
        stores: where the conversations are.
        parent: owner.

    Attributes:
        folders: the indexed folders.

    Signals:
        found: `Message`: a question with what was found for it.
    """

    found = Signal(object)

    def __init__(self, context: AppContext, stores: Stores, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._stores = stores
        self._index = PassageIndex(paths.data_dir() / INDEX_FILE, stores.stored)
        self.folders = FolderUpdates(context, self._index, self)
        stores.temporary_gone.connect(self._index.forget_memory)

    def is_done(self, answer: Answer, again: Callable[[], None]) -> bool:
        """Whether an answer's question has its passages, or needs none; if not, they are looked for.

        Args:
            answer: waits for its request.
            again: called when the search is over.
        """
        if answer.looked:
            return True
        try:
            task = self._task(answer)
        except ThimbleError as error:
            answer.fail(error.problem)
            return False
        answer.looked = True
        if task is None:
            return True
        answer.preparing = True
        index = self._index

        def work(handle: JobHandle) -> Message:
            found = _look(index, task, handle.is_cancelled)
            return task.store.update_message(task.question.id, passages=found.to_json())

        def done(question: Message) -> None:
            answer.preparing = False
            self.found.emit(question)
            for note in Found.from_json(question.passages or {}).notes:
                if note.kind == "unread":
                    for folder in task.folders:
                        self.folders.update(folder)
            again()

        def failed(problem: Problem) -> None:
            answer.preparing = False
            if problem.code != Code.CANCELLED:
                answer.fail(problem)

        job = self._context.jobs.run(work, done=done, failed=failed, name="look for passages")
        answer.over.connect(job.cancel)
        return False

    def _task(self, answer: Answer) -> _Task | None:
        """What is to be done for an answer; None for nothing."""
        store, message = answer.store, answer.message
        if answer.written or message.parent_id is None:
            return None
        owner = message.conversation_id
        folders = store.searched_folders(owner)
        searched = {place for place, files in store.attachments(owner).items() if any(file.searched for file in files)}
        if not folders and not searched:
            return None
        above = path_in(store.messages(owner), message.parent_id)
        question = above[-1]
        if question.role != Role.USER or Found.from_json(question.passages or {}).passages:
            return None
        if not folders and not searched & {one.id for one in above}:
            return None
        link, settings, conversation = self._context.link, self._context.settings, store.conversation(owner)
        remote, model = self._context.remotes.find(conversation.model), link.status.model
        key = link.model_key if remote is None else remote.name

        def value(name: str) -> Any:
            return settings.value(f"answers.{name}", model=key, conversation=conversation.settings)

        context = model.context if model is not None else 0
        if remote is not None:
            context = remote.model.context or ASSUMED_CONTEXT
        return _Task(
            store,
            question,
            tuple(above),
            tuple(folders),
            frozenset(folder for folder in folders if self.folders.status(folder).running),
            store is self._stores.memory,
            str(value("system_prompt")),
            context,
            int(value("passages")),
            int(value("max_tokens")),
            value("context_full") == "drop_oldest",
            link.count_now if remote is None else _estimate,
        )

    def close(self) -> None:
        """The window closes."""
        self.folders.close()
        self._index.close()


def _estimate(messages: list[dict[str, str]]) -> int:
    return sum(len(message["content"]) for message in messages) // _CHARACTERS_PER_TOKEN


def _look(indexes: PassageIndex, task: _Task, cancelled: Callable[[], bool]) -> Found:
    """In a thread: brings folders up to date, searches, and takes what fits.

    Raises:
        ThimbleError: CANCELLED, or the engine has gone. What else goes wrong stands among the notes: the question is
            answered all the same.
    """
    files = task.store.files_of(task.question.conversation_id)
    texts = [(file.name, file.text) for message in task.above for file in files.get(message.id, ()) if file.searched]
    before = tuple(message.text for message in reversed(task.above[:-1]) if message.role != Role.SYSTEM)[:2]
    try:
        of_folders = indexes.on_disk() if task.folders or not task.temporary else indexes.in_memory()
        of_texts = indexes.in_memory() if task.temporary else of_folders
        notes = mended(lambda: _updated(of_folders, task, cancelled))
        found = _fitting(of_texts, of_folders, texts, before, task)
    except ThimbleError as error:
        if error.problem.code in {Code.CANCELLED, Code.ENGINE_DIED, Code.ENGINE_UNREACHABLE, Code.NO_MODEL}:
            raise
        log.warning("no passages: %s (%s)", error.problem, error.problem.detail)
        return Found((), (Note("failed", str(error.problem)),))
    return replace(found, notes=(*found.notes, *notes))


def _updated(index: Index, task: _Task, cancelled: Callable[[], bool]) -> tuple[Note, ...]:
    """Reads what has changed in the folders, as far as that is quick."""
    from thimble.retrieval import update_folder

    until = time.monotonic() + UPDATE_S
    unread = False
    for folder in task.folders:
        if folder in task.indexing:
            unread = True
            continue
        state = update_folder(index, Path(folder), stopped=lambda: cancelled() or time.monotonic() > until)
        unread = unread or state.unread != 0
    if cancelled():
        raise ThimbleError(Code.CANCELLED, "Cancelled.")
    return (Note("unread"),) if unread else ()


def _fitting(
    of_texts: Index, of_folders: Index, texts: list[tuple[str, str]], before: tuple[str, ...], task: _Task
) -> Found:
    """The passages with which the whole prompt still fits, counted exactly."""
    from thimble.retrieval import Question, look
    from thimble.retrieval.looking import Places

    files = task.store.files_of(task.question.conversation_id, searched_too=False)
    kept = min(task.longest or task.context, task.context // ANSWER_SHARE)

    def tokens(messages: tuple[Message, ...], passages: tuple[Passage, ...] = ()) -> int:
        asked = replace(messages[-1], passages=Found(passages).to_json())
        return task.count(as_prompt([*messages[:-1], asked], task.system, files))

    room = task.context - kept - tokens(task.above)
    shown = task.above
    if task.drops and room < task.context // ANSWER_SHARE:  # then the engine leaves out the oldest messages
        shown = task.above[-1:]
        room = min(task.context // ANSWER_SHARE, task.context - kept - tokens(shown))
    budget = room
    found = Found()
    for _ in range(_MOST_TRIES):
        found = look(
            of_texts,
            of_folders,
            Places(texts, task.folders),
            Question(task.question.text, before),
            room=max(0, budget),
            most=task.most,
            count=lambda text: task.count([{"role": str(Role.USER), "content": text}]),
        )
        over = tokens(shown, found.passages) - (task.context - kept) if found.passages else 0
        if shown != task.above:
            over = min(over, sum(passage.tokens for passage in found.passages) - room)
        if over <= 0:
            return found
        budget = sum(passage.tokens for passage in found.passages) - over
    return Found((), (Note("no_room"),))
